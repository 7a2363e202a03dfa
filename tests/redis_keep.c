#include "config.h"

#include "lib/arena.h"
#include "lib/err.h"
#include "lib/redis.h"
#include "lib/settings.h"
#include "supervisor/keep.h"
#include "tests/redis_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The rounds of the keeper, on a stream of short ids: 1-0, 2-0, ... */

static struct redis_fixture *server;
static struct redis *redis;
static struct settings settings;
static struct keep keep;
static struct err err;

static void group_configure(const char *name, const char *program)
{
	struct settings_group *group = &settings.groups[settings.group_count++];

	(void)strcpy(group->name, name);
	(void)strcpy(group->program, program);
	(void)strcpy(group->start, "0");
}

static int open_all(void **state)
{
	(void)state;
	server = redis_fixture_start();
	redis_fixture_settings(server, &settings);
	memset(settings.groups, 0, sizeof(settings.groups));
	settings.group_count = 0;
	group_configure("points", "points");
	group_configure("push", "push");
	group_configure("xread", "xread");
	memset(&keep, 0, sizeof(keep));
	keep.settings = &settings;
	keep.arena = arena_open(65536);
	assert_non_null(keep.arena);
	assert_int_equal(redis_open(&settings.redis, -1, &redis, &err), 0);
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

static void run(void)
{
	if (keep_round(&keep, redis, &err) < 0)
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

static void make(const char *group)
{
	(void)redis_fixture_command(server, "XGROUP", "CREATE", "ordermq",
				    group, "0", "MKSTREAM", NULL);
}

static void take(const char *group, const char *count)
{
	(void)redis_fixture_command(server, "XREADGROUP", "GROUP", group, "c",
				    "COUNT", count, "STREAMS", "ordermq", ">",
				    NULL);
}

static void settle(const char *group, const char *id)
{
	assert_int_equal(redis_fixture_integer(server, "XACK", "ordermq", group,
					       id, NULL),
			 1);
}

static const char *done_of(const char *group)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "{ordermq}:%s:done", group);
	return reply_text(redis_fixture_command(server, "GET", key, NULL)).data;
}

static void what_is_surely_done_is_noted(void **state)
{
	(void)state;
	run(); /* there is no stream yet */
	make("points");
	make("other");
	add("1", "9");
	run();
	assert_string_equal(done_of("points"), "0-0");
	take("points", "3");
	run();
	assert_string_equal(done_of("points"), "0-18446744073709551615");
	settle("points", "2-0");
	run();
	assert_string_equal(done_of("points"), "0-18446744073709551615");
	settle("points", "1-0");
	run();
	assert_string_equal(done_of("points"), "2-18446744073709551615");
	settle("points", "3-0");
	run();
	assert_string_equal(done_of("points"), "3-0");
	(void)redis_fixture_command(server, "XADD", "ordermq", "9-7", "f", "v",
				    NULL);
	take("points", "100");
	(void)redis_fixture_command(server, "XACK", "ordermq", "points", "4-0",
				    "5-0", "6-0", "7-0", "8-0", "9-0", NULL);
	run();
	assert_string_equal(done_of("points"), "9-6");
	/* Whoever is configured elsewhere is noted there. */
	assert_int_equal(redis_fixture_integer(server, "EXISTS",
					       "{ordermq}:other:done", NULL),
			 0);
	/* A group that is gone leaves its note. */
	(void)redis_fixture_command(server, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	run();
	assert_string_equal(done_of("points"), "9-6");
}

static void the_second_round_changes_nothing(void **state)
{
	char before[32];

	(void)state;
	make("points");
	make("push");
	add("1", "200");
	take("points", "50");
	run();
	(void)redis_fixture_command(server, "CONFIG", "SET", "save", "", NULL);
	(void)snprintf(
		before, sizeof(before), "%s",
		strstr(reply_text(redis_fixture_command(server, "INFO",
							"persistence", NULL))
			       .data,
		       "rdb_changes_since_last_save"));
	run();
	run();
	assert_memory_equal(
		before,
		strstr(reply_text(redis_fixture_command(server, "INFO",
							"persistence", NULL))
			       .data,
		       "rdb_changes_since_last_save"),
		strlen(before));
}

static void what_it_found_is_of_every_group(void **state)
{
	const struct figures_group *found;

	(void)state;
	make("points");
	add("1", "9");
	take("points", "4");
	run();
	assert_int_equal(keep.figures.count, 3);
	found = figures_of(&keep.figures, "points");
	assert_int_equal(found->numbers.lag, 5);
	assert_int_equal(found->numbers.pending, 4);
	assert_true(found->numbers.lag_secs > 3600);
	found = figures_of(&keep.figures, "push");
	assert_int_equal(found->numbers.lag, -1);
	found = figures_of(&keep.figures, "xread");
	assert_int_equal(found->numbers.lag, -1);
	assert_null(figures_of(&keep.figures, "other"));
}

static void a_server_that_goes_is_an_error_and_nothing_is_known(void **state)
{
	(void)state;
	make("points");
	run();
	assert_true(keep.figures.msecs >= 0);
	redis_fixture_kill(server);
	assert_int_equal(keep_round(&keep, redis, &err), -1);
	assert_int_equal(err.class, ERR_RETRY);
	assert_int_equal(keep.figures.msecs, -1);
}

static void a_key_of_another_type_is_told(void **state)
{
	(void)state;
	(void)redis_fixture_command(server, "SET", "ordermq", "x", NULL);
	assert_int_equal(keep_round(&keep, redis, &err), -1);
	assert_int_equal(err.class, ERR_FATAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_surely_done_is_noted),
		TEST(the_second_round_changes_nothing),
		TEST(what_it_found_is_of_every_group),
		TEST(a_server_that_goes_is_an_error_and_nothing_is_known),
		TEST(a_key_of_another_type_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
