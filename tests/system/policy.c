#include "config.h"

#include "tests/fixtures/supervisor_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A group's restart: always, on-failure, never. An instance of the fixture ends
   with status 0 when it is told to by somebody else than ordermqd. */

#define ALWAYS "restart = \"always\";"
#define ON_FAILURE "restart = \"on-failure\";"
#define NEVER "restart = \"never\";"

static char text[65536];
static struct fixture *fixture;

/* Run ordermqctl with up to four words; its exit status. */
static int ctl(const char *a, const char *b, const char *c, const char *d)
{
	const char *args[] = { a, b, c, d, NULL };

	return fixture_run(fixture, "bin/ordermqctl", args, text, sizeof(text));
}

static void expect(int status, int is)
{
	if (status != is)
		fail_msg("exit status %d: %s", is, text);
}

static void says(const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("'%s' is not in:\n%s", what, text);
}

static void field_is(const char *instance, const char *name, const char *value)
{
	assert_string_equal(fixture_field(fixture, instance, name), value);
}

/* A number of the first group. */
static int group_number(const char *name)
{
	json_t *answer = fixture_ask(fixture, "status.sock", "status\n");
	json_t *object;
	size_t i;
	int number = -1;

	json_array_foreach(answer, i, object)
	{
		const char *kind =
			json_string_value(json_object_get(object, "kind"));

		if (number < 0 && strcmp(kind, "group") == 0)
			number = (int)json_integer_value(
				json_object_get(object, name));
	}
	json_decref(answer);
	return number;
}

static void end(const char *instance, int signal, const char *state)
{
	(void)kill(fixture_await(fixture, instance, "ready"), signal);
	assert_int_equal(fixture_await(fixture, instance, state), 0);
}

static void always_takes_an_end_with_0_for_a_failure(void **state)
{
	pid_t first, second;

	fixture = fixture_begin(
		state, GROUP("good", "1") "," GROUP_WITH("other", "1", ALWAYS));
	first = fixture_await(fixture, "good-1", "ready");
	second = fixture_await(fixture, "other-1", "ready");
	(void)kill(first, SIGTERM);
	(void)kill(second, SIGTERM);
	fixture_await_renewal(fixture, "good-1", first);
	fixture_await_renewal(fixture, "other-1", second);
	field_is("good-1", "last_exit", "\"exit 0\"");
	field_is("good-1", "restarts", "1");
	field_is("other-1", "restarts", "1");
}

static void on_failure_an_end_with_0_is_the_end(void **state)
{
	pid_t second;

	fixture = fixture_begin(state, GROUP_WITH("good", "2", ON_FAILURE));
	second = fixture_await(fixture, "good-2", "ready");
	end("good-1", SIGTERM, "finished");
	field_is("good-1", "last_exit", "\"exit 0\"");
	field_is("good-1", "restarts", "0");
	/* Anything else is a failure, and starts again. */
	(void)kill(second, SIGKILL);
	fixture_await_renewal(fixture, "good-2", second);
	field_is("good-2", "restarts", "1");
	/* Nobody waits for what has finished. */
	assert_int_equal(group_number("instances"), 2);
	assert_int_equal(group_number("ready"), 1);
	assert_int_equal(group_number("finished"), 1);
	expect(0, ctl("wait", "ready", NULL, NULL));
	expect(0, ctl("events", NULL, NULL, NULL));
	says("ended by exit 0, has finished: not started again");
	assert_int_equal(fixture_await(fixture, "good-1", "finished"), 0);
}

/* Does the process listen to SIGTERM, by a handler or a descriptor? Before that
   the signal would kill it, and each further start would come later. */
static bool listens(pid_t pid)
{
	char path[64], line[128];
	unsigned long long signals = 0, more;
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	in = fopen(path, "re");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		if (sscanf(line, "SigBlk: %llx", &more) == 1 ||
		    sscanf(line, "SigCgt: %llx", &more) == 1)
			signals |= more;
	}
	if (in != NULL)
		(void)fclose(in);
	return (signals >> (SIGTERM - 1) & 1) != 0;
}

static bool has_finished_when_told(void *data)
{
	json_t *slow = fixture_instance(fixture, "slow-1");
	const char *state = json_string_value(json_object_get(slow, "state"));
	bool has_finished = strcmp(state, "finished") == 0;
	pid_t pid = (pid_t)json_integer_value(json_object_get(slow, "pid"));

	(void)data;
	if (strcmp(state, "starting") == 0 && listens(pid))
		(void)kill(pid, SIGTERM);
	json_decref(slow);
	return has_finished;
}

static void one_may_finish_before_it_is_ready(void **state)
{
	fixture = fixture_begin(state, GROUP_WITH("slow", "1", ON_FAILURE));
	fixture_until(has_finished_when_told, NULL);
	field_is("slow-1", "last_exit", "\"exit 0\"");
	expect(0, ctl("wait", "ready", NULL, NULL));
}

static void never_leaves_down_whatever_ended(void **state)
{
	fixture = fixture_begin(
		state, GROUP_WITH("good", "3", NEVER) "," GROUP_WITH(
			       "stillborn", "1",
			       NEVER) "," GROUP_WITH("later", "1", NEVER));
	end("good-1", SIGKILL, "failed");
	field_is("good-1", "last_exit", "\"signal 9 (Killed)\"");
	end("good-2", SIGTERM, "finished");
	assert_int_equal(fixture_await(fixture, "stillborn-1", "failed"), 0);
	field_is("stillborn-1", "last_exit", "\"exit 70\"");
	field_is("stillborn-1", "restarts", "0");
	assert_int_equal(fixture_await(fixture, "later-1", "failed"), 0);
	field_is("later-1", "last_exit", "\"exit 75\"");
	(void)fixture_await(fixture, "good-3", "ready");
	/* What has failed is missing. */
	expect(75, ctl("wait", "ready", "--timeout", "200ms"));
	expect(0, ctl("events", NULL, NULL, NULL));
	says("ended by signal 9 (Killed), not started again: restart is "
	     "\"never\"");
	says("ended by exit 70, not started again: restart is \"never\"");
}

static void what_ended_for_good_is_started_by_hand(void **state)
{
	fixture = fixture_begin(state, GROUP_WITH("good", "2", NEVER));
	end("good-1", SIGKILL, "failed");
	end("good-2", SIGTERM, "finished");
	expect(0, ctl("reset-failed", "good", NULL, NULL));
	says("good: reset: 2 start again\n");
	end("good-1", SIGTERM, "finished");
	end("good-2", SIGKILL, "failed");
	expect(0, ctl("restart", "good", NULL, NULL));
	says("good: 2 restarted, all ready\n");
	end("good-1", SIGTERM, "finished");
	expect(0, ctl("restart", "--rolling", "good", NULL));
	(void)fixture_await(fixture, "good-1", "ready");
	/* What is replaced as asked is no end. */
	(void)fixture_await(fixture, "good-2", "ready");
	end("good-2", SIGTERM, "finished");
	expect(0, ctl("hold", "good-2", NULL, NULL));
	assert_int_equal(fixture_await(fixture, "good-2", "held"), 0);
	expect(0, ctl("unhold", "good-2", NULL, NULL));
	(void)fixture_await(fixture, "good-2", "ready");
}

static void only_a_reload_that_changes_its_group_starts_it_again(void **state)
{
	pid_t running;

	fixture = fixture_begin(state, GROUP_WITH("good", "2", NEVER));
	end("good-1", SIGKILL, "failed");
	end("good-2", SIGTERM, "finished");
	/* Another group, or the number of instances, is none of its business.
	 */
	(void)fixture_set_groups(
		fixture,
		GROUP_WITH("good", "3", NEVER) "," GROUP("other", "1"));
	running = fixture_await(fixture, "good-3", "ready");
	(void)fixture_await(fixture, "other-1", "ready");
	assert_int_equal(fixture_await(fixture, "good-1", "failed"), 0);
	assert_int_equal(fixture_await(fixture, "good-2", "finished"), 0);
	/* What is new holds from the next end on, and replaces nothing. */
	assert_string_equal(fixture_set_groups(fixture, GROUP_WITH("good", "3",
								   ON_FAILURE)),
			    "good live, other 1 -> 0 (-1)");
	(void)fixture_await(fixture, "good-1", "ready");
	(void)fixture_await(fixture, "good-2", "ready");
	assert_int_equal(fixture_await(fixture, "good-3", "ready"), running);
	(void)kill(running, SIGKILL);
	fixture_await_renewal(fixture, "good-3", running);
	end("good-3", SIGTERM, "finished");
	(void)fixture_set_groups(
		fixture, GROUP_WITH("good", "3", ON_FAILURE "batch = 7;"));
	(void)fixture_await(fixture, "good-3", "ready");
}

static bool is_absent(void *data)
{
	json_t *found = fixture_instance(fixture, data);

	json_decref(found);
	return found == NULL;
}

static void scaling_goes_on_beside_it(void **state)
{
	fixture = fixture_begin(state, GROUP_WITH("good", "2", ON_FAILURE));
	end("good-1", SIGTERM, "finished");
	expect(0, ctl("scale", "good=4", NULL, NULL));
	(void)fixture_await(fixture, "good-4", "ready");
	assert_int_equal(fixture_await(fixture, "good-1", "finished"), 0);
	end("good-4", SIGTERM, "finished");
	expect(0, ctl("scale", "good=2", NULL, NULL));
	fixture_until(is_absent, (char[]){ "good-4" });
	fixture_until(is_absent, (char[]){ "good-3" });
	/* The number is new, and so is its life. */
	expect(0, ctl("scale", "good=4", NULL, NULL));
	(void)fixture_await(fixture, "good-4", "ready");
	assert_int_equal(fixture_await(fixture, "good-1", "finished"), 0);
	/* And it does not hold up the end. */
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
}

/* The first takes 300 ms to go, and meanwhile the second fails. */
static void a_roll_goes_on_over_one_that_ended_before_its_turn(void **state)
{
	pid_t second, third;

	fixture = fixture_begin(state, GROUP_WITH("deaf", "3", NEVER));
	(void)fixture_await(fixture, "deaf-1", "ready");
	second = fixture_await(fixture, "deaf-2", "ready");
	third = fixture_await(fixture, "deaf-3", "ready");
	(void)fixture_set_groups(fixture,
				 GROUP_WITH("deaf", "3", NEVER "batch = 7;"));
	(void)kill(second, SIGKILL);
	fixture_await_renewal(fixture, "deaf-3", third);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(always_takes_an_end_with_0_for_a_failure),
		TEST(on_failure_an_end_with_0_is_the_end),
		TEST(one_may_finish_before_it_is_ready),
		TEST(never_leaves_down_whatever_ended),
		TEST(what_ended_for_good_is_started_by_hand),
		TEST(only_a_reload_that_changes_its_group_starts_it_again),
		TEST(scaling_goes_on_beside_it),
		TEST(a_roll_goes_on_over_one_that_ended_before_its_turn),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
