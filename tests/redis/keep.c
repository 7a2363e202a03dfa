/* The rounds of the keeper, but for what they remove: see keep_trim.c. */

#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/keep_round.h"
#include "tests/fixtures/keeper_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_is_surely_done_is_noted(void **state)
{
	(void)state;
	keeper_run(); /* there is no stream yet */
	keeper_make("points");
	keeper_make("other");
	keeper_add("1", "9");
	keeper_run();
	assert_string_equal(keeper_done("points"), "0-0");
	keeper_take("points", "3");
	keeper_run();
	assert_string_equal(keeper_done("points"), "0-18446744073709551615");
	keeper_settle("points", "2-0");
	keeper_run();
	assert_string_equal(keeper_done("points"), "0-18446744073709551615");
	keeper_settle("points", "1-0");
	keeper_run();
	assert_string_equal(keeper_done("points"), "2-18446744073709551615");
	keeper_settle("points", "3-0");
	keeper_run();
	assert_string_equal(keeper_done("points"), "3-0");
	(void)redis_fixture_command(keeper_server, "XADD", "ordermq", "9-7",
				    "f", "v", NULL);
	keeper_take("points", "100");
	(void)redis_fixture_command(keeper_server, "XACK", "ordermq", "points",
				    "4-0", "5-0", "6-0", "7-0", "8-0", "9-0",
				    NULL);
	keeper_run();
	assert_string_equal(keeper_done("points"), "9-6");
	/* Whoever is configured elsewhere is noted there. */
	assert_int_equal(redis_fixture_integer(keeper_server, "EXISTS",
					       "{ordermq}:other:done", NULL),
			 0);
	/* A group that is gone leaves its note. */
	(void)redis_fixture_command(keeper_server, "XGROUP", "DESTROY",
				    "ordermq", "points", NULL);
	keeper_run();
	assert_string_equal(keeper_done("points"), "9-6");
}

static void the_second_round_changes_nothing(void **state)
{
	char before[32];

	(void)state;
	keeper_make("points");
	keeper_make("push");
	keeper_add("1", "200");
	keeper_take("points", "50");
	keeper_run();
	(void)redis_fixture_command(keeper_server, "CONFIG", "SET", "save", "",
				    NULL);
	(void)snprintf(
		before, sizeof(before), "%s",
		strstr(reply_text(redis_fixture_command(keeper_server, "INFO",
							"persistence", NULL))
			       .data,
		       "rdb_changes_since_last_save"));
	keeper_run();
	keeper_run();
	assert_memory_equal(
		before,
		strstr(reply_text(redis_fixture_command(keeper_server, "INFO",
							"persistence", NULL))
			       .data,
		       "rdb_changes_since_last_save"),
		strlen(before));
}

static void what_it_found_is_of_every_group(void **state)
{
	const struct figures_group *found;

	(void)state;
	keeper_make("points");
	keeper_add("1", "9");
	keeper_take("points", "4");
	keeper_run();
	assert_int_equal(keeper.figures.count, 3);
	found = figures_of(&keeper.figures, "points");
	assert_int_equal(found->numbers.lag, 5);
	assert_int_equal(found->numbers.pending, 4);
	/* Ids of another clock have no age. */
	assert_int_equal(found->numbers.lag_secs, -1);
	found = figures_of(&keeper.figures, "push");
	assert_int_equal(found->numbers.lag, -1);
	found = figures_of(&keeper.figures, "xread");
	assert_int_equal(found->numbers.lag, -1);
	assert_null(figures_of(&keeper.figures, "other"));
}

static int64_t silent(const char *group)
{
	for (size_t i = 0; i < keeper.result.group_count; i++) {
		if (strcmp(keeper.result.groups[i].name, group) == 0)
			return keeper.result.groups[i].silent_msecs;
	}
	return -1;
}

static void a_group_that_nobody_reads_is_silent(void **state)
{
	(void)state;
	keeper_make_both("10");
	keeper_run();
	assert_true(silent("points") > KEEP_ROUND_SILENT_MSECS);
	keeper_take("points", "1");
	keeper_run();
	assert_int_equal(silent("points"), 0);
	assert_true(silent("push") > KEEP_ROUND_SILENT_MSECS);
	assert_true(figures_of(&keeper.figures, "push")->silent_secs > 3600);
	/* With nothing to read there is no need to. */
	(void)redis_fixture_command(keeper_server, "XGROUP", "SETID", "ordermq",
				    "push", "10-0", NULL);
	keeper_run();
	assert_int_equal(silent("push"), 0);
}

static void a_full_redis_is_still_trimmed(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_settings.retention.max_age_msecs = 0;
	keeper_run(); /* their accounts begin */
	keeper_settings.retention.max_age_msecs = 1000;
	keeper_work("points", "1000");
	keeper_work("push", "500");
	(void)redis_fixture_command(keeper_server, "CONFIG", "SET", "maxmemory",
				    "1", NULL);
	keeper_run();
	assert_int_equal(keeper_length(), 600);
	keeper_settings.retention.unread = SETTINGS_UNREAD_DROP;
	keeper_run();
	assert_int_equal(keeper_length(), 0);
	assert_int_equal(keeper_dropped("push"), 500);
}

static void a_dry_run_changes_nothing(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_work("points", "1000");
	keeper_work("push", "500");
	(void)redis_fixture_command(keeper_server, "XTRIM", "ordermq", "MAXLEN",
				    "800", NULL);
	keeper_settings.retention.ceiling = 10;
	assert_int_equal(
		keep_round_trim(&keeper, keeper_redis, true, &keeper_err), 0);
	assert_int_equal(keeper_length(), 800);
	assert_int_equal(keeper.result.length, 800);
	assert_int_equal(keeper.result.trimmed, 0);
	assert_string_equal(keeper.result.hold, "500-0");
	assert_string_equal(keeper.result.holder, "push");
	assert_int_equal(redis_fixture_integer(keeper_server, "EXISTS",
					       "{ordermq}:points:done", NULL),
			 0);
}

static void a_server_that_goes_is_an_error_and_nothing_is_known(void **state)
{
	(void)state;
	keeper_make("points");
	keeper_run();
	assert_true(keeper.figures.msecs >= 0);
	redis_fixture_kill(keeper_server);
	assert_int_equal(keep_round_run(&keeper, keeper_redis, &keeper_err),
			 -1);
	assert_int_equal(keeper_err.class, ERR_RETRY);
	assert_int_equal(keeper.figures.msecs, -1);
}

static void a_key_of_another_type_is_told(void **state)
{
	(void)state;
	(void)redis_fixture_command(keeper_server, "SET", "ordermq", "x", NULL);
	assert_int_equal(keep_round_run(&keeper, keeper_redis, &keeper_err),
			 -1);
	assert_int_equal(keeper_err.class, ERR_FATAL);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, keeper_open, keeper_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_surely_done_is_noted),
		TEST(the_second_round_changes_nothing),
		TEST(what_it_found_is_of_every_group),
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
