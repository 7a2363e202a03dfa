#include "config.h"

#include "lib/redis/formatter.h"

#include "lib/redis/resp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What it writes is held against what hiredis writes. */

#define WORDS (FORMATTER_WORDS_MAX + 1)
#define BYTES (FORMATTER_WORD_BYTES_MAX + 1)

static char bytes[BYTES];
static struct text words[WORDS];

static int open_formatter(void **state)
{
	*state = formatter_open();
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (char)(255 - i);
	return *state == NULL ? -1 : 0;
}

static int close_formatter(void **state)
{
	struct formatter *formatter = *state;

	formatter_close(&formatter);
	assert_null(formatter);
	return 0;
}

/* The first count words are written as hiredis does, within their room. */
static void check(struct formatter *formatter, size_t count)
{
	const size_t room = formatter_bytes(words, count);
	char *out = malloc(room);
	char *expected;
	ssize_t length = resp_format(words, count, &expected);

	assert_non_null(out);
	assert_true(length > 0);
	assert_int_equal(formatter_write(formatter, words, count, out), length);
	assert_memory_equal(out, expected, length);
	resp_free(expected);
	free(out);
}

static void words_of_every_length_are_written(void **state)
{
	for (size_t at = 0; at < 3; at++) {
		for (size_t length = 0; length < BYTES; length++) {
			words[0] = words[1] = words[2] = text_of("XADD");
			words[at] = (struct text){ bytes, length };
			check(*state, 3);
		}
	}
}

static void commands_of_any_number_of_words_are_written(void **state)
{
	for (size_t i = 0; i < WORDS; i++)
		words[i] = (struct text){ bytes + i % 7, i % 11 };
	for (size_t count = 1; count < WORDS; count++)
		check(*state, count);
}

static void nothing_depends_on_what_came_before(void **state)
{
	uint32_t dice = 1;

	for (int i = 0; i < 2000; i++) {
		size_t count = 1 + dice % 20;

		for (size_t n = 0; n < count; n++) {
			dice = dice * 1103515245 + 12345;
			words[n] = (struct text){ bytes,
						  (dice >> 16) % (BYTES - 1) };
		}
		check(*state, count);
	}
}

static void a_word_may_be_null_when_it_is_empty(void **state)
{
	words[0] = text_of("ECHO");
	words[1] = (struct text){ NULL, 0 };
	check(*state, 2);
}

static void what_is_too_long_is_left_to_others(void **state)
{
	char *out = malloc((size_t)FORMATTER_WORDS_MAX * 64);

	assert_non_null(out);
	for (size_t i = 0; i < WORDS; i++)
		words[i] = text_of("x");
	assert_int_equal(formatter_write(*state, words, 0, out), 0);
	assert_int_equal(formatter_write(*state, words, WORDS, out), 0);
	words[1] = (struct text){ bytes, FORMATTER_WORD_BYTES_MAX + 1 };
	assert_int_equal(formatter_write(*state, words, 2, out), 0);
	check(*state, 1);
	free(out);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, open_formatter, close_formatter)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(words_of_every_length_are_written),
		TEST(commands_of_any_number_of_words_are_written),
		TEST(nothing_depends_on_what_came_before),
		TEST(a_word_may_be_null_when_it_is_empty),
		TEST(what_is_too_long_is_left_to_others),
	};

	return cmocka_run_group_tests_name("formatter", tests, NULL, NULL);
}
