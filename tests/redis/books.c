/* What the keeper says of a group whose entries went elsewhere: removed,
   skipped, given twice, or not to be told yet. The stream has short ids: 1-0,
   2-0, ... */

#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/keep_round.h"
#include "tests/fixtures/redis_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BOOKS "{ordermq}:points:books"
#define START "{ordermq}:points:start"

static struct redis_fixture *server;
static struct redis *redis;
static struct settings settings;
static struct keep_round keep;
static struct err err;

static void round_run(void)
{
	if (keep_round_run(&keep, redis, &err) < 0)
		fail_msg("%s", err.text);
}

/* Entries first-0 to last-0. */
static void add(const char *first, const char *last)
{
	(void)redis_fixture_command(
		server, "EVAL",
		"for n = ARGV[1], ARGV[2] do redis.call('XADD', KEYS[1], n .. "
		"'-0', 'orderno', 'A') end",
		"1", "ordermq", first, last, NULL);
}

/* Read so many entries; they stay pending. */
static void take(const char *count)
{
	(void)redis_fixture_command(server, "XREADGROUP", "GROUP", "points",
				    "c", "COUNT", count, "STREAMS", "ordermq",
				    ">", NULL);
}

/* Acknowledge all that is pending, and count it in a book. */
static void settle(void)
{
	(void)redis_fixture_command(
		server, "EVAL",
		"for _, row in ipairs(redis.call('XPENDING', KEYS[1], "
		"'points', '-', '+', 10000)) do "
		"redis.call('XACK', KEYS[1], 'points', row[1]) "
		"redis.call('HINCRBY', KEYS[2], 'applied', 1) end",
		"2", "ordermq", BOOKS, NULL);
}

static void work(const char *count)
{
	take(count);
	settle();
}

static void set_at(const char *id)
{
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", id, NULL);
}

static int64_t field(const char *key, const char *name)
{
	return reply_integer(
		redis_fixture_command(server, "HGET", key, name, NULL), 0);
}

/* What the books have in all of it, and what of that was found in the last
   round. */
static void expect(int64_t dropped, int64_t skipped, int64_t moved)
{
	assert_int_equal(field(BOOKS, "dropped"), dropped);
	assert_int_equal(field(BOOKS, "skipped"), skipped);
	assert_int_equal(field(START, "moved"), moved);
}

static const struct keep_round_group *now(void)
{
	assert_int_equal(keep.result.group_count, 1);
	return &keep.result.groups[0];
}

/* A group with an account, at the first of 100 entries. */
static int open_all(void **state)
{
	struct settings_group *points = &settings.groups[0];

	(void)state;
	server = redis_fixture_start();
	redis_fixture_settings(server, &settings);
	memset(settings.groups, 0, sizeof(settings.groups));
	memset(&settings.retention, 0, sizeof(settings.retention));
	settings.group_count = 1;
	(void)strcpy(points->name, "points");
	(void)strcpy(points->program, "points");
	(void)strcpy(points->start, "0");
	memset(&keep, 0, sizeof(keep));
	keep.settings = &settings;
	keep.arena = arena_open(65536);
	assert_non_null(keep.arena);
	assert_int_equal(redis_open(&settings.redis, -1, &redis, &err), 0);
	(void)redis_fixture_command(server, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	add("1", "100");
	round_run();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	redis_close(&redis);
	arena_close(&keep.arena);
	redis_fixture_stop(&server);
	return 0;
}

static void what_is_removed_unread_is_dropped_once(void **state)
{
	(void)state;
	work("40");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "35",
				    NULL);
	round_run();
	expect(25, 0, 0);
	assert_int_equal(now()->dropped, 25);
	round_run();
	assert_int_equal(now()->dropped, 0);
	work("100");
	round_run();
	expect(25, 0, 0);
}

static void what_redis_forgets_of_its_reading_is_no_loss(void **state)
{
	(void)state;
	work("100");
	round_run();
	/* As Redis 7.0 does when it loads its AOF, and on a replica. */
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "100-0", "ENTRIESREAD", "0",
				    NULL);
	round_run();
	expect(0, 0, 0);
	/* Nor does it hide one. */
	add("101", "110");
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "100-0", "ENTRIESREAD", "0",
				    NULL);
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "7",
				    NULL);
	round_run();
	expect(3, 0, 0);
}

static void what_a_group_is_set_beyond_is_skipped(void **state)
{
	(void)state;
	work("40");
	round_run();
	set_at("60-0");
	work("100");
	round_run();
	expect(0, 20, 0);
	assert_int_equal(now()->skipped, 20);
	round_run();
	assert_int_equal(now()->skipped, 0);
}

static void what_a_stranger_acknowledges_is_skipped(void **state)
{
	(void)state;
	take("100");
	round_run();
	assert_int_equal(redis_fixture_integer(server, "XACK", "ordermq",
					       "points", "7-0", "8-0", NULL),
			 2);
	settle();
	round_run();
	expect(0, 2, 0);
}

static void what_a_deleted_consumer_held_is_skipped(void **state)
{
	(void)state;
	take("30");
	round_run();
	(void)redis_fixture_command(server, "XGROUP", "DELCONSUMER", "ordermq",
				    "points", "c", NULL);
	work("100");
	round_run();
	expect(0, 30, 0);
}

static void what_is_trimmed_behind_the_group_is_not_taken_for_the_skipped(
	void **state)
{
	(void)state;
	take("100");
	(void)redis_fixture_command(server, "XACK", "ordermq", "points", "90-0",
				    "91-0", NULL);
	settle();
	round_run();
	expect(0, 2, 0);
	/* A sender trims what is settled, and a stranger reads the rest. */
	add("101", "108");
	round_run();
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "8",
				    NULL);
	take("5");
	(void)redis_fixture_command(server, "XACK", "ordermq", "points",
				    "101-0", "102-0", NULL);
	settle();
	work("100");
	round_run();
	expect(0, 4, 0);
}

static void both_kinds_at_once_are_told_apart_by_how_many_have_gone(
	void **state)
{
	(void)state;
	work("90");
	round_run();
	(void)redis_fixture_command(server, "XDEL", "ordermq", "95-0", NULL);
	set_at("98-0");
	work("100");
	round_run();
	expect(1, 7, 0);
}

static void a_group_that_is_set_back_moves_its_account(void **state)
{
	(void)state;
	work("100");
	round_run();
	set_at("70-0");
	round_run();
	expect(0, 0, 30);
	assert_int_equal(now()->moved, 30);
	work("100");
	round_run();
	assert_int_equal(now()->moved, 0);
	expect(0, 0, 30);
	/* It hides no loss: not even a smaller one. */
	add("101", "120");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "15",
				    NULL);
	round_run();
	expect(5, 0, 30);
}

static void what_is_settled_on_another_history_moves_the_account(void **state)
{
	(void)state;
	work("100");
	round_run();
	/* Two are credited whose entries Redis has lost. */
	(void)redis_fixture_command(server, "HINCRBY", BOOKS, "applied", "2",
				    NULL);
	round_run();
	expect(0, 0, 2);
	assert_int_equal(field(START, "doubt"), 0);
	(void)redis_fixture_command(server, "XGROUP", "DELCONSUMER", "ordermq",
				    "points", "c", NULL);
	add("101", "101");
	(void)redis_fixture_command(server, "XDEL", "ordermq", "101-0", NULL);
	round_run();
	expect(1, 0, 2);
}

static void a_dropping_that_was_none_is_doubted(void **state)
{
	(void)state;
	work("100");
	/* The version before counted like that after a restart of Redis. */
	(void)redis_fixture_command(server, "HSET", BOOKS, "dropped", "100",
				    NULL);
	round_run();
	expect(100, 0, 100);
	assert_int_equal(field(START, "doubt"), 100);
	/* What is given once more does not speak against it. */
	set_at("50-0");
	round_run();
	expect(100, 0, 150);
	assert_int_equal(field(START, "doubt"), 100);
}

static void where_the_lag_is_not_certain_nothing_is_told_yet(void **state)
{
	(void)state;
	add("101", "1000");
	round_run();
	work("40");
	/* Redis says 960 and means 930. */
	(void)redis_fixture_command(
		server, "EVAL",
		"for n = 51, 80 do redis.call('XDEL', KEYS[1], n .. '-0') "
		"end redis.call('XGROUP', 'SETID', KEYS[1], 'points', '40-0', "
		"'ENTRIESREAD', 70)",
		"1", "ordermq", NULL);
	round_run();
	expect(0, 0, 0);
	(void)redis_fixture_command(server, "XACK", "ordermq", "points", "1-0",
				    NULL);
	work("10000");
	round_run();
	expect(30, 0, 0);
}

static void beyond_the_end_nothing_is_told_and_everything_is_held(void **state)
{
	(void)state;
	work("100");
	round_run();
	set_at("999-0");
	add("101", "150");
	settings.retention.max_age_msecs = 1000;
	round_run();
	expect(0, 0, 0);
	assert_int_equal(now()->lag, -1);
	assert_string_equal(keep.result.hold, "100-0");
	set_at("100-0");
	work("100");
	round_run();
	expect(0, 0, 0);
}

static void what_comes_back_and_what_died_keeps_the_balance(void **state)
{
	(void)state;
	take("3");
	round_run();
	/* As the scripts do it: dead, replayed, settled, and again. */
	(void)redis_fixture_command(server, "XACK", "ordermq", "points", "1-0",
				    NULL);
	(void)redis_fixture_command(server, "HINCRBY", BOOKS, "dead", "1",
				    NULL);
	round_run();
	expect(0, 0, 0);
	(void)redis_fixture_command(server, "HINCRBY", BOOKS, "replayed", "1",
				    NULL);
	(void)redis_fixture_command(server, "XADD", "{ordermq}:points:replay",
				    "*", "group", "points", NULL);
	round_run();
	expect(0, 0, 0);
	(void)redis_fixture_command(server, "DEL", "{ordermq}:points:replay",
				    NULL);
	(void)redis_fixture_command(server, "HINCRBY", BOOKS, "applied", "1",
				    NULL);
	round_run();
	expect(0, 0, 0);
	/* Deleted while it is pending: lost, once a consumer finds it. */
	(void)redis_fixture_command(server, "XDEL", "ordermq", "2-0", NULL);
	round_run();
	expect(0, 0, 0);
	(void)redis_fixture_command(server, "XACK", "ordermq", "points", "2-0",
				    NULL);
	(void)redis_fixture_command(server, "HINCRBY", BOOKS, "lost", "1",
				    NULL);
	round_run();
	expect(0, 0, 0);
}

static void an_account_begins_when_it_can_be_counted(void **state)
{
	(void)state;
	add("101", "1000");
	take("500");
	(void)redis_fixture_command(server, "DEL", START, NULL);
	round_run();
	assert_int_equal(redis_fixture_integer(server, "EXISTS", START, NULL),
			 0);
	settle();
	work("10000");
	take("1");
	round_run();
	assert_int_equal(field(START, "added"), 1000);
	assert_int_equal(field(START, "settled"), 1000);
	add("1001", "1010");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "6",
				    NULL);
	round_run();
	expect(4, 0, 0);
}

static void books_of_another_type_are_left_alone(void **state)
{
	(void)state;
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "60",
				    NULL);
	(void)redis_fixture_command(server, "SET", BOOKS, "hello", NULL);
	round_run();
	assert_int_equal(now()->dropped, 0);
	assert_int_equal(now()->lag, 60);
	(void)redis_fixture_command(server, "DEL", BOOKS, NULL);
	round_run();
	expect(40, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_removed_unread_is_dropped_once),
		TEST(what_redis_forgets_of_its_reading_is_no_loss),
		TEST(what_a_group_is_set_beyond_is_skipped),
		TEST(what_a_stranger_acknowledges_is_skipped),
		TEST(what_a_deleted_consumer_held_is_skipped),
		TEST(what_is_trimmed_behind_the_group_is_not_taken_for_the_skipped),
		TEST(both_kinds_at_once_are_told_apart_by_how_many_have_gone),
		TEST(a_group_that_is_set_back_moves_its_account),
		TEST(what_is_settled_on_another_history_moves_the_account),
		TEST(a_dropping_that_was_none_is_doubted),
		TEST(where_the_lag_is_not_certain_nothing_is_told_yet),
		TEST(beyond_the_end_nothing_is_told_and_everything_is_held),
		TEST(what_comes_back_and_what_died_keeps_the_balance),
		TEST(an_account_begins_when_it_can_be_counted),
		TEST(books_of_another_type_are_left_alone),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("books", tests, NULL, NULL);
}
