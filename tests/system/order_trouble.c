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

static void a_key_of_the_wrong_type_is_final(void **state)
{
	struct trial *trial = *state;

	(void)redis_fixture_command(trial->redis, "SET", "ordermq", "x", NULL);
	trial_run(trial, 78, "", "--generate", "10", NULL);
	trial_assert_said(trial, "stream ordermq: XADD: WRONGTYPE");
	trial_assert_said(trial, "generator:1-10: 10 orders not published\n");
	trial_run(trial, 78, "", "--generate", "10", "--atomic", NULL);
	trial_assert_said(trial, "generator:1-10: 10 orders not published\n");
}

static void memory_set(struct trial *trial, const char *bytes)
{
	(void)redis_fixture_command(trial->redis, "CONFIG", "SET", "maxmemory",
				    bytes, NULL);
}

static void a_full_server_is_tried_again(void **state)
{
	struct trial *trial = *state;

	for (int atomic = 0; atomic < 2; atomic++) {
		memory_set(trial, "1");
		trial_start(trial, "--generate", "10",
			    atomic ? "--atomic" : "--quiet", NULL);
		program_await(&trial->program, "XADD: OOM");
		memory_set(trial, "0");
		trial_finish(trial, 0);
		assert_int_equal(trial_length(trial), 10 + 10 * atomic);
	}
}

static void a_full_server_is_given_up_in_time(void **state)
{
	struct trial *trial = *state;

	memory_set(trial, "1");
	trial_run(trial, 75, "", "--generate", "10", "--timeout", "200ms",
		  NULL);
	trial_assert_said(trial, "XADD: OOM");
	trial_assert_said(trial, "generator:1-10: 10 orders not published\n");
	trial_run(trial, 75, "", "--generate", "10", "--timeout", "0", NULL);
	assert_int_equal(trial_length(trial), 0);
}

static void a_replica_is_tried_again_until_it_is_promoted(void **state)
{
	struct trial *trial = *state;

	(void)redis_fixture_command(trial->redis, "REPLICAOF", "127.0.0.1", "1",
				    NULL);
	trial_start(trial, "--generate", "10", NULL);
	program_await(&trial->program, "XADD: READONLY");
	(void)redis_fixture_command(trial->redis, "REPLICAOF", "NO", "ONE",
				    NULL);
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 10);
}

static void a_signal_ends_the_trying(void **state)
{
	struct trial *trial = *state;

	memory_set(trial, "1");
	trial_start(trial, "--generate", "10", NULL);
	program_await(&trial->program, "XADD: OOM");
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	trial_assert_said(trial, "generator:1-10: 10 orders not published\n");
	assert_int_equal(trial_length(trial), 0);
}

static void a_missing_password_is_final(void **state)
{
	struct trial *trial = *state;

	(void)redis_fixture_command(trial->redis, "CONFIG", "SET",
				    "requirepass", "secret", NULL);
	trial_run(trial, 78, "", "--generate", "10", NULL);
	trial_assert_said(trial, "NOAUTH");
}

static void a_missing_permission_is_final(void **state)
{
	struct trial *trial = *state;

	(void)redis_fixture_command(trial->redis, "ACL", "SETUSER", "default",
				    "-xadd", NULL);
	trial_run(trial, 78, "", "--generate", "10", NULL);
	trial_assert_said(trial, "XADD: NOPERM");
	trial_run(trial, 78, "", "--generate", "10", "--atomic", NULL);
	trial_assert_said(trial, "XADD: NOPERM");
	assert_int_equal(trial_length(trial), 0);
}

static int64_t used_memory(struct trial *trial)
{
	struct text info = reply_text(
		redis_fixture_command(trial->redis, "INFO", "memory", NULL));
	const char *used = strstr(info.data, "used_memory:");

	assert_non_null(used);
	return strtoll(used + strlen("used_memory:"), NULL, 10);
}

/* Two hundred orders of 4 KiB each, as CSV. */
static char *large_orders(void)
{
	char *text = NULL;
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);

	fputs("orderno,note\n", file);
	for (int i = 0; i < 200; i++)
		fprintf(file, "A-%d,%04096d\n", i, i);
	fclose(file);
	return text;
}

static void assert_each_once(struct trial *trial, size_t count)
{
	bool seen[1000] = { false };
	const struct reply *entries = redis_fixture_command(
		trial->redis, "XRANGE", "ordermq", "-", "+", NULL);

	assert_int_equal(reply_count(entries), count);
	for (size_t i = 0; i < count; i++) {
		struct text orderno = reply_text(
			reply_at(reply_at(reply_at(entries, i), 1), 1));
		size_t number = strtoul(orderno.data + strlen("A-"), NULL, 10);

		assert_in_range(number, 0, count - 1);
		assert_false(seen[number]);
		seen[number] = true;
	}
}

static void only_refused_orders_are_sent_again(void **state)
{
	struct trial *trial = *state;
	char path[96], limit[32];
	char *orders = large_orders();
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/orders.csv",
		       redis_fixture_dir(trial->redis));
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(orders, file);
	fclose(file);
	free(orders);
	(void)snprintf(limit, sizeof(limit), "%" PRId64,
		       used_memory(trial) + 400 * 1024);
	memory_set(trial, limit);
	trial_start(trial, "--batch", "1000", "--csv", path, NULL);
	program_await(&trial->program, "XADD: OOM");
	assert_in_range(trial_length(trial), 1, 199);
	memory_set(trial, "0");
	trial_finish(trial, 0);
	assert_each_once(trial, 200);
}

/* What is read ahead waits until the batch before it is taken. */
static void batches_keep_their_sequence(void **state)
{
	struct trial *trial = *state;
	const struct reply *entries;

	trial_start(trial, "--generate", "60000", "--batch", "10", "--seed",
		    "1", "--atomic", NULL);
	trial_await_length(trial, 50);
	memory_set(trial, "1");
	program_await(&trial->program, "XADD: OOM");
	memory_set(trial, "0");
	trial_finish(trial, 0);

	trial_run(trial, 0, "", "--generate", "60000", "--seed", "1",
		  "--stream", "whole", NULL);
	assert_int_equal(trial_length(trial), 60000);
	entries = redis_fixture_command(
		trial->redis, "EVAL",
		"local a = redis.call('XRANGE', 'ordermq', '-', '+') "
		"local b = redis.call('XRANGE', 'whole', '-', '+') "
		"for i = 1, #b do "
		"if cjson.encode(a[i][2]) ~= cjson.encode(b[i][2]) then "
		"return i end end return #b - #a",
		"0", NULL);
	assert_int_equal(reply_integer(entries, -1), 0);
}

/* The number behind text in what the program said. */
static int64_t said_number(struct trial *trial, const char *text)
{
	const char *at = strstr(trial->program.err, text);

	return at == NULL ? 0 : strtoll(at + strlen(text), NULL, 10);
}

static void a_killed_server_leaves_no_guess(void **state)
{
	struct trial *trial = *state;
	int64_t sure, doubtful;

	redis_fixture_append_only(trial->redis);
	redis_fixture_restart(trial->redis);
	trial_start(trial, "--generate", "10000000", NULL);
	trial_await_length(trial, 5000);
	redis_fixture_kill(trial->redis);
	trial_finish(trial, 69);
	sure = said_number(trial, "generator:");
	doubtful = said_number(trial, "in doubt ");
	trial_assert_said(trial, ": published up to here\n");
	assert_true(sure > 0 && sure + doubtful >= 5000);
	assert_in_range(doubtful, 0, 128);

	redis_fixture_restart(trial->redis);
	assert_in_range(trial_length(trial), sure, sure + doubtful);
}

static void a_silent_server_leaves_no_guess(void **state)
{
	struct trial *trial = *state;
	pid_t server = redis_fixture_pid(trial->redis);
	int64_t sure, doubtful;
	char unsent[96];

	trial_conf(trial, "redis = { reply_timeout = \"500ms\"; };\n");
	trial_start(trial, "--generate", "10000000", NULL);
	trial_await_length(trial, 5000);
	kill(server, SIGSTOP);
	trial_finish(trial, 69);
	kill(server, SIGCONT);
	trial_assert_said(trial, "no answer in time");
	sure = said_number(trial, "generator:");
	doubtful = said_number(trial, "in doubt ");
	assert_true(sure > 0 && sure + doubtful >= 5000);
	assert_in_range(doubtful, 1, 128);
	assert_in_range(trial_length(trial), sure, sure + doubtful);
	/* What was read ahead follows upon what was sent. */
	(void)snprintf(unsent, sizeof(unsent),
		       "generator:%" PRId64 "-%" PRId64
		       ": 128 orders not sent\n",
		       sure + doubtful + 1, sure + doubtful + 128);
	trial_assert_said(trial, unsent);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, trial_setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_of_the_wrong_type_is_final),
		TEST(a_full_server_is_tried_again),
		TEST(a_full_server_is_given_up_in_time),
		TEST(a_replica_is_tried_again_until_it_is_promoted),
		TEST(a_signal_ends_the_trying),
		TEST(a_missing_password_is_final),
		TEST(a_missing_permission_is_final),
		TEST(only_refused_orders_are_sent_again),
		TEST(batches_keep_their_sequence),
		TEST(a_killed_server_leaves_no_guess),
		TEST(a_silent_server_leaves_no_guess),
	};

	if (redis_fixture_skip_all())
		return 0;
	/* A program may end before it has read its input. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
