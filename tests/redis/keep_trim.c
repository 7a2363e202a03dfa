/* What the rounds of the keeper remove from the stream, and what they leave.
   All else that they do is in keep.c. */

#include "config.h"

#include "tests/fixtures/keeper_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_all_have_settled_is_removed_by_age(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_work("points", "1000");
	keeper_work("push", "1000");
	keeper_run();
	/* Whole nodes, of a hundred; the last one has the last delivered. */
	assert_int_equal(keeper_length(), 100);
	assert_int_equal(keeper.result.trimmed, 900);
	assert_string_equal(keeper.result.hold, "1000-0");
	assert_int_equal(keeper_dropped("points"), 0);
	keeper_settings.retention.max_age_msecs = 0;
	keeper_run();
	assert_int_equal(keeper_length(), 100);
}

static void what_one_has_not_settled_is_kept(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_work("points", "1000");
	keeper_run();
	assert_int_equal(keeper_length(), 1000);
	assert_string_equal(keeper.result.holder, "push");
	keeper_work("push", "340");
	keeper_take("push", "300"); /* pending from 341 on */
	keeper_run();
	assert_int_equal(keeper_first_entry(), 301);
	keeper_settle("push", "341-0");
	keeper_run();
	assert_int_equal(keeper_first_entry(), 301);
	assert_string_equal(keeper.result.hold, "342-0");
	assert_int_equal(keeper_dropped("push"), 0);
}

static void a_group_of_somebody_else_holds_too_unless_it_is_named(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_make("audit");
	keeper_work("points", "1000");
	keeper_work("push", "1000");
	keeper_work("audit", "200");
	keeper_run();
	assert_int_equal(keeper_first_entry(), 101);
	assert_string_equal(keeper.result.holder, "audit");
	keeper_settings.retention.ignore.count = 1;
	(void)strcpy(keeper_settings.retention.ignore.names[0], "audit");
	keeper_run();
	assert_int_equal(keeper_first_entry(), 901);
	/* It was said to be of no use: nobody counts for it. */
	keeper_run();
	assert_int_equal(redis_fixture_integer(keeper_server, "HEXISTS",
					       "{ordermq}:audit:books",
					       "dropped", NULL),
			 0);
}

static void a_group_that_is_not_there_holds_where_it_will_begin(void **state)
{
	struct settings_group *push = &keeper_settings.groups[1];

	(void)state;
	keeper_make("points");
	keeper_add("1", "1000");
	keeper_settings.retention.max_age_msecs = 1000;
	keeper_work("points", "1000");
	keeper_run();
	assert_int_equal(keeper_length(), 1000);
	assert_string_equal(keeper.result.holder, "push");
	(void)strcpy(push->start, "500-0");
	keeper_run();
	assert_int_equal(keeper_first_entry(), 401);
	(void)strcpy(push->start, "$");
	/* It was there before, and vanished. */
	(void)redis_fixture_command(keeper_server, "HSET",
				    "{ordermq}:push:books", "applied", "1",
				    NULL);
	keeper_run();
	assert_int_equal(keeper_first_entry(), 401);
	(void)redis_fixture_command(keeper_server, "DEL",
				    "{ordermq}:push:books", NULL);
	keeper_run();
	assert_int_equal(keeper_first_entry(), 901);
}

static void a_stream_that_no_group_reads_is_left_alone(void **state)
{
	(void)state;
	keeper_settings.group_count = 0;
	keeper_settings.retention.max_age_msecs = 1000;
	keeper_add("1", "1000");
	keeper_run();
	assert_int_equal(keeper_length(), 1000);
}

static void what_was_deleted_while_pending_holds_nothing(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_work("push", "1000");
	keeper_take("points", "30");
	keeper_work("points", "1000");
	for (int i = 1; i <= 30; i++) {
		char id[16];

		(void)snprintf(id, sizeof(id), "%d-0", i);
		(void)redis_fixture_command(keeper_server, "XDEL", "ordermq",
					    id, NULL);
	}
	keeper_run();
	assert_int_equal(keeper_first_entry(), 901);
	/* But it is not done. */
	assert_string_equal(keeper_done("points"), "0-18446744073709551615");
}

static void a_group_that_was_set_back_holds_what_it_reads_again(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_work("push", "1000");
	keeper_work("points", "600");
	keeper_take("points", "50"); /* pending from 601 on */
	(void)redis_fixture_command(keeper_server, "XGROUP", "SETID", "ordermq",
				    "points", "250-0", NULL);
	keeper_run();
	assert_int_equal(keeper_first_entry(), 201);
	assert_string_equal(keeper.result.hold, "250-0");
	assert_string_equal(keeper_done("points"), "250-0");
	/* Also when all that is looked at there was deleted. */
	(void)redis_fixture_command(
		keeper_server, "EVAL",
		"for n = 601, 630 do redis.call('XDEL', KEYS[1], n .. '-0') "
		"end",
		"1", "ordermq", NULL);
	keeper_run();
	assert_string_equal(keeper.result.hold, "250-0");
	keeper_work("points", "1000");
	keeper_run();
	assert_int_equal(keeper_first_entry(), 901);
}

static void beyond_the_number_the_oldest_go_once_they_are_settled(void **state)
{
	(void)state;
	keeper_make_both("5000");
	keeper_settings.retention.max_age_msecs = 0;
	keeper_settings.retention.max_entries = 200;
	keeper_work("points", "5000");
	keeper_work("push", "1250");
	keeper_run();
	assert_int_equal(keeper_first_entry(), 1201);
	keeper_work("push", "5000");
	keeper_run();
	assert_int_equal(keeper_length(), 200);
	assert_int_equal(keeper_dropped("push"), 0);
	keeper_run();
	assert_int_equal(keeper.result.trimmed, 0);
}

static void a_long_stream_is_removed_in_one_round(void **state)
{
	(void)state;
	keeper_make_both("60000");
	(void)redis_fixture_command(keeper_server, "XGROUP", "SETID", "ordermq",
				    "points", "60000-0", NULL);
	(void)redis_fixture_command(keeper_server, "XGROUP", "SETID", "ordermq",
				    "push", "59000-0", NULL);
	keeper_run();
	assert_int_equal(keeper_first_entry(), 58901 + 0);
}

static void what_is_dropped_is_counted_once_for_each_group(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_run(); /* their accounts begin */
	keeper_work("points", "130");
	keeper_settings.retention.unread = SETTINGS_UNREAD_DROP;
	keeper_run();
	assert_int_equal(keeper_length(), 0);
	assert_int_equal(keeper_dropped("points"), 870);
	assert_int_equal(keeper_dropped("push"), 1000);
	assert_int_equal(keeper_dropped_now("points"), 870);
	keeper_run();
	assert_int_equal(keeper_dropped_now("points"), 0);
	assert_int_equal(keeper_dropped("points"), 870);
	assert_int_equal(figures_of(&keeper.figures, "points")->numbers.dropped,
			 870);
	assert_int_equal(figures_of(&keeper.figures, "points")->numbers.lag, 0);
	keeper_add("1001", "1010");
	keeper_work("points", "4");
	keeper_settings.retention.unread = SETTINGS_UNREAD_KEEP;
	keeper_run();
	assert_int_equal(figures_of(&keeper.figures, "points")->numbers.lag, 6);
	assert_int_equal(keeper_dropped("points"), 870);
}

static void at_the_ceiling_everything_goes(void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_run();
	keeper_work("points", "850");
	keeper_settings.retention.ceiling = 300;
	keeper_run();
	assert_int_equal(keeper_length(), 300);
	assert_int_equal(keeper_dropped("points"), 0);
	assert_int_equal(keeper_dropped("push"), 700);
	keeper_settings.retention.ceiling = 50;
	keeper_run();
	assert_int_equal(keeper_length(), 100);
	assert_int_equal(keeper_dropped("points"), 50);
	assert_int_equal(keeper_dropped("push"), 900);
}

static void what_a_sender_trims_is_counted_at_the_latest_at_the_end(
	void **state)
{
	(void)state;
	keeper_make_both("1000");
	keeper_settings.retention.max_age_msecs = 0;
	keeper_run();
	keeper_work("points", "50");
	keeper_work("push", "1");
	(void)redis_fixture_command(keeper_server, "XTRIM", "ordermq", "MAXLEN",
				    "600", NULL);
	keeper_run();
	assert_int_equal(keeper_dropped_now("points"), 350);
	assert_int_equal(keeper_dropped_now("push"), 399);
	/* Between two rounds, and read on at once. Whether what is left can be
	   counted depends on the server. */
	(void)redis_fixture_command(keeper_server, "XTRIM", "ordermq", "MAXLEN",
				    "300", NULL);
	keeper_work("points", "100");
	keeper_run();
	assert_int_equal(keeper_dropped("push"), 699);
	(void)redis_fixture_command(keeper_server, "XTRIM", "ordermq", "MAXLEN",
				    "180", NULL);
	keeper_work("points", "250");
	keeper_run();
	assert_int_equal(keeper_dropped("points"), 670);
	/* One in the middle, and one that is the last. */
	keeper_add("1001", "1010");
	(void)redis_fixture_command(keeper_server, "XDEL", "ordermq", "1005-0",
				    "1010-0", NULL);
	keeper_run();
	assert_int_equal(keeper_dropped("points"), 672);
	keeper_work("points", "100");
	keeper_run();
	keeper_add("1011", "1012");
	keeper_work("points", "1");
	keeper_run();
	keeper_work("points", "1");
	keeper_run();
	assert_int_equal(keeper_dropped("points"), 672);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, keeper_open, keeper_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("keep_trim", tests, NULL, NULL);
}
