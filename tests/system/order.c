#include "config.h"

#include "lib/base/clock.h"
#include "tests/fixtures/order_trial.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void one_order_prints_its_entry_id(void **state)
{
	struct trial *trial = *state;
	const struct reply *entries;
	char line[128];

	trial_run(trial, 0, "", "orderno=A-1", "userid=u1", "amount=100",
		  "note=a=b", NULL);
	trial_assert_entry(trial, 0,
			   "orderno|A-1|userid|u1|amount|100|note|a=b");
	entries = redis_fixture_command(trial->redis, "XRANGE", "ordermq", "-",
					"+", NULL);
	(void)snprintf(line, sizeof(line), "%s\n",
		       reply_text(reply_at(reply_at(entries, 0), 0)).data);
	assert_string_equal(trial->program.out, line);
	trial_assert_said(trial, "published 1, rejected 0");
}

static void quiet_says_nothing_when_all_is_well(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 0, "orderno\n1\n", "-q", "--csv", "-", NULL);
	assert_string_equal(trial->program.err, "");
	trial_run(trial, 65, "orderno\na:b\n", "-q", "--csv", "-", NULL);
	trial_assert_said(trial, "stdin:2: orderno 'a:b' has a colon\n");
	trial_assert_said(trial, "published 0, rejected 1");
}

static void values_arrive_byte_for_byte(void **state)
{
	struct trial *trial = *state;

	trial_run(
		trial, 0,
		"orderno,note\nA-1,\"\xff\x01 \"\"q\"\", \r\n\xe2\x82\xac\"\n",
		"--csv", "-", NULL);
	trial_assert_entry(
		trial, 0,
		"orderno|A-1|note|\\xff\\x01 \"q\", \\x0d\\x0a\\xe2\\x82"
		"\\xac");
	trial_run(trial, 0,
		  "{\"orderno\":\"A-2\",\"note\":\"\\u0000\\u20ac\"}\n",
		  "--jsonl", "-", NULL);
	trial_assert_entry(trial, 1, "orderno|A-2|note|\\x00\\xe2\\x82\\xac");
}

static void bad_lines_are_named_and_the_rest_is_published(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 65,
		  "orderno,amount,note\n"
		  "A-1,5,\n"
		  ",5,no number\n"
		  "A-3,-5,\"over two\nlines\"\n"
		  "A-4,5\n"
		  "A-5,5,\n",
		  "--csv", "-", NULL);
	assert_int_equal(trial_length(trial), 2);
	trial_assert_entry(trial, 0, "orderno|A-1|amount|5");
	trial_assert_entry(trial, 1, "orderno|A-5|amount|5");
	trial_assert_said(trial, "stdin:3: no orderno\n");
	trial_assert_said(trial, "stdin:4: amount '-5' is no whole number");
	trial_assert_said(trial, "stdin:6: 2 instead of 3 cells\n");
	trial_assert_said(trial, "published 2, rejected 3");
}

static void nothing_is_published_on_wrong_usage(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 64, "", NULL);
	trial_run(trial, 64, "", "orderno", NULL);
	trial_run(trial, 64, "", "--csv", "-", "orderno=1", NULL);
	trial_run(trial, 64, "", "--csv", "-", "--generate", "5", NULL);
	trial_run(trial, 64, "", "--rate", "0", "orderno=1", NULL);
	trial_run(trial, 64, "", "--timeout", "106751991167d", "orderno=1",
		  NULL);
	trial_run(trial, 64, "", "--redis", "redis://:secret@host", "orderno=1",
		  NULL);
	assert_null(strstr(trial->program.err, "secret"));
	trial_run(trial, 65, "", "orderno=1", "orderno=1", NULL);
	trial_run(trial, 65, "", "--csv", "/nonexistent", NULL);
	trial_run(trial, 65, "a,a\n1,2\n", "--csv", "-", NULL);
	trial_run(trial, 69, "", "--redis", "unix:///nonexistent", "orderno=1",
		  NULL);
	trial_run(trial, 78, "", "-c", "/nonexistent", "orderno=1", NULL);
	assert_int_equal(trial_length(trial), 0);
}

static void help_and_version_are_printed(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 0, "", "--help", NULL);
	assert_non_null(strstr(trial->program.out, "--atomic"));
	trial_run(trial, 0, "", "-V", NULL);
	assert_string_equal(trial->program.out,
			    "ordermq-order " PACKAGE_VERSION "\n");
}

static void mapped_fields_are_checked(void **state)
{
	struct trial *trial = *state;

	trial_conf(trial,
		   "stream = { key = \"shop\"; };\n"
		   "fields = { orderno = \"order_id\"; amount = { product = "
		   "(\"price\", \"quantity\"); scale = 100; }; };\n");
	trial_run(trial, 65, "order_id,price,quantity\n1,6.99,2\n2,6.999,1\n",
		  "--csv", "-", NULL);
	trial_assert_said(trial,
			  "stdin:3: amount is too large, or has more places");
	assert_int_equal(trial_stream_length(trial, "shop"), 1);
	trial_run(trial, 0, "", "--stream", "other", "order_id=1", NULL);
	assert_int_equal(trial_stream_length(trial, "other"), 1);
}

static void slow_input_is_published_as_it_comes(void **state)
{
	struct trial *trial = *state;
	static const char line[] = "{\"orderno\":\"A-1\"}\n";

	trial_start(trial, "--jsonl", "-", NULL);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(
			write(trial->program.input, line, strlen(line)),
			strlen(line));
		trial_await_length(trial, i);
	}
	trial_finish(trial, 0);
}

static void a_signal_ends_it_in_good_order(void **state)
{
	struct trial *trial = *state;
	static const char line[] = "{\"orderno\":\"A-1\"}\n{\"orderno\":\"A";

	trial_start(trial, "--jsonl", "-", NULL);
	assert_int_equal(write(trial->program.input, line, strlen(line)),
			 strlen(line));
	trial_await_length(trial, 1);
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	trial_assert_said(trial, "stdin:1: published up to here\n");
	trial_assert_said(trial, "published 1, rejected 0");

	trial_start(trial, "--generate", "100000000", "--rate", "1000", NULL);
	trial_await_length(trial, 100);
	kill(trial->program.pid, SIGINT);
	trial_finish(trial, 130);
	assert_null(strstr(trial->program.err, "doubt"));
}

static void a_rate_is_kept(void **state)
{
	struct trial *trial = *state;
	int64_t begun = clock_msecs();

	trial_run(trial, 0, "", "--generate", "101", "--rate", "250", NULL);
	assert_in_range(clock_msecs() - begun, 399, 10000);
	assert_int_equal(trial_length(trial), 101);
}

static void a_batch_can_be_atomic(void **state)
{
	struct trial *trial = *state;
	struct text stats;

	trial_run(trial, 0, "", "--generate", "250", "--atomic", "--batch",
		  "100", NULL);
	assert_int_equal(trial_length(trial), 250);
	stats = reply_text(redis_fixture_command(trial->redis, "INFO",
						 "commandstats", NULL));
	assert_non_null(strstr(stats.data, "cmdstat_exec:calls=3,"));
}

static void a_file_of_real_orders_is_read_wholly(void **state)
{
	struct trial *trial = *state;

	if (access(ORDERS_FILE, R_OK) < 0) {
		printf("# without %s\n", ORDERS_FILE);
		return;
	}
	trial_run(trial, 0, "", "--csv", ORDERS_FILE, NULL);
	trial_assert_said(trial, "published 10783, rejected 0");
	assert_int_equal(trial_length(trial), 10783);
	trial_assert_entry(trial, 0,
			   "orderno|536365|userid|17850|type|paid|amount|13912|"
			   "country|United Kingdom|ts|2010-12-01T08:26:00");
}

/* The second pause finds nothing to send, twice over. */
static void pauses_behind_a_full_window_lose_nothing(void **state)
{
	struct trial *trial = *state;

	trial_shell(
		trial,
		"(printf '{\"orderno\":\"A-1\"}\\n{\"orderno\":\"A-2\"}\\n'; "
		"sleep 0.3; echo; sleep 0.3; "
		"printf '{\"orderno\":\"A-3\"}\\n') |",
		0, "--batch 2 --jsonl -");
	assert_int_equal(trial_length(trial), 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, trial_setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_order_prints_its_entry_id),
		TEST(quiet_says_nothing_when_all_is_well),
		TEST(values_arrive_byte_for_byte),
		TEST(bad_lines_are_named_and_the_rest_is_published),
		TEST(nothing_is_published_on_wrong_usage),
		TEST(help_and_version_are_printed),
		TEST(mapped_fields_are_checked),
		TEST(slow_input_is_published_as_it_comes),
		TEST(a_signal_ends_it_in_good_order),
		TEST(a_rate_is_kept),
		TEST(a_batch_can_be_atomic),
		TEST(a_file_of_real_orders_is_read_wholly),
		TEST(pauses_behind_a_full_window_lose_nothing),
	};

	if (redis_fixture_skip_all())
		return 0;
	/* A program may end before it has read its input. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
