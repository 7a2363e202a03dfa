/* Whatever the plain reader takes, a reader for all of JSON reads the same. */

#include "config.h"

#include "producers/seckill_plain.h"

#include "lib/num.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAMES 3

static const char *const names[NAMES] = { "voucher", "user", "orderno" };

static bool reads(const char *line, size_t bytes, struct text *values)
{
	return seckill_plain_read((struct text){ line, bytes }, names, NAMES,
				  values);
}

static void value_compare(struct text text, const json_t *value)
{
	char digits[NUM_BYTES];
	struct text other = text_of(json_string_value(value));

	if (json_is_integer(value))
		other = (struct text){
			digits, num_format(json_integer_value(value), digits)
		};
	if ((text.data == NULL) != (value == NULL) ||
	    (text.data != NULL && !text_equal(text, other)))
		fail_msg("read otherwise: %.*s", (int)text.length, text.data);
}

/* Returns whether it was taken. */
static bool compare(const char *line, size_t bytes)
{
	struct text values[NAMES];
	json_t *object;

	if (!reads(line, bytes, values))
		return false;
	object = json_loadb(line, bytes, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object))
		fail_msg("no JSON: %.*s", (int)bytes, line);
	for (size_t i = 0; i < NAMES; i++)
		value_compare(values[i], json_object_get(object, names[i]));
	json_decref(object);
	return true;
}

static const char *const plain[] = {
	"{\"voucher\":\"V\",\"user\":42}",
	"{\"user\": \"u\", \"voucher\": \"a b\", \"orderno\": \"A-1\"}",
	" {\t\"voucher\" : \"\" , \"user\" : 0 } \r",
	"{\"voucher\":\"V\",\"user\":999999999999999999}",
	"{\"orderno\":\"{}[],:\"}",
};

static const char *const others[] = {
	"",
	"{",
	"{}",
	"[]",
	"x",
	"{\"voucher\":\"V\"",
	"{\"voucher\":\"V\",}",
	"{\"voucher\":\"V\"}}",
	"{\"voucher\":\"V\"} x",
	"{\"voucher\":\"V\",\"voucher\":\"W\"}",
	"{\"voucher\":\"V\",\"users\":1}",
	"{\"voucher\":\"\\u0056\"}",
	"{\"voucher\":\"\xc3\xa4\"}",
	"{\"voucher\":\"a\tb\"}",
	"{\"voucher\":\"a\x7f\"}",
	"{\"voucher\":01}",
	"{\"voucher\":-1}",
	"{\"voucher\":1.5}",
	"{\"voucher\":1e3}",
	"{\"voucher\":9999999999999999999}",
	"{\"voucher\":null}",
	"{\"voucher\":true}",
	"{\"voucher\":{}}",
	"{voucher:\"V\"}",
	"{\"voucher\"\"V\"}",
};

static void plain_lines_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!compare(plain[i], strlen(plain[i])))
			fail_msg("not taken: %s", plain[i]);
	}
}

static void others_are_left_alone(void **state)
{
	struct text values[NAMES];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (reads(others[i], strlen(others[i]), values))
			fail_msg("taken: %s", others[i]);
	}
}

/* Each line with bytes changed, put in, taken out, or cut off. */
static void changed_lines_are_read_alike(void **state)
{
	static const char bytes[] = "{}[]\",:\\ \t\r\n0123456789-+.eEu\x7f\xc3";
	size_t taken = 0;

	(void)state;
	srandom(1);
	for (int round = 0; round < 100000; round++) {
		char line[128] = "";
		size_t length;

		(void)strcpy(line, plain[(size_t)random() % 5]);
		length = strlen(line);
		for (long n = random() % 3; n >= 0; n--) {
			size_t at = (size_t)random() % length;

			if (random() % 3 == 0)
				line[at] = bytes[(size_t)random() %
						 (sizeof(bytes) - 1)];
			else if (random() % 2 == 0)
				memmove(line + at, line + at + 1,
					length-- - at);
			else if (length < sizeof(line) - 2)
				memmove(line + at + 1, line + at,
					++length - at);
		}
		/* In memory of its own, so that no byte behind it is read. */
		char *copy = malloc(length);

		memcpy(copy, line, length);
		taken += compare(copy, length);
		free(copy);
	}
	assert_in_range(taken, 1000, 99000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lines_are_taken),
		cmocka_unit_test(others_are_left_alone),
		cmocka_unit_test(changed_lines_are_read_alike),
	};

	return cmocka_run_group_tests_name("seckill plain", tests, NULL, NULL);
}
