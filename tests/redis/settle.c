/* The scripts that settle what has no effect in Redis, on a server: what is
   acknowledged, and what is a dead letter. tests/redis/lease.c has them behind
   a lease. */

#include "config.h"

#include "lib/redis/command.h"
#include "tests/fixtures/redis_fixture.h"
#include "tests/fixtures/settle_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEAD "{s}:dead"

#define WORDS_MAX 64

static const char settle_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/settle.inc"
	;

static const char dead_lua[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/tries.inc"
#include "lib/scripts/dead_letter.inc"
#include "lib/scripts/index.inc"
#include "lib/scripts/dead.inc"
	;

static struct redis_fixture *redis;
static struct command command;

static int pending_entries(void **state)
{
	(void)state;
	settle_fixture_begin(redis);
	return 0;
}

/* Run a script with these arguments, ended by NULL. */
static const struct reply *run_words(const char *script,
				     const char *const *words)
{
	settle_fixture_call(&command, script, DEAD, DEAD, SETTLE_TOKEN);
	for (; *words != NULL; words++)
		command_word(&command, *words);
	return redis_fixture_call(redis, command.words, command.count);
}

#define settle(...)                                                            \
	run_words(settle_lua, (const char *const[]){ __VA_ARGS__, NULL })

static const struct reply *dead_letter(const char *id)
{
	return run_words(dead_lua,
			 (const char *const[]){ id, "why", "reject", "rejected",
						"1", "0", NULL });
}

static void right_set(const char *right)
{
	(void)redis_fixture_command(redis, "ACL", "SETUSER", "default", right,
				    NULL);
}

static void nothing_written(void)
{
	assert_int_equal(settle_fixture_pending(redis), 9);
	assert_int_equal(redis_fixture_integer(redis, "EXISTS", DEAD,
					       SETTLE_BOOKS, NULL),
			 0);
}

static void what_is_settled_is_counted_by_its_books(void **state)
{
	(void)state;
	settle_fixture_settled(
		settle("applied", "2", "1-0", "2-0", "duplicate", "1", "3-0"),
		0);
	settle_fixture_settled(settle("applied", "2", "3-0", "4-0"), 1);
	settle_fixture_books(redis, 3, 1);
	assert_int_equal(settle_fixture_pending(redis), 5);
}

static void without_a_right_nothing_is_settled(void **state)
{
	static const char *const rights[] = { "-xack", "-hincrby" };

	(void)state;
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		right_set(rights[i]);
		assert_true(reply_is_error_word(settle("applied", "1", "1-0"),
						"NOPERM"));
		right_set("+@all");
		nothing_written();
	}
}

static void without_a_right_there_is_no_dead_letter(void **state)
{
	static const char *const rights[] = { "-xadd", "-xack", "-hincrby",
					      "-zadd", "-zcard" };

	(void)state;
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		right_set(rights[i]);
		assert_true(reply_is_error_word(dead_letter("1-0"), "NOPERM"));
		right_set("+@all");
		nothing_written();
	}
	settle_fixture_settled(dead_letter("1-0"), 0);
	settle_fixture_field(redis, SETTLE_BOOKS, "rejected", "1");
	assert_int_equal(redis_fixture_integer(redis, "XLEN", DEAD, NULL), 1);
}

static int open_all(void **state)
{
	(void)state;
	redis = redis_fixture_start();
	return command_open(&command, WORDS_MAX);
}

static int close_all(void **state)
{
	(void)state;
	command_close(&command);
	redis_fixture_stop(&redis);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_settled_is_counted_by_its_books,
				       pending_entries),
		cmocka_unit_test_setup(without_a_right_nothing_is_settled,
				       pending_entries),
		cmocka_unit_test_setup(without_a_right_there_is_no_dead_letter,
				       pending_entries),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("settle", tests, open_all,
					   close_all);
}
