#include "config.h"

#include "tests/fixtures/order_trial.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ordermq-order --max-lag, with groups that read when the test does. */

static void make_group(struct trial *trial, const char *group)
{
	(void)redis_fixture_command(trial->redis, "XGROUP", "CREATE", "ordermq",
				    group, "0", "MKSTREAM", NULL);
}

/* Give the group so many entries. */
static void read_on(struct trial *trial, const char *group, const char *count)
{
	(void)redis_fixture_command(trial->redis, "XREADGROUP", "GROUP", group,
				    "reader", "COUNT", count, "STREAMS",
				    "ordermq", ">", NULL);
}

/* Of the first group by name; -1: unknown. */
static int64_t first_lag(struct trial *trial)
{
	const struct reply *groups = redis_fixture_command(
		trial->redis, "XINFO", "GROUPS", "ordermq", NULL);

	return reply_integer(reply_field(reply_at(groups, 0), "lag"), -1);
}

static void it_waits_for_the_slowest_group(void **state)
{
	struct trial *trial = *state;

	make_group(trial, "slow");
	make_group(trial, "swift");
	trial_start(trial, "--generate", "1000", "--max-lag", "100", NULL);
	trial_await_length(trial, 100);
	read_on(trial, "swift", "1000");
	program_await(&trial->program,
		      "group slow is 100 entries behind; waiting");
	assert_int_equal(trial_length(trial), 100);
	for (int64_t length = 100; length < 1000; length += 50) {
		read_on(trial, "slow", "50");
		trial_await_length(trial, length + 50);
		read_on(trial, "swift", "1000");
		assert_in_range(first_lag(trial), 50, 100);
	}
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 1000);
}

static void a_smaller_part_goes_when_there_is_room_for_it(void **state)
{
	struct trial *trial = *state;

	make_group(trial, "slow");
	trial_start(trial, "--generate", "3", "--max-lag", "1", NULL);
	for (int64_t length = 1; length < 3; length++) {
		trial_await_length(trial, length);
		assert_int_equal(first_lag(trial), 1);
		read_on(trial, "slow", "1");
	}
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 3);
}

static void a_group_that_is_ignored_holds_nobody_up(void **state)
{
	struct trial *trial = *state;

	make_group(trial, "old");
	trial_conf(trial,
		   "stream = { retention = { ignore = ( \"old\" ); }; };\n");
	trial_run(trial, 0, "", "--generate", "500", "--max-lag", "10", NULL);
	assert_int_equal(trial_length(trial), 500);
}

static void nobody_waits_without_groups(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 0, "", "--generate", "50", "--max-lag", "1", NULL);
	trial_run(trial, 0, "", "--generate", "50", "--max-lag", "7", "--once",
		  NULL);
	trial_run(trial, 0, "", "--generate", "50", "--max-lag", "7",
		  "--atomic", NULL);
	assert_int_equal(trial_length(trial), 150);
}

/* Delete an entry ahead of the group: Redis does not know its lag then. */
static void hide_lag(struct trial *trial)
{
	const struct reply *last;
	char id[64];

	trial_run(trial, 0, "", "--generate", "50", NULL);
	make_group(trial, "points");
	read_on(trial, "points", "10");
	last = redis_fixture_command(trial->redis, "XREVRANGE", "ordermq", "+",
				     "-", "COUNT", "1", NULL);
	(void)text_show(reply_text(reply_at(reply_at(last, 0), 0)), id,
			sizeof(id));
	trial_run(trial, 0, "", "--generate", "1", NULL);
	(void)redis_fixture_command(trial->redis, "XDEL", "ordermq", id, NULL);
	assert_int_equal(first_lag(trial), -1);
}

static void of_an_unknown_lag_the_most_is_taken(void **state)
{
	struct trial *trial = *state;

	hide_lag(trial);
	assert_int_equal(trial_length(trial), 50);
	trial_run(trial, 0, "", "--generate", "10", "--max-lag", "60", NULL);
	trial_start(trial, "--generate", "10", "--max-lag", "59", NULL);
	program_await(&trial->program,
		      "nobody knows how far group points is behind, 60 "
		      "entries at most; waiting");
	read_on(trial, "points", "20");
	assert_int_equal(first_lag(trial), -1);
	assert_int_equal(trial_length(trial), 60);
	read_on(trial, "points", "1000");
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 70);
}

static void redis_is_asked_now_and_then(void **state)
{
	struct trial *trial = *state;
	struct text info;
	const char *calls;

	trial_run(trial, 0, "", "--generate", "10000", "--max-lag", "5000",
		  NULL);
	info = reply_text(redis_fixture_command(trial->redis, "INFO",
						"commandstats", NULL));
	calls = strstr(info.data, "cmdstat_xinfo|groups:calls=");
	assert_non_null(calls);
	assert_in_range(strtol(strchr(calls, '=') + 1, NULL, 10), 2, 20);
}

static void a_signal_ends_the_waiting(void **state)
{
	struct trial *trial = *state;

	make_group(trial, "slow");
	trial_start(trial, "--generate", "1000", "--max-lag", "100", NULL);
	program_await(&trial->program, "waiting");
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	trial_assert_said(trial, "generator:100: published up to here\n"
				 "generator:101-150: 50 orders not sent\n");
	assert_int_equal(trial_length(trial), 100);
}

static void a_connection_lost_while_waiting_is_made_again(void **state)
{
	struct trial *trial = *state;

	make_group(trial, "slow");
	trial_start(trial, "--generate", "200", "--max-lag", "100", NULL);
	program_await(&trial->program, "waiting");
	(void)redis_fixture_command(trial->redis, "CLIENT", "KILL", "TYPE",
				    "normal", "SKIPME", "yes", NULL);
	program_await(&trial->program, "trying again");
	read_on(trial, "slow", "1000");
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 200);
}

static void a_refusal_is_final(void **state)
{
	struct trial *trial = *state;

	(void)redis_fixture_command(trial->redis, "ACL", "SETUSER", "default",
				    "-xinfo", NULL);
	trial_run(trial, 78, "", "--generate", "10", "--max-lag", "100", NULL);
	trial_assert_said(trial, "stream ordermq: XINFO GROUPS: NOPERM");
	trial_assert_said(trial, "generator:1-10: 10 orders not sent\n");
	(void)redis_fixture_command(trial->redis, "SET", "text", "x", NULL);
	trial_run(trial, 78, "", "--generate", "10", "--max-lag", "100",
		  "--stream", "text", NULL);
	trial_assert_said(trial, "stream text: XLEN: WRONGTYPE");
	assert_int_equal(trial_length(trial), 0);
}

static void wrong_usage_is_told(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 64, "", "--generate", "1", "--max-lag", "0", NULL);
	trial_assert_said(trial, "--max-lag: 0: a whole number from 1 to ");
	trial_run(trial, 64, "", "--generate", "1", "--max-lag", "5",
		  "--outbox", "/nonexistent", NULL);
	trial_assert_said(trial, "no --max-lag with --outbox");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, trial_setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_waits_for_the_slowest_group),
		TEST(a_smaller_part_goes_when_there_is_room_for_it),
		TEST(a_group_that_is_ignored_holds_nobody_up),
		TEST(nobody_waits_without_groups),
		TEST(of_an_unknown_lag_the_most_is_taken),
		TEST(redis_is_asked_now_and_then),
		TEST(a_signal_ends_the_waiting),
		TEST(a_connection_lost_while_waiting_is_made_again),
		TEST(a_refusal_is_final),
		TEST(wrong_usage_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
