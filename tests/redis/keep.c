#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/keep_round.h"
#include "tests/fixtures/redis_fixture.h"

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
static struct keep_round keep;
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
	memset(&settings.retention, 0, sizeof(settings.retention));
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

static int64_t length(void)
{
	return redis_fixture_integer(server, "XLEN", "ordermq", NULL);
}

static int64_t first_entry(void)
{
	const struct reply *entries = redis_fixture_command(
		server, "XRANGE", "ordermq", "-", "+", "COUNT", "1", NULL);
	int64_t first = -1;

	(void)sscanf(reply_text(reply_at(reply_at(entries, 0), 0)).data,
		     "%" SCNd64, &first);
	return first;
}

/* Read so many entries and acknowledge them. */
static void work(const char *group, const char *count)
{
	(void)redis_fixture_command(
		server, "EVAL",
		"local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], 'c', "
		"'COUNT', ARGV[2], 'STREAMS', KEYS[1], '>') "
		"for _, entry in ipairs(read and read[1][2] or {}) do "
		"redis.call('XACK', KEYS[1], ARGV[1], entry[1]) end",
		"1", "ordermq", group, count, NULL);
}

static int64_t dropped(const char *group)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "{ordermq}:%s:books", group);
	return reply_integer(
		redis_fixture_command(server, "HGET", key, "dropped", NULL), 0);
}

static int64_t dropped_now(const char *group)
{
	for (size_t i = 0; i < keep.result.group_count; i++) {
		if (strcmp(keep.result.groups[i].name, group) == 0)
			return keep.result.groups[i].dropped;
	}
	return -1;
}

static int64_t silent(const char *group)
{
	for (size_t i = 0; i < keep.result.group_count; i++) {
		if (strcmp(keep.result.groups[i].name, group) == 0)
			return keep.result.groups[i].silent_msecs;
	}
	return -1;
}

/* Both groups are there, with so many old entries. */
static void make_both(const char *count)
{
	make("points");
	make("push");
	add("1", count);
	settings.retention.max_age_msecs = 1000;
}

static void what_all_have_settled_is_removed_by_age(void **state)
{
	(void)state;
	make_both("1000");
	work("points", "1000");
	work("push", "1000");
	run();
	/* Whole nodes, of a hundred; the last one has the last delivered. */
	assert_int_equal(length(), 100);
	assert_int_equal(keep.result.trimmed, 900);
	assert_string_equal(keep.result.hold, "1000-0");
	assert_int_equal(dropped("points"), 0);
	settings.retention.max_age_msecs = 0;
	run();
	assert_int_equal(length(), 100);
}

static void what_one_has_not_settled_is_kept(void **state)
{
	(void)state;
	make_both("1000");
	work("points", "1000");
	run();
	assert_int_equal(length(), 1000);
	assert_string_equal(keep.result.holder, "push");
	work("push", "340");
	take("push", "300"); /* pending from 341 on */
	run();
	assert_int_equal(first_entry(), 301);
	settle("push", "341-0");
	run();
	assert_int_equal(first_entry(), 301);
	assert_string_equal(keep.result.hold, "342-0");
	assert_int_equal(dropped("push"), 0);
}

static void a_group_of_somebody_else_holds_too_unless_it_is_named(void **state)
{
	(void)state;
	make_both("1000");
	make("audit");
	work("points", "1000");
	work("push", "1000");
	work("audit", "200");
	run();
	assert_int_equal(first_entry(), 101);
	assert_string_equal(keep.result.holder, "audit");
	settings.retention.ignore.count = 1;
	(void)strcpy(settings.retention.ignore.names[0], "audit");
	run();
	assert_int_equal(first_entry(), 901);
	/* It was said to be of no use: nobody counts for it. */
	run();
	assert_int_equal(redis_fixture_integer(server, "EXISTS",
					       "{ordermq}:audit:books", NULL),
			 0);
}

static void a_group_that_is_not_there_holds_where_it_will_begin(void **state)
{
	struct settings_group *push = &settings.groups[1];

	(void)state;
	make("points");
	add("1", "1000");
	settings.retention.max_age_msecs = 1000;
	work("points", "1000");
	run();
	assert_int_equal(length(), 1000);
	assert_string_equal(keep.result.holder, "push");
	(void)strcpy(push->start, "500-0");
	run();
	assert_int_equal(first_entry(), 401);
	(void)strcpy(push->start, "$");
	/* It was there before, and vanished. */
	(void)redis_fixture_command(server, "HSET", "{ordermq}:push:books",
				    "applied", "1", NULL);
	run();
	assert_int_equal(first_entry(), 401);
	(void)redis_fixture_command(server, "DEL", "{ordermq}:push:books",
				    NULL);
	run();
	assert_int_equal(first_entry(), 901);
}

static void a_stream_that_no_group_reads_is_left_alone(void **state)
{
	(void)state;
	settings.group_count = 0;
	settings.retention.max_age_msecs = 1000;
	add("1", "1000");
	run();
	assert_int_equal(length(), 1000);
}

static void what_was_deleted_while_pending_holds_nothing(void **state)
{
	(void)state;
	make_both("1000");
	work("push", "1000");
	take("points", "30");
	work("points", "1000");
	for (int i = 1; i <= 30; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%d-0", i);
		(void)redis_fixture_command(server, "XDEL", "ordermq", id,
					    NULL);
	}
	run();
	assert_int_equal(first_entry(), 901);
	/* But it is not done. */
	assert_string_equal(done_of("points"), "0-18446744073709551615");
}

static void a_group_that_was_set_back_holds_what_it_reads_again(void **state)
{
	(void)state;
	make_both("1000");
	work("push", "1000");
	work("points", "600");
	take("points", "50"); /* pending from 601 on */
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "250-0", NULL);
	run();
	assert_int_equal(first_entry(), 201);
	assert_string_equal(keep.result.hold, "250-0");
	assert_string_equal(done_of("points"), "250-0");
	/* Also when all that is looked at there was deleted. */
	(void)redis_fixture_command(
		server, "EVAL",
		"for n = 601, 630 do redis.call('XDEL', KEYS[1], n .. '-0') "
		"end",
		"1", "ordermq", NULL);
	run();
	assert_string_equal(keep.result.hold, "250-0");
	work("points", "1000");
	run();
	assert_int_equal(first_entry(), 901);
}

static void beyond_the_number_the_oldest_go_once_they_are_settled(void **state)
{
	(void)state;
	make_both("5000");
	settings.retention.max_age_msecs = 0;
	settings.retention.max_entries = 200;
	work("points", "5000");
	work("push", "1250");
	run();
	assert_int_equal(first_entry(), 1201);
	work("push", "5000");
	run();
	assert_int_equal(length(), 200);
	assert_int_equal(dropped("push"), 0);
	run();
	assert_int_equal(keep.result.trimmed, 0);
}

static void a_long_stream_is_removed_in_one_round(void **state)
{
	(void)state;
	make_both("60000");
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "60000-0", NULL);
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "push", "59000-0", NULL);
	run();
	assert_int_equal(first_entry(), 58901 + 0);
}

static void what_is_dropped_is_counted_once_for_each_group(void **state)
{
	(void)state;
	make_both("1000");
	work("points", "130");
	run(); /* now it is known what they have read */
	settings.retention.unread = SETTINGS_UNREAD_DROP;
	run();
	assert_int_equal(length(), 0);
	assert_int_equal(dropped("points"), 870);
	assert_int_equal(dropped("push"), 1000);
	assert_int_equal(dropped_now("points"), 870);
	run();
	assert_int_equal(dropped_now("points"), 0);
	assert_int_equal(dropped("points"), 870);
	assert_int_equal(figures_of(&keep.figures, "points")->numbers.dropped,
			 870);
	assert_int_equal(figures_of(&keep.figures, "points")->numbers.lag, 0);
	add("1001", "1010");
	work("points", "4");
	settings.retention.unread = SETTINGS_UNREAD_KEEP;
	run();
	assert_int_equal(figures_of(&keep.figures, "points")->numbers.lag, 6);
	assert_int_equal(dropped("points"), 870);
}

static void at_the_ceiling_everything_goes(void **state)
{
	(void)state;
	make_both("1000");
	work("points", "850");
	run();
	settings.retention.ceiling = 300;
	run();
	assert_int_equal(length(), 300);
	assert_int_equal(dropped("points"), 0);
	assert_int_equal(dropped("push"), 700);
	settings.retention.ceiling = 50;
	run();
	assert_int_equal(length(), 100);
	assert_int_equal(dropped("points"), 50);
	assert_int_equal(dropped("push"), 900);
}

/* As Redis counts. From Redis 8 on it leaves out what was trimmed when the
   group reads on, and then nobody can tell any more. */
static int64_t entries_read(const char *group)
{
	const struct reply *groups = redis_fixture_command(
		server, "XINFO", "GROUPS", "ordermq", NULL);

	for (size_t i = 0; i < reply_count(groups); i++) {
		const struct reply *info = reply_at(groups, i);

		if (text_is(reply_text(reply_field(info, "name")), group))
			return reply_integer(reply_field(info, "entries-read"),
					     -1);
	}
	return -1;
}

static void what_a_sender_trims_is_counted_at_the_latest_at_the_end(
	void **state)
{
	bool server_tells;

	(void)state;
	make_both("1000");
	settings.retention.max_age_msecs = 0;
	work("points", "50");
	work("push", "1");
	run();
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "600",
				    NULL);
	run();
	assert_int_equal(dropped_now("points"), 350);
	assert_int_equal(dropped_now("push"), 399);
	/* Between two rounds, and read on at once. */
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "300",
				    NULL);
	work("points", "100");
	server_tells = entries_read("points") < 800;
	run();
	assert_int_equal(dropped("push"), 699);
	assert_int_equal(dropped("points"), server_tells ? 650 : 350);
	if (!server_tells)
		return;
	/* So little that it does not show: then at the end. */
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "180",
				    NULL);
	work("points", "50");
	run();
	assert_int_equal(dropped("points"), 650);
	work("points", "200");
	run();
	assert_int_equal(dropped("points"), 670);
	/* One in the middle, and one that is the last. */
	add("1001", "1010");
	(void)redis_fixture_command(server, "XDEL", "ordermq", "1005-0",
				    "1010-0", NULL);
	run();
	assert_int_equal(dropped("points"), 672);
	work("points", "100");
	run();
	add("1011", "1012");
	work("points", "1");
	run();
	work("points", "1");
	run();
	assert_int_equal(dropped("points"), 672);
}

static void a_group_that_nobody_reads_is_silent(void **state)
{
	(void)state;
	make_both("10");
	run();
	assert_true(silent("points") > KEEP_ROUND_SILENT_MSECS);
	take("points", "1");
	run();
	assert_int_equal(silent("points"), 0);
	assert_true(silent("push") > KEEP_ROUND_SILENT_MSECS);
	assert_true(figures_of(&keep.figures, "push")->silent_secs > 3600);
	/* With nothing to read there is no need to. */
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "push", "10-0", NULL);
	run();
	assert_int_equal(silent("push"), 0);
}

static void a_full_redis_is_still_trimmed(void **state)
{
	(void)state;
	make_both("1000");
	work("points", "1000");
	work("push", "500");
	(void)redis_fixture_command(server, "CONFIG", "SET", "maxmemory", "1",
				    NULL);
	run();
	assert_int_equal(length(), 600);
	settings.retention.unread = SETTINGS_UNREAD_DROP;
	run();
	assert_int_equal(length(), 0);
	assert_int_equal(dropped("push"), 500);
}

static void a_dry_run_changes_nothing(void **state)
{
	(void)state;
	make_both("1000");
	work("points", "1000");
	work("push", "500");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "800",
				    NULL);
	settings.retention.ceiling = 10;
	assert_int_equal(keep_round_trim(&keep, redis, true, &err), 0);
	assert_int_equal(length(), 800);
	assert_int_equal(keep.result.length, 800);
	assert_int_equal(keep.result.trimmed, 0);
	assert_string_equal(keep.result.hold, "500-0");
	assert_string_equal(keep.result.holder, "push");
	assert_int_equal(redis_fixture_integer(server, "EXISTS",
					       "{ordermq}:points:done", NULL),
			 0);
}

static void a_server_that_goes_is_an_error_and_nothing_is_known(void **state)
{
	(void)state;
	make("points");
	run();
	assert_true(keep.figures.msecs >= 0);
	redis_fixture_kill(server);
	assert_int_equal(keep_round_run(&keep, redis, &err), -1);
	assert_int_equal(err.class, ERR_RETRY);
	assert_int_equal(keep.figures.msecs, -1);
}

static void a_key_of_another_type_is_told(void **state)
{
	(void)state;
	(void)redis_fixture_command(server, "SET", "ordermq", "x", NULL);
	assert_int_equal(keep_round_run(&keep, redis, &err), -1);
	assert_int_equal(err.class, ERR_FATAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_surely_done_is_noted),
		TEST(the_second_round_changes_nothing),
		TEST(what_it_found_is_of_every_group),
		TEST(what_all_have_settled_is_removed_by_age),
		TEST(what_one_has_not_settled_is_kept),
		TEST(a_group_of_somebody_else_holds_too_unless_it_is_named),
		TEST(a_group_that_is_not_there_holds_where_it_will_begin),
		TEST(a_stream_that_no_group_reads_is_left_alone),
		TEST(what_was_deleted_while_pending_holds_nothing),
		TEST(a_group_that_was_set_back_holds_what_it_reads_again),
		TEST(beyond_the_number_the_oldest_go_once_they_are_settled),
		TEST(a_long_stream_is_removed_in_one_round),
		TEST(what_is_dropped_is_counted_once_for_each_group),
		TEST(at_the_ceiling_everything_goes),
		TEST(what_a_sender_trims_is_counted_at_the_latest_at_the_end),
		TEST(a_group_that_nobody_reads_is_silent),
		TEST(a_full_redis_is_still_trimmed),
		TEST(a_dry_run_changes_nothing),
		TEST(a_server_that_goes_is_an_error_and_nothing_is_known),
		TEST(a_key_of_another_type_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
