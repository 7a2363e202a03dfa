#include "config.h"

#include "supervisor/ctl/redis/packed.h"

#include "lib/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct reply array;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_open(65536);
	memset(&array, 0, sizeof(array));
	return arena == NULL ? -1 : 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_close(&arena);
	return 0;
}

/* Bytes with their length, without the end that C puts behind them. */
#define read_packed(bytes)                                                     \
	packed_read((struct text){ bytes, sizeof(bytes) - 1 }, arena, &array)

static void strings_of_every_kind_are_read(void **state)
{
	(void)state;
	assert_int_equal(read_packed("\x95"
				     "\xa0"
				     "\xa2\0\xff"
				     "\xd9\x01x"
				     "\xda\x00\x02yz"
				     "\xdb\x00\x00\x00\x01w"),
			 0);
	assert_int_equal(reply_count(&array), 5);
	assert_int_equal(reply_text(reply_at(&array, 0)).length, 0);
	assert_true(text_equal(reply_text(reply_at(&array, 1)),
			       (struct text){ "\0\xff", 2 }));
	assert_true(text_is(reply_text(reply_at(&array, 2)), "x"));
	assert_true(text_is(reply_text(reply_at(&array, 3)), "yz"));
	assert_string_equal(reply_text(reply_at(&array, 4)).data, "w");
}

static void arrays_of_every_kind_are_read(void **state)
{
	(void)state;
	assert_int_equal(read_packed("\x90"), 0);
	assert_int_equal(reply_count(&array), 0);
	assert_int_equal(read_packed("\xdc\x00\x01\xa1x"), 0);
	assert_int_equal(reply_count(&array), 1);
	assert_int_equal(read_packed("\xdd\x00\x00\x00\x02\xa1x\xa1y"), 0);
	assert_int_equal(reply_count(&array), 2);
}

static void anything_else_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_packed(""), -1);
	assert_int_equal(read_packed("\x91"), -1);
	assert_int_equal(read_packed("\x91\x01"), -1);
	assert_int_equal(read_packed("\x91\xa2x"), -1);
	assert_int_equal(read_packed("\x91\xda\x00"), -1);
	assert_int_equal(read_packed("\x91\xa1xy"), -1);
	assert_int_equal(read_packed("\x81\xa1x\xa1y"), -1);
	assert_int_equal(read_packed("\xdd\xff\xff\xff\xff\xa1x"), -1);
	assert_int_equal(read_packed("\x91\xdb\xff\xff\xff\xffx"), -1);
	assert_int_equal(array.type, REPLY_NIL);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(strings_of_every_kind_are_read),
		TEST(arrays_of_every_kind_are_read),
		TEST(anything_else_is_refused),
	};

	return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
