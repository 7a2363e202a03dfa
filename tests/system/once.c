#include "config.h"

#include "lib/base/clock.h"
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NEW "{ordermq}:once:new"
#define OLD "{ordermq}:once:old"

static int64_t integer(struct trial *trial, const char *command,
		       const char *key, const char *field)
{
	return redis_fixture_integer(trial->redis, command, key, field, NULL);
}

/* The stream has count entries, each with an order number of its own. */
static void assert_each_once(struct trial *trial, int64_t count)
{
	assert_int_equal(trial_length(trial), count);
	assert_int_equal(
		redis_fixture_integer(
			trial->redis, "EVAL",
			"local seen, count = {}, 0 "
			"for _, e in ipairs(redis.call('XRANGE', KEYS[1], "
			"'-', '+')) do "
			"  for n = 1, #e[2], 2 do "
			"    if e[2][n] == 'orderno' and not seen[e[2][n + 1]] "
			"    then seen[e[2][n + 1]] = true count = count + 1 "
			"    end "
			"  end "
			"end return count",
			"1", "ordermq", NULL),
		count);
}

static void the_same_event_has_one_entry(void **state)
{
	struct trial *trial = *state;
	char id[64];

	trial_run(trial, 0, "", "--once", "orderno=A-1", "amount=100", NULL);
	trial_assert_said(trial, "published 1, rejected 0 in");
	(void)snprintf(id, sizeof(id), "%.60s", trial->program.out);
	trial_run(trial, 0, "", "--once", "orderno=A-1", "amount=100", NULL);
	trial_assert_said(trial, "published 0, rejected 0, known 1 in");
	assert_string_equal(trial->program.out, id);
	assert_int_equal(trial_length(trial), 1);
	trial_assert_entry(trial, 0, "orderno|A-1|amount|100");
}

static void other_fields_are_reported_and_the_first_stay(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 0, "", "--once", "orderno=A-1", "amount=100", NULL);
	trial_run(trial, 65, "", "--once", "orderno=A-1", "amount=200", NULL);
	trial_assert_said(trial, "arguments:1: A-1:paid is entry ");
	trial_assert_said(trial, " already, with other fields, which stay\n");
	trial_assert_said(trial, "known 1, with other fields 1 in");
	trial_run(trial, 65, "", "--once", "orderno=A-1", "amount=100",
		  "note=x", NULL);
	assert_int_equal(trial_length(trial), 1);
	trial_assert_entry(trial, 0, "orderno|A-1|amount|100");
}

static void an_event_that_was_trimmed_stays_known(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 0, "", "--once", "orderno=A-1", NULL);
	(void)redis_fixture_command(trial->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	trial_run(trial, 0, "", "--once", "orderno=A-1", "note=x", NULL);
	trial_assert_said(trial, "known 1 in");
	assert_int_equal(trial_length(trial), 0);
}

static void type_and_eventno_make_other_events(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 65,
		  "orderno,type,eventno\n"
		  "A,,\nA,paid,\nA,refunded,\nA,refunded,1\nA,refunded,2\n"
		  "A,shipped,\nA,shipped,1\nA,a:b,\n",
		  "--once", "--csv", "-", NULL);
	trial_assert_said(trial, "stdin:3: A:paid is entry");
	trial_assert_said(trial, "stdin:9: type has a colon: no event key\n");
	assert_int_equal(trial_length(trial), 6);
	assert_int_equal(integer(trial, "HEXISTS", NEW, "A:paid"), 1);
	assert_int_equal(integer(trial, "HEXISTS", NEW, "A:refunded:2"), 1);
	assert_int_equal(integer(trial, "HEXISTS", NEW, "A:shipped"), 1);
	assert_int_equal(integer(trial, "HEXISTS", NEW, "A:shipped:1"), 1);
	trial_run(trial, 65, "", "--once", "orderno=B",
		  "type=0123456789012345678901234567890123456789"
		  "0123456789012345678901234",
		  NULL);
	trial_assert_said(trial, "type has 65 bytes, more than 64");
}

/* Publish others until the hashes have been rotated once more. */
static void rotate(struct trial *trial, const char *window, int *other)
{
	int64_t deadline = clock_msecs() + 10000;
	char since[64], field[32];

	(void)snprintf(since, sizeof(since), "%s",
		       reply_text(redis_fixture_command(trial->redis, "HGET",
							NEW, "since", NULL))
			       .data);
	do {
		assert_true(clock_msecs() < deadline);
		(void)snprintf(field, sizeof(field), "orderno=B-%d", ++*other);
		trial_run(trial, 0, "", "--once-for", window, field, NULL);
	} while (text_is(reply_text(redis_fixture_command(trial->redis, "HGET",
							  NEW, "since", NULL)),
			 since));
}

static void a_key_is_forgotten_after_two_windows(void **state)
{
	struct trial *trial = *state;
	int other = 0;

	trial_run(trial, 0, "", "--once-for", "100ms", "orderno=A-1", NULL);
	rotate(trial, "100ms", &other);
	assert_int_equal(integer(trial, "HEXISTS", OLD, "A-1:paid"), 1);
	assert_int_equal(integer(trial, "HEXISTS", NEW, "A-1:paid"), 0);
	rotate(trial, "100ms", &other);
	trial_run(trial, 0, "", "--once-for", "100ms", "orderno=A-1", NULL);
	trial_assert_said(trial, "published 1, rejected 0 in");
	assert_int_equal(trial_length(trial), other + 2);
}

static void the_longest_window_counts(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 0, "", "--once-for", "1h", "orderno=A-1", NULL);
	for (int i = 0; i < 5; i++) {
		trial_run(trial, 0, "orderno\nB\n", "--once-for", "1ms",
			  "--csv", "-", NULL);
		usleep(2000);
	}
	trial_run(trial, 0, "", "--once", "orderno=A-1", NULL);
	trial_assert_said(trial, "published 0, rejected 0, known 1 in");
	assert_int_equal(integer(trial, "EXISTS", OLD, NULL), 0);

	/* What was rotated away in a long window is kept through it. */
	(void)redis_fixture_command(trial->redis, "RENAME", NEW, OLD, NULL);
	trial_run(trial, 0, "", "--once-for", "1ms", "orderno=C", NULL);
	usleep(2000);
	trial_run(trial, 0, "", "--once-for", "1ms", "orderno=D", NULL);
	assert_int_equal(integer(trial, "HEXISTS", OLD, "A-1:paid"), 1);
}

static void two_loads_of_one_file_publish_it_once(void **state)
{
	struct trial *trial = *state;
	static struct trial other;

	trial_run(trial, 0, "", "--generate", "1", "--seed", "8", NULL);
	other = *trial;
	trial_start(trial, "--once", "--generate", "20000", "--seed", "7",
		    NULL);
	trial_start(&other, "--once", "--generate", "20000", "--seed", "7",
		    "--atomic", NULL);
	trial_finish(trial, 0);
	trial_finish(&other, 0);
	assert_int_equal(trial_length(trial), 20001);
	assert_int_equal(integer(trial, "HLEN", NEW, NULL), 20002);
}

static void a_silent_server_is_asked_again(void **state)
{
	struct trial *trial = *state;
	pid_t server = redis_fixture_pid(trial->redis);

	trial_conf(trial, "redis = { reply_timeout = \"300ms\"; };\n");
	for (int atomic = 0; atomic < 2; atomic++) {
		trial_start(trial, "--once", "--generate", "20000", "--seed",
			    atomic ? "2" : "1", atomic ? "--atomic" : "-q",
			    NULL);
		trial_await_length(trial, 3000 + 20000 * atomic);
		kill(server, SIGSTOP);
		program_await(&trial->program, "trying again");
		kill(server, SIGCONT);
		trial_finish(trial, 0);
		assert_int_equal(trial_length(trial), 20000 + 20000 * atomic);
	}
}

static void a_killed_server_is_found_again(void **state)
{
	struct trial *trial = *state;

	redis_fixture_append_only(trial->redis);
	redis_fixture_restart(trial->redis);
	trial_start(trial, "--once", "--generate", "20000", "--seed", "1",
		    NULL);
	trial_await_length(trial, 3000);
	redis_fixture_kill(trial->redis);
	program_await(&trial->program, "trying again");
	redis_fixture_restart(trial->redis);
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 20000);
	assert_int_equal(integer(trial, "HLEN", NEW, NULL), 20002);
}

static void a_server_that_is_away_is_given_up_in_time(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 75, "", "--redis", "unix:///nonexistent", "--once",
		  "--timeout", "100ms", "orderno=1", NULL);
	trial_assert_said(trial, "arguments:1: 1 order not sent\n");
}

static void forgotten_scripts_are_loaded_again(void **state)
{
	struct trial *trial = *state;
	static const char line[] = "{\"orderno\":\"A-1\"}\n"
				   "{\"orderno\":\"A-2\"}\n";

	trial_start(trial, "--once", "--jsonl", "-", NULL);
	assert_int_equal(write(trial->program.input, line, strlen(line) / 2),
			 strlen(line) / 2);
	trial_await_length(trial, 1);
	(void)redis_fixture_command(trial->redis, "SCRIPT", "FLUSH", NULL);
	assert_int_equal(write(trial->program.input, line + strlen(line) / 2,
			       strlen(line) / 2),
			 strlen(line) / 2);
	trial_finish(trial, 0);
	assert_each_once(trial, 2);
}

static void what_cannot_be_kept_is_not_published(void **state)
{
	struct trial *trial = *state;
	static const char *const commands[] = { "-hset", "-xadd" };

	for (size_t i = 0; i < 2; i++) {
		(void)redis_fixture_command(trial->redis, "ACL", "SETUSER",
					    "default", commands[i], NULL);
		trial_run(trial, 78, "", "--once", "orderno=1", NULL);
		trial_assert_said(trial, "NOPERM no permission to ");
	}
	assert_int_equal(trial_length(trial), 0);
	(void)redis_fixture_command(trial->redis, "ACL", "SETUSER", "default",
				    "+@all", NULL);
	(void)redis_fixture_command(trial->redis, "SET", NEW, "x", NULL);
	trial_run(trial, 78, "", "--once", "orderno=1", NULL);
	(void)redis_fixture_command(trial->redis, "DEL", NEW, NULL);
	(void)redis_fixture_command(trial->redis, "HSET", NEW, "since", "x",
				    NULL);
	trial_run(trial, 78, "", "--once", "orderno=1", NULL);
	trial_assert_said(trial, NEW " field since is no number");
	assert_int_equal(trial_length(trial), 0);
}

static void a_full_server_is_tried_again(void **state)
{
	struct trial *trial = *state;

	(void)redis_fixture_command(trial->redis, "CONFIG", "SET", "maxmemory",
				    "1", NULL);
	trial_start(trial, "--once", "--generate", "100", NULL);
	program_await(&trial->program, "once: OOM");
	(void)redis_fixture_command(trial->redis, "CONFIG", "SET", "maxmemory",
				    "0", NULL);
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 100);
}

static void wrong_windows_are_refused(void **state)
{
	struct trial *trial = *state;
	static const char *const wrong[] = { "",    "7",        "0",
					     "-1d", "9999999d", "1y" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		trial_run(trial, 64, "", "--once-for", wrong[i], "orderno=1",
			  NULL);
		trial_assert_said(trial, ": a duration ");
	}
	trial_run(trial, 64, "", "--once-for", NULL);
}

static void closed_descriptors_do_no_harm(void **state)
{
	struct trial *trial = *state;

	trial_shell(trial, "", 0, "orderno=A-1 <&-");
	trial_shell(trial, "", 0, "orderno=A-2 >&-");
	trial_assert_said(trial, "which stdout did not take");
	trial_shell(trial, "", 0, "orderno=A-3 <&- >&- 2>&-");
	trial_shell(trial, "", 65, "--csv - <&-");
	assert_each_once(trial, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, trial_setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_event_has_one_entry),
		TEST(other_fields_are_reported_and_the_first_stay),
		TEST(an_event_that_was_trimmed_stays_known),
		TEST(type_and_eventno_make_other_events),
		TEST(a_key_is_forgotten_after_two_windows),
		TEST(the_longest_window_counts),
		TEST(two_loads_of_one_file_publish_it_once),
		TEST(a_silent_server_is_asked_again),
		TEST(a_killed_server_is_found_again),
		TEST(a_server_that_is_away_is_given_up_in_time),
		TEST(forgotten_scripts_are_loaded_again),
		TEST(what_cannot_be_kept_is_not_published),
		TEST(a_full_server_is_tried_again),
		TEST(wrong_windows_are_refused),
		TEST(closed_descriptors_do_no_harm),
	};

	if (redis_fixture_skip_all())
		return 0;
	/* A program may end before it has read its input. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("once", tests, NULL, NULL);
}
