/* Numbers, durations and sizes: the only place that turns text into a number.
   Settings, options, orders and replies are read through it. */

#include "config.h"

#include "lib/base/num.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One past this many places no scale of ours can make a whole number. */
#define NUM_PLACES_MAX 18

/* Any number of that many digits fits into a uint64_t. */
#define NUM_SAFE_DIGITS 19

struct num_unit {
	const char *name;
	int64_t factor;
};

/* Smallest unit first, so that formatting can look from the end. */
static const struct num_unit durations[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "d", 24 * 60 * 60 * 1000 },
	{ NULL, 0 },
};

static const struct num_unit sizes[] = {
	{ "B", 1 },
	{ "KiB", 1024 },
	{ "MiB", 1024 * 1024 },
	{ "GiB", 1024 * 1024 * 1024 },
	{ NULL, 0 },
};

/* The value of a digit; above 9: c is none. */
static inline unsigned int digit_of(char c)
{
	return (unsigned char)c - (unsigned int)'0';
}

size_t num_read(const char *text, size_t length, uint64_t *value_r)
{
	const size_t safe = length < NUM_SAFE_DIGITS ? length : NUM_SAFE_DIGITS;
	uint64_t value = 0;
	size_t i = 0;

	for (; i < safe && digit_of(text[i]) <= 9; i++)
		value = value * 10 + digit_of(text[i]);
	for (; i < length && digit_of(text[i]) <= 9; i++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit_of(text[i]), &value))
			return 0;
	}
	if (i > 0)
		*value_r = value;
	return i;
}

int num_parse(const char *text, size_t length, int64_t *value_r)
{
	uint64_t value;

	if (length == 0 || num_read(text, length, &value) != length ||
	    value > INT64_MAX)
		return -1;
	*value_r = (int64_t)value;
	return 0;
}

size_t num_format(int64_t value, char *buf)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char digits[NUM_BYTES];
	size_t count = 0, length = 0;

	do
		digits[count++] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		buf[length++] = '-';
	while (count > 0)
		buf[length++] = digits[--count];
	buf[length] = '\0';
	return length;
}

int num_parse_decimal(const char *text, size_t length,
		      struct num_decimal *decimal_r)
{
	const char *dot = memchr(text, '.', length);
	size_t whole = dot == NULL ? length : (size_t)(dot - text);
	struct num_decimal decimal = { 0 };

	if (num_parse(text, whole, &decimal.mantissa) < 0)
		return -1;
	if (dot == NULL) {
		*decimal_r = decimal;
		return 0;
	}
	if (whole + 1 == length)
		return -1;
	for (size_t i = whole + 1; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    ++decimal.places > NUM_PLACES_MAX ||
		    __builtin_mul_overflow(decimal.mantissa, 10,
					   &decimal.mantissa) ||
		    __builtin_add_overflow(decimal.mantissa, text[i] - '0',
					   &decimal.mantissa))
			return -1;
	}
	*decimal_r = decimal;
	return 0;
}

int num_decimal_multiply(const struct num_decimal *a,
			 const struct num_decimal *b,
			 struct num_decimal *product_r)
{
	struct num_decimal product = { .places = a->places + b->places };

	if (__builtin_mul_overflow(a->mantissa, b->mantissa, &product.mantissa))
		return -1;
	*product_r = product;
	return 0;
}

int num_decimal_scale(const struct num_decimal *decimal, int64_t scale,
		      int64_t *value_r)
{
	__int128 value = (__int128)decimal->mantissa * scale;

	for (unsigned int i = 0; i < decimal->places; i++) {
		if (value % 10 != 0)
			return -1;
		value /= 10;
	}
	if (value > INT64_MAX)
		return -1;
	*value_r = (int64_t)value;
	return 0;
}

static int parse_with_unit(const struct num_unit *units, const char *text,
			   int64_t *value_r)
{
	size_t digits = strspn(text, "0123456789");
	int64_t value;

	if (num_parse(text, digits, &value) < 0)
		return -1;
	if (value == 0 && text[digits] == '\0') {
		*value_r = 0;
		return 0;
	}
	for (const struct num_unit *u = units; u->name != NULL; u++) {
		if (strcmp(u->name, text + digits) != 0)
			continue;
		if (__builtin_mul_overflow(value, u->factor, &value))
			return -1;
		*value_r = value;
		return 0;
	}
	return -1;
}

int num_parse_duration(const char *text, int64_t *msecs_r)
{
	return parse_with_unit(durations, text, msecs_r);
}

int num_parse_size(const char *text, int64_t *bytes_r)
{
	return parse_with_unit(sizes, text, bytes_r);
}

static const char *format_with_unit(const struct num_unit *units, int64_t value,
				    char *buf)
{
	const struct num_unit *best = units;

	for (const struct num_unit *u = units; u->name != NULL; u++) {
		if (value % u->factor == 0)
			best = u;
	}
	if (value == 0)
		return strcpy(buf, "0");
	(void)snprintf(buf, NUM_TEXT_MAX, "%" PRId64 "%s", value / best->factor,
		       best->name);
	return buf;
}

const char *num_format_duration(int64_t msecs, char *buf)
{
	return format_with_unit(durations, msecs, buf);
}

const char *num_format_size(int64_t bytes, char *buf)
{
	return format_with_unit(sizes, bytes, buf);
}
