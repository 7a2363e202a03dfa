#include "config.h"

#include "supervisor/keeper/redis_numbers.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "tests/fixtures/redis_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct redis_fixture *server;
static struct redis *redis;
static struct arena *arena;
static struct settings settings;
static struct redis_numbers numbers;
static struct err err;

static int open_all(void **state)
{
	struct settings_group *group = &settings.groups[0];

	(void)state;
	server = redis_fixture_start();
	redis_fixture_settings(server, &settings);
	settings.group_count = 1;
	memset(group, 0, sizeof(*group));
	(void)strcpy(settings.stream_key, "ordermq");
	(void)strcpy(group->name, "points");
	(void)strcpy(group->program, "points");
	arena = arena_open(65536);
	assert_non_null(arena);
	assert_int_equal(redis_open(&settings.redis, -1, &redis, &err), 0);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	redis_close(&redis);
	arena_close(&arena);
	redis_fixture_stop(&server);
	return 0;
}

static void read_numbers(void)
{
	assert_int_equal(redis_numbers_read(redis, arena, &settings,
					    &settings.groups[0], &numbers,
					    &err),
			 0);
}

static void make_group(void)
{
	(void)redis_fixture_command(server, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
}

static void add(const char *id)
{
	(void)redis_fixture_command(server, "XADD", "ordermq", id, "orderno",
				    "A", NULL);
}

static void take_one(void)
{
	(void)redis_fixture_command(server, "XREADGROUP", "GROUP", "points",
				    "c", "COUNT", "1", "STREAMS", "ordermq",
				    ">", NULL);
}

static void what_is_not_there_is_unknown(void **state)
{
	(void)state;
	read_numbers();
	assert_int_equal(numbers.lag, -1);
	assert_int_equal(numbers.lag_secs, -1);
	assert_int_equal(numbers.pending, -1);
	assert_int_equal(numbers.oldest_pending_secs, -1);
}

static void an_idle_group_has_no_lag(void **state)
{
	(void)state;
	make_group();
	read_numbers();
	assert_int_equal(numbers.lag, 0);
	assert_int_equal(numbers.lag_secs, 0);
	assert_int_equal(numbers.pending, 0);
	assert_int_equal(numbers.oldest_pending_secs, 0);
	assert_int_equal(numbers.handled, 0);
	assert_int_equal(numbers.dead, 0);
	assert_int_equal(numbers.letters, 0);
	assert_int_equal(numbers.letters_bytes, 0);
	assert_int_equal(numbers.oldest_letter_secs, 0);
}

static void lag_and_pending_have_an_age(void **state)
{
	(void)state;
	make_group();
	add("1500000000000-1");
	add("1714060800000-0");
	add("*");
	take_one();
	read_numbers();
	assert_int_equal(numbers.lag, 2);
	assert_int_equal(numbers.pending, 1);
	assert_true(numbers.lag_secs > 3600);
	assert_true(numbers.oldest_pending_secs > numbers.lag_secs);
}

static void an_entry_of_another_clock_has_no_age(void **state)
{
	static const char *const ids[] = {
		"1714060800-0",           /* seconds */
		"9999999999999-0",        /* the future */
		"1714060800000000-0",     /* microseconds */
		"18446744073709551000-0", /* beyond every number of ours */
	};

	(void)state;
	make_group();
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		add(ids[i]);
		read_numbers();
		assert_int_equal(numbers.lag, 1);
		assert_int_equal(numbers.lag_secs, -1);
		assert_int_equal(numbers.oldest_pending_secs, 0);
		take_one();
		read_numbers();
		assert_int_equal(numbers.lag, 0);
		assert_int_equal(numbers.lag_secs, 0);
		assert_int_equal(numbers.oldest_pending_secs, -1);
		(void)redis_fixture_command(server, "XACK", "ordermq", "points",
					    ids[i], NULL);
	}
}

static void an_entry_larger_than_any_reply_has_an_age(void **state)
{
	(void)state;
	make_group();
	(void)redis_fixture_command(
		server, "EVAL",
		"redis.call('XADD', KEYS[1], '1500000000000-1', "
		"'x', string.rep('x', 3000000))",
		"1", "ordermq", NULL);
	redis_close(&redis);
	settings.redis.max_reply_bytes = 1024 * 1024;
	assert_int_equal(redis_open(&settings.redis, -1, &redis, &err), 0);
	read_numbers();
	assert_int_equal(numbers.lag, 1);
	assert_true(numbers.lag_secs > 3600);
}

static void add_many(const char *count)
{
	(void)redis_fixture_command(
		server, "EVAL",
		"for n = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'f', "
		"'v') end",
		"1", "ordermq", count, NULL);
}

static void take(const char *count)
{
	(void)redis_fixture_command(server, "XREADGROUP", "GROUP", "points",
				    "c", "COUNT", count, "STREAMS", "ordermq",
				    ">", NULL);
}

/* What Redis itself says of it: the tests would be of no use if it were
   right. */
static int64_t lag_of_redis(void)
{
	const struct reply *groups = redis_fixture_command(
		server, "XINFO", "GROUPS", "ordermq", NULL);

	return reply_integer(reply_field(reply_at(groups, 0), "lag"), -1);
}

static void deleted_entries_are_no_lag(void **state)
{
	(void)state;
	add("1500000000000-1");
	add("1500000000000-2");
	add("1500000000000-3");
	make_group();
	take_one();
	(void)redis_fixture_command(server, "XDEL", "ordermq",
				    "1500000000000-2", NULL);
	assert_int_equal(lag_of_redis(), -1);
	read_numbers();
	assert_int_equal(numbers.lag, 1);
	assert_true(numbers.lag_secs > 3600);
	(void)redis_fixture_command(server, "XDEL", "ordermq",
				    "1500000000000-3", NULL);
	read_numbers();
	assert_int_equal(numbers.lag, 0);
	assert_int_equal(numbers.lag_secs, 0);
}

static void trimmed_entries_are_no_lag(void **state)
{
	(void)state;
	add_many("11");
	make_group();
	take("3");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "5",
				    NULL);
	read_numbers();
	assert_int_equal(numbers.lag, 5);
	take("1");
	read_numbers();
	assert_int_equal(numbers.lag, 4);
	take("4");
	read_numbers();
	assert_int_equal(numbers.lag, 0);
	assert_int_equal(numbers.lag_secs, 0);
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "0",
				    NULL);
	read_numbers();
	assert_int_equal(numbers.lag, 0);
}

static void a_group_that_was_set_is_counted_from_there(void **state)
{
	char id[64];
	const struct reply *entries;

	(void)state;
	add_many("11");
	make_group();
	take("11");
	entries = redis_fixture_command(server, "XRANGE", "ordermq", "-", "+",
					NULL);
	(void)snprintf(id, sizeof(id), "%s",
		       reply_text(reply_at(reply_at(entries, 3), 0)).data);
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", id, NULL);
	assert_int_equal(lag_of_redis(), -1);
	read_numbers();
	assert_int_equal(numbers.lag, 7);
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "9999999999999-0", NULL);
	/* What is added from now on it is not given. */
	read_numbers();
	assert_int_equal(numbers.lag, -1);
}

static void a_long_lag_is_the_one_of_redis_or_unknown(void **state)
{
	(void)state;
	make_group();
	add_many("1200");
	take("1");
	read_numbers();
	assert_int_equal(numbers.lag, 1199);
	/* Without an idea of its own it leaves more than we count. */
	(void)redis_fixture_command(
		server, "EVAL",
		"local e = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 3)"
		" redis.call('XDEL', KEYS[1], e[3][1])",
		"1", "ordermq", NULL);
	read_numbers();
	assert_int_equal(numbers.lag, -1);
	take("300");
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "0", NULL);
	read_numbers();
	assert_int_equal(numbers.lag, 1199);
}

static void every_book_counts_once(void **state)
{
	(void)state;
	make_group();
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:books",
				    "applied", "5", "duplicate", "2", "guest",
				    "1", "lost", "7", "rejected", "3", "dead",
				    "4", NULL);
	read_numbers();
	assert_int_equal(numbers.handled, 8);
	assert_int_equal(numbers.dead, 7);
}

static void dead_add(const char *group, const char *msecs)
{
	char id[32], index[64];

	(void)snprintf(id, sizeof(id), "%s-0", msecs);
	(void)snprintf(index, sizeof(index), "{ordermq}:%s:dead", group);
	(void)redis_fixture_command(server, "XADD", "{ordermq}:dead", id,
				    "group", group, "id", id, "fields", "0",
				    NULL);
	(void)redis_fixture_command(server, "ZADD", index, msecs, id, NULL);
}

static void dead_letters_are_those_of_the_group(void **state)
{
	int64_t all;

	(void)state;
	make_group();
	dead_add("push", "1000");
	dead_add("points", "1714060800000");
	dead_add("push", "1714060800001");
	dead_add("points", "1714060900000");
	read_numbers();
	all = redis_fixture_integer(server, "MEMORY", "USAGE", "{ordermq}:dead",
				    NULL);
	assert_int_equal(numbers.letters, 2);
	assert_int_equal(numbers.letters_bytes, all / 2);
	assert_in_range(numbers.oldest_letter_secs, 3600, 3600 * 24 * 365 * 50);
	assert_int_equal(numbers.dead, 0);
}

static void letters_that_were_trimmed_are_none(void **state)
{
	(void)state;
	make_group();
	dead_add("points", "1000");
	dead_add("points", "1714060800000");
	dead_add("push", "1714060800001");
	(void)redis_fixture_command(server, "XTRIM", "{ordermq}:dead", "MAXLEN",
				    "2", NULL);
	read_numbers();
	assert_int_equal(numbers.letters, 1);
	(void)redis_fixture_command(server, "XTRIM", "{ordermq}:dead", "MAXLEN",
				    "1", NULL);
	read_numbers();
	assert_int_equal(numbers.letters, 0);
	assert_int_equal(numbers.letters_bytes, 0);
}

static void what_redis_does_not_tell_of_letters_is_unknown(void **state)
{
	(void)state;
	make_group();
	dead_add("points", "1000");
	(void)redis_fixture_command(server, "ACL", "SETUSER", "default",
				    "-memory", NULL);
	read_numbers();
	assert_int_equal(numbers.letters, 1);
	assert_int_equal(numbers.letters_bytes, -1);
	(void)redis_fixture_command(server, "ACL", "SETUSER", "default",
				    "-zcard", NULL);
	read_numbers();
	assert_int_equal(numbers.dead, 0);
	assert_int_equal(numbers.letters, -1);
	assert_int_equal(numbers.oldest_letter_secs, -1);
}

static void a_program_without_group_has_no_numbers(void **state)
{
	(void)state;
	make_group();
	(void)strcpy(settings.groups[0].program, "xread");
	read_numbers();
	assert_int_equal(numbers.lag, -1);
	assert_int_equal(numbers.handled, -1);
}

static void a_server_that_goes_is_an_error(void **state)
{
	(void)state;
	redis_fixture_kill(server);
	assert_int_equal(redis_numbers_read(redis, arena, &settings,
					    &settings.groups[0], &numbers,
					    &err),
			 -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_there_is_unknown),
		TEST(an_idle_group_has_no_lag),
		TEST(lag_and_pending_have_an_age),
		TEST(an_entry_of_another_clock_has_no_age),
		TEST(an_entry_larger_than_any_reply_has_an_age),
		TEST(deleted_entries_are_no_lag),
		TEST(trimmed_entries_are_no_lag),
		TEST(a_group_that_was_set_is_counted_from_there),
		TEST(a_long_lag_is_the_one_of_redis_or_unknown),
		TEST(every_book_counts_once),
		TEST(dead_letters_are_those_of_the_group),
		TEST(letters_that_were_trimmed_are_none),
		TEST(what_redis_does_not_tell_of_letters_is_unknown),
		TEST(a_program_without_group_has_no_numbers),
		TEST(a_server_that_goes_is_an_error),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
