#include "config.h"

#include "lib/redis/resp.h"

#include "lib/base/arena.h"
#include "lib/redis/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Around the lengths up to which a string counts as short, and a block's. */
#define LENGTH_MAX 80

static struct arena *arena;

static int setup(void **state)
{
	struct resp *resp = resp_open();

	*state = resp;
	arena = arena_open(0);
	return resp == NULL || arena == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	struct resp *resp = *state;

	resp_close(&resp);
	arena_close(&arena);
	return 0;
}

/* Of memory of their own, so that the sanitizers see who looks beyond it. */
static void feed(struct resp *resp, const char *bytes, size_t count)
{
	char *own = malloc(count);

	assert_non_null(own);
	memcpy(own, bytes, count);
	assert_int_equal(resp_feed(resp, own, count), 0);
	free(own);
}

/* The protocol for one string of each length in an array, the longest last or
   first. */
static char *strings_write(bool longest_first, size_t *count_r)
{
	char *bytes = malloc((size_t)2 * LENGTH_MAX * LENGTH_MAX);
	size_t used;

	assert_non_null(bytes);
	used = (size_t)sprintf(bytes, "*%d\r\n", LENGTH_MAX);
	for (int i = 0; i < LENGTH_MAX; i++) {
		const int length = longest_first ? LENGTH_MAX - 1 - i : i;

		used += (size_t)sprintf(bytes + used, "$%d\r\n", length);
		memset(bytes + used, length % 64 + 1, (size_t)length);
		used += (size_t)length;
		used += (size_t)sprintf(bytes + used, "\r\n");
	}
	*count_r = used;
	return bytes;
}

static void strings_check(const struct reply *reply, bool longest_first)
{
	assert_int_equal(reply_count(reply), LENGTH_MAX);
	for (size_t i = 0; i < LENGTH_MAX; i++) {
		const size_t length = longest_first ? LENGTH_MAX - 1 - i : i;
		struct text text = reply_text(reply_at(reply, i));
		char expected[LENGTH_MAX];

		memset(expected, (int)length % 64 + 1, sizeof(expected));
		assert_int_equal(reply_at(reply, i)->type, REPLY_STRING);
		assert_true(
			text_equal(text, (struct text){ expected, length }));
		assert_int_equal(text.data[text.length], '\0');
	}
}

/* However they arrive, in as many pieces. */
static void strings_of_any_length_are_taken(void **state)
{
	struct resp *resp = *state;

	for (int first = 0; first < 2; first++) {
		size_t count;
		char *bytes = strings_write(first, &count);

		for (size_t cut = 1; cut <= count; cut += 7) {
			const struct reply *reply = NULL;

			arena_reset(arena);
			for (size_t at = 0; at < count; at += cut) {
				assert_int_equal(resp_next(resp, arena, &reply),
						 0);
				feed(resp, bytes + at,
				     count - at < cut ? count - at : cut);
			}
			assert_int_equal(resp_next(resp, arena, &reply), 1);
			strings_check(reply, first);
		}
		free(bytes);
	}
}

/* However much is left of a block, which has 32 KiB. */
static void a_string_fits_where_it_goes(void **state)
{
	struct resp *resp = *state;
	const struct reply *reply;
	size_t count;
	char *bytes = strings_write(false, &count);

	for (size_t left = 2000; left < 2000 + count; left++) {
		arena_reset(arena);
		assert_non_null(arena_take_chars(arena, 32 * 1024 - left));
		feed(resp, bytes, count);
		assert_int_equal(resp_next(resp, arena, &reply), 1);
		strings_check(reply, false);
	}
	free(bytes);
}

static void each_type_is_told_apart(void **state)
{
	static const char bytes[] = "*7\r\n+OK\r\n-ERR no\r\n:-42\r\n$-1\r\n"
				    "*-1\r\n*0\r\n*1\r\n$2\r\nab\r\n";
	static const enum reply_type types[] = {
		REPLY_STATUS, REPLY_ERROR, REPLY_INTEGER, REPLY_NIL,
		REPLY_NIL,    REPLY_ARRAY, REPLY_ARRAY,
	};
	struct resp *resp = *state;
	const struct reply *reply;

	feed(resp, bytes, sizeof(bytes) - 1);
	assert_int_equal(resp_next(resp, arena, &reply), 1);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(reply_at(reply, i)->type, types[i]);
	assert_true(text_is(reply_text(reply_at(reply, 0)), "OK"));
	assert_true(text_is(reply_text(reply_at(reply, 1)), "ERR no"));
	assert_int_equal(reply_integer(reply_at(reply, 2), 0), -42);
	assert_true(text_is(reply_text(reply_at(reply_at(reply, 6), 0)), "ab"));
}

static void a_string_may_stand_alone(void **state)
{
	static const char bytes[] = "$5\r\nalone\r\n+OK\r\n";
	struct resp *resp = *state;
	const struct reply *reply;

	feed(resp, bytes, sizeof(bytes) - 1);
	assert_int_equal(resp_next(resp, arena, &reply), 1);
	assert_true(text_is(reply_text(reply), "alone"));
	assert_int_equal(resp_next(resp, arena, &reply), 1);
	assert_int_equal(reply->type, REPLY_STATUS);
	assert_int_equal(resp_next(resp, arena, &reply), 0);
}

static void an_array_of_strings_is_a_run(void **state)
{
	static const char bytes[] = "*2\r\n$1\r\na\r\n$2\r\nbc\r\n"
				    "*2\r\n$1\r\na\r\n:1\r\n"
				    "*0\r\n$1\r\na\r\n";
	struct resp *resp = *state;
	const struct reply *reply;
	struct text_run run;

	feed(resp, bytes, sizeof(bytes) - 1);
	assert_int_equal(resp_next(resp, arena, &reply), 1);
	assert_int_equal(reply_strings(reply, &run), 0);
	assert_int_equal(run.count, 2);
	assert_true(text_is(text_run_at(&run, 0), "a"));
	assert_true(text_is(text_run_at(&run, 1), "bc"));
	assert_int_equal(resp_next(resp, arena, &reply), 1);
	assert_int_equal(reply_strings(reply, &run), -1);
	assert_int_equal(resp_next(resp, arena, &reply), 1);
	assert_int_equal(reply_strings(reply, &run), 0);
	assert_int_equal(run.count, 0);
	assert_int_equal(resp_next(resp, arena, &reply), 1);
	assert_int_equal(reply_strings(reply, &run), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_of_any_length_are_taken),
		cmocka_unit_test(a_string_fits_where_it_goes),
		cmocka_unit_test(each_type_is_told_apart),
		cmocka_unit_test(a_string_may_stand_alone),
		cmocka_unit_test(an_array_of_strings_is_a_run),
	};

	return cmocka_run_group_tests_name("resp", tests, setup, teardown);
}
