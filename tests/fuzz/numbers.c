#include "config.h"

#include "tests/fuzz/fuzz.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/url.h"

#include <inttypes.h>
#include <string.h>

/* Numbers, durations, sizes, decimals and URLs: what was read and is written
   again reads as the same. The input is one text, and its first bytes are a
   number as well. */

#define TEXT_BYTES 1024

static void check_formats(int64_t value)
{
	char text[NUM_TEXT_MAX];
	int64_t again;

	FUZZ_CHECK(num_format_duration(value, text) == text);
	FUZZ_CHECK(num_parse_duration(text, &again) == 0 && again == value);
	FUZZ_CHECK(num_format_size(value, text) == text);
	FUZZ_CHECK(num_parse_size(text, &again) == 0 && again == value);
	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	FUZZ_CHECK(num_parse(text, strlen(text), &again) == 0 &&
		   again == value);
}

static void check_number(const char *text)
{
	const char *digits = text + strspn(text, "0");
	char again[NUM_TEXT_MAX];
	int64_t value = -1;

	if (num_parse(text, strlen(text), &value) < 0) {
		FUZZ_CHECK(value == -1);
		return;
	}
	FUZZ_CHECK(value >= 0);
	(void)snprintf(again, sizeof(again), "%" PRId64, value);
	FUZZ_CHECK(strcmp(*digits == '\0' ? "0" : digits, again) == 0);
}

/* As a decimal with all its places: "0.05". */
static void format_decimal(const struct num_decimal *decimal, char *text,
			   size_t bytes)
{
	char digits[NUM_TEXT_MAX];
	int places = (int)decimal->places;
	int length = snprintf(digits, sizeof(digits), "%0*" PRId64, places + 1,
			      decimal->mantissa);

	(void)snprintf(text, bytes, "%.*s%s%s", length - places, digits,
		       places > 0 ? "." : "", digits + length - places);
}

/* value must be mantissa * scale / 10^places, to the last digit. */
static void check_scale(const struct num_decimal *decimal, int64_t scale)
{
	__int128 power = 1;
	int64_t value = -1;

	if (num_decimal_scale(decimal, scale, &value) < 0) {
		FUZZ_CHECK(value == -1);
		return;
	}
	for (unsigned int i = 0; i < decimal->places; i++)
		power *= 10;
	FUZZ_CHECK(value >= 0);
	FUZZ_CHECK(value * power == (__int128)decimal->mantissa * scale);
}

static void check_decimal(const char *text)
{
	char shown[2 * NUM_TEXT_MAX];
	struct num_decimal decimal, again, square;

	if (num_parse_decimal(text, strlen(text), &decimal) < 0)
		return;
	FUZZ_CHECK(decimal.mantissa >= 0);
	format_decimal(&decimal, shown, sizeof(shown));
	FUZZ_CHECK(num_parse_decimal(shown, strlen(shown), &again) == 0);
	FUZZ_CHECK(again.mantissa == decimal.mantissa);
	FUZZ_CHECK(again.places == decimal.places);
	check_scale(&decimal, 1);
	check_scale(&decimal, 100);
	check_scale(&decimal, INT64_C(1000000000));
	if (num_decimal_multiply(&decimal, &decimal, &square) == 0)
		check_scale(&square, 100);
}

static void check_units(const char *text)
{
	int64_t value = -1;

	if (num_parse_duration(text, &value) == 0) {
		FUZZ_CHECK(value >= 0);
		check_formats(value);
	}
	if (num_parse_size(text, &value) == 0) {
		FUZZ_CHECK(value >= 0);
		check_formats(value);
	}
}

static void format_url(const struct url *url, char *text, size_t bytes)
{
	bool is_address = strpbrk(url->host, ":%") != NULL;

	if (url->path[0] != '\0')
		(void)snprintf(text, bytes, "unix://%s?db=%" PRId64, url->path,
			       url->database);
	else
		(void)snprintf(text, bytes, "redis://%s%s%s:%s/%" PRId64,
			       is_address ? "[" : "", url->host,
			       is_address ? "]" : "", url->port, url->database);
}

static void check_url(const char *text)
{
	char shown[TEXT_BYTES];
	struct url url, again;
	struct err err;

	if (url_parse(text, &url, &err) < 0) {
		FUZZ_CHECK(err.class == ERR_FATAL && err.text[0] != '\0');
		return;
	}
	FUZZ_CHECK((url.host[0] == '\0') == (url.path[0] == '/'));
	FUZZ_CHECK((url.port[0] == '\0') == (url.path[0] == '/'));
	format_url(&url, shown, sizeof(shown));
	FUZZ_CHECK(url_parse(shown, &again, &err) == 0);
	FUZZ_CHECK(memcmp(&url, &again, sizeof(url)) == 0);
}

static int64_t number_of(const char *text)
{
	uint64_t number = 0;

	memcpy(&number, text, sizeof(number));
	return (int64_t)(number & INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_BYTES] = "";

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	check_formats(number_of(text));
	check_number(text);
	check_decimal(text);
	check_units(text);
	check_url(text);
	return 0;
}
