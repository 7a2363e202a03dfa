#include "config.h"

#include "lib/base/num.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define UNTOUCHED INT64_C(-42)

/* As many digits, one after the other. */
static uint64_t plainly(const char *digits, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (uint64_t)(digits[i] - '0');
	return value;
}

/* A text, and what it must read as; UNTOUCHED: it is refused. */
struct example {
	const char *text;
	int64_t value;
};

static void an_integer_is_digits_and_nothing_else(void **state)
{
	static const struct example examples[] = {
		{ "0", 0 },
		{ "007", 7 },
		{ "9223372036854775807", INT64_MAX },
		{ "999999999999999999", INT64_C(999999999999999999) },
		{ "0000000000000000000000012", 12 },
		{ "9223372036854775808", UNTOUCHED },
		{ "99999999999999999999", UNTOUCHED },
		{ "", UNTOUCHED },
		{ "-1", UNTOUCHED },
		{ "+1", UNTOUCHED },
		{ " 1", UNTOUCHED },
		{ "1 ", UNTOUCHED },
		{ "1x", UNTOUCHED },
		{ "0x1", UNTOUCHED },
		{ "1.0", UNTOUCHED },
		{ "1e3", UNTOUCHED },
		{ NULL, 0 },
	};

	(void)state;
	for (const struct example *e = examples; e->text != NULL; e++) {
		int64_t value = UNTOUCHED;
		int result = num_parse(e->text, strlen(e->text), &value);

		assert_int_equal(value, e->value);
		assert_int_equal(result, e->value == UNTOUCHED ? -1 : 0);
	}
}

/* Any byte at any place of numbers of any length around that of a word. */
static void each_byte_is_looked_at_wherever_it_stands(void **state)
{
	char bytes[] = "1234567890123456789";

	(void)state;
	for (size_t length = 1; length < sizeof(bytes); length++) {
		for (size_t at = 0; at < length; at++) {
			const char digit = bytes[at];

			for (int c = 0; c < 256; c++) {
				bool is_digit = c >= '0' && c <= '9';
				uint64_t value = 0;

				bytes[at] = (char)c;
				assert_int_equal(
					num_read(bytes, length, &value),
					is_digit ? length : at);
				if (is_digit)
					assert_int_equal(
						value, plainly(bytes, length));
				else if (at > 0)
					assert_int_equal(value,
							 plainly(bytes, at));
			}
			bytes[at] = digit;
		}
	}
}

static void digits_are_read_up_to_the_first_other_byte(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(num_read("18446744073709551615-", 21, &value), 20);
	assert_true(value == UINT64_MAX);
	value = 7;
	assert_int_equal(num_read("18446744073709551616", 20, &value), 0);
	assert_int_equal(num_read("-1", 2, &value), 0);
	assert_int_equal(num_read("1", 0, &value), 0);
	assert_int_equal(value, 7);
}

static void an_integer_ends_where_its_length_says(void **state)
{
	int64_t value = UNTOUCHED;

	(void)state;
	assert_int_equal(num_parse("123", 2, &value), 0);
	assert_int_equal(value, 12);
	assert_int_equal(num_parse("1\0", 2, &value), -1);
	assert_int_equal(value, 12);
}

static void a_number_is_written_as_it_is_read(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ 10, "10" },
		{ -1, "-1" },
		{ -1200, "-1200" },
		{ INT64_MAX, "9223372036854775807" },
		{ INT64_MIN, "-9223372036854775808" },
	};
	char buf[NUM_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(num_format(cases[i].number, buf),
				 strlen(cases[i].text));
		assert_string_equal(buf, cases[i].text);
	}
}

static void a_duration_has_a_unit(void **state)
{
	static const struct example examples[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "200ms", 200 },
		{ "30s", 30 * 1000 },
		{ "5m", 5 * 60 * 1000 },
		{ "12h", 12 * 60 * 60 * 1000 },
		{ "7d", 7 * INT64_C(86400000) },
		{ "5", UNTOUCHED },
		{ "", UNTOUCHED },
		{ "s", UNTOUCHED },
		{ "5 s", UNTOUCHED },
		{ "5S", UNTOUCHED },
		{ "5sec", UNTOUCHED },
		{ "-5s", UNTOUCHED },
		{ "1.5s", UNTOUCHED },
		{ "1h30m", UNTOUCHED },
		{ "106751991167d", INT64_C(106751991167) * 86400000 },
		{ "106751991168d", UNTOUCHED },
		{ "9223372036854775807d", UNTOUCHED },
		{ NULL, 0 },
	};

	(void)state;
	for (const struct example *e = examples; e->text != NULL; e++) {
		int64_t msecs = UNTOUCHED;
		int result = num_parse_duration(e->text, &msecs);

		assert_int_equal(msecs, e->value);
		assert_int_equal(result, e->value == UNTOUCHED ? -1 : 0);
	}
}

static void a_size_has_a_binary_unit(void **state)
{
	static const struct example examples[] = {
		{ "0", 0 },
		{ "512B", 512 },
		{ "64KiB", 65536 },
		{ "64MiB", 67108864 },
		{ "2GiB", INT64_C(2147483648) },
		{ "64", UNTOUCHED },
		{ "64M", UNTOUCHED },
		{ "64MB", UNTOUCHED },
		{ "64mib", UNTOUCHED },
		{ "8589934591GiB", INT64_C(8589934591) << 30 },
		{ "8589934592GiB", UNTOUCHED },
		{ NULL, 0 },
	};

	(void)state;
	for (const struct example *e = examples; e->text != NULL; e++) {
		int64_t bytes = UNTOUCHED;
		int result = num_parse_size(e->text, &bytes);

		assert_int_equal(bytes, e->value);
		assert_int_equal(result, e->value == UNTOUCHED ? -1 : 0);
	}
}

static void durations_and_sizes_are_written_in_their_largest_unit(void **state)
{
	char buf[NUM_TEXT_MAX];

	(void)state;
	assert_string_equal(num_format_duration(0, buf), "0");
	assert_string_equal(num_format_duration(1, buf), "1ms");
	assert_string_equal(num_format_duration(1500, buf), "1500ms");
	assert_string_equal(num_format_duration(90000, buf), "90s");
	assert_string_equal(num_format_duration(86400000, buf), "1d");
	assert_string_equal(num_format_size(0, buf), "0");
	assert_string_equal(num_format_size(1000, buf), "1000B");
	assert_string_equal(num_format_size(1 << 20, buf), "1MiB");
	assert_string_equal(num_format_size(INT64_C(3) << 30, buf), "3GiB");
	assert_string_equal(num_format_size(INT64_MAX, buf),
			    "9223372036854775807B");
}

static int parse_decimal(const char *text, struct num_decimal *decimal_r)
{
	return num_parse_decimal(text, strlen(text), decimal_r);
}

static void a_decimal_has_digits_on_both_sides_of_its_point(void **state)
{
	static const char *const refused[] = {
		"",
		".",
		"1.",
		".5",
		"1.2.3",
		"-1",
		"+1",
		"1,5",
		" 1",
		"1e2",
		"1.5 ",
		"0x1",
		"9223372036854775808",
		"0.1234567890123456789",
		"9223372036854775807.1",
	};
	struct num_decimal decimal = { UNTOUCHED, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(parse_decimal(refused[i], &decimal), -1);
		assert_int_equal(decimal.mantissa, UNTOUCHED);
		assert_int_equal(decimal.places, 7);
	}
	assert_int_equal(parse_decimal("69.99", &decimal), 0);
	assert_int_equal(decimal.mantissa, 6999);
	assert_int_equal(decimal.places, 2);
	assert_int_equal(parse_decimal("12", &decimal), 0);
	assert_int_equal(decimal.mantissa, 12);
	assert_int_equal(decimal.places, 0);
	assert_int_equal(parse_decimal("0.000000000000000001", &decimal), 0);
	assert_int_equal(decimal.mantissa, 1);
	assert_int_equal(decimal.places, 18);
}

static void decimals_are_multiplied_exactly_or_not_at_all(void **state)
{
	const struct num_decimal price = { 6999, 2 };
	const struct num_decimal quantity = { 15, 1 };
	const struct num_decimal huge = { INT64_MAX, 0 };
	struct num_decimal product = { UNTOUCHED, 0 };

	(void)state;
	assert_int_equal(num_decimal_multiply(&price, &huge, &product), -1);
	assert_int_equal(product.mantissa, UNTOUCHED);
	assert_int_equal(num_decimal_multiply(&price, &quantity, &product), 0);
	assert_int_equal(product.mantissa, 104985);
	assert_int_equal(product.places, 3);
}

static void a_scaled_decimal_is_whole_or_refused(void **state)
{
	const struct num_decimal price = { 6999, 2 };
	const struct num_decimal huge = { INT64_MAX, 1 };
	int64_t value = UNTOUCHED;

	(void)state;
	assert_int_equal(num_decimal_scale(&price, 10, &value), -1);
	assert_int_equal(num_decimal_scale(&huge, 100, &value), -1);
	assert_int_equal(value, UNTOUCHED);
	assert_int_equal(num_decimal_scale(&price, 100, &value), 0);
	assert_int_equal(value, 6999);
	assert_int_equal(num_decimal_scale(&price, 1000, &value), 0);
	assert_int_equal(value, 69990);
	assert_int_equal(num_decimal_scale(&huge, 10, &value), 0);
	assert_int_equal(value, INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_integer_is_digits_and_nothing_else),
		cmocka_unit_test(an_integer_ends_where_its_length_says),
		cmocka_unit_test(each_byte_is_looked_at_wherever_it_stands),
		cmocka_unit_test(digits_are_read_up_to_the_first_other_byte),
		cmocka_unit_test(a_number_is_written_as_it_is_read),
		cmocka_unit_test(a_duration_has_a_unit),
		cmocka_unit_test(a_size_has_a_binary_unit),
		cmocka_unit_test(
			durations_and_sizes_are_written_in_their_largest_unit),
		cmocka_unit_test(
			a_decimal_has_digits_on_both_sides_of_its_point),
		cmocka_unit_test(decimals_are_multiplied_exactly_or_not_at_all),
		cmocka_unit_test(a_scaled_decimal_is_whole_or_refused),
	};

	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}
