#include "config.h"

#include "tests/fixtures/supervisor_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

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

static void says_not(const char *what)
{
	if (strstr(text, what) != NULL)
		fail_msg("'%s' is in:\n%s", what, text);
}

static bool is_absent(const char *name)
{
	return fixture_await(fixture, name, "absent") == 0;
}

static void scaling_touches_no_other_and_ends_with_a_reload(void **state)
{
	pid_t first;

	fixture = fixture_begin(state, GROUP("good", "2"));
	first = fixture_await(fixture, "good-1", "ready");
	(void)fixture_await(fixture, "good-2", "ready");
	expect(0, ctl("scale", "good=4", NULL, NULL));
	says("good: 2 -> 4 (+2), until the next reload; the configuration "
	     "says 2\n");
	(void)fixture_await(fixture, "good-4", "ready");
	expect(0, ctl("scale", "good=-1", NULL, NULL));
	assert_true(is_absent("good-4"));
	expect(0, ctl("scale", "good=+2", NULL, NULL));
	says("good: 3 -> 5 (+2)");
	(void)fixture_await(fixture, "good-4", "ready");
	(void)fixture_await(fixture, "good-5", "ready");
	(void)ctl("status", NULL, NULL, NULL);
	says("good is scaled to 5 until the next reload; the configuration "
	     "says 2\n");
	says("    5/5 ");
	expect(0, ctl("reload", "--dry-run", NULL, NULL));
	says("a reload would change: good 5 -> 2 (-3)\n");
	(void)fixture_await(fixture, "good-5", "ready");
	expect(0, ctl("reload", NULL, NULL, NULL));
	says("good 5 -> 2 (-3)\n");
	assert_true(is_absent("good-3"));
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
	(void)ctl("status", NULL, NULL, NULL);
	says_not("is scaled");
}

static void what_cannot_be_scaled_is_said(void **state)
{
	fixture = fixture_begin(state, GROUP("good", "1"));
	expect(65, ctl("scale", "bad=1", NULL, NULL));
	says("bad: no such group or instance; groups: good");
	expect(65, ctl("scale", "keeper=2", NULL, NULL));
	expect(65, ctl("scale", "good=257", NULL, NULL));
	says("good: 257: 0 to 256 instances");
	expect(65, ctl("scale", "good=-2", NULL, NULL));
	expect(65, ctl("scale", "good=many", NULL, NULL));
	expect(64, ctl("scale", "good", NULL, NULL));
	expect(64, ctl("scale", "good =1", NULL, NULL));
	expect(64, ctl("scale", NULL, NULL, NULL));
	expect(0, ctl("scale", "good=0", NULL, NULL));
	assert_true(is_absent("good-1"));
	expect(0, ctl("scale", "good=1", NULL, NULL));
	(void)fixture_await(fixture, "good-1", "ready");
}

static void a_group_that_is_gone_is_not_scaled(void **state)
{
	fixture =
		fixture_begin(state, GROUP("good", "1") "," GROUP("deaf", "1"));
	(void)fixture_await(fixture, "deaf-1", "ready");
	fixture_configure(fixture, "", GROUP("good", "1"));
	expect(0, ctl("reload", NULL, NULL, NULL));
	/* It drains, and does not hear of it. */
	expect(65, ctl("scale", "deaf=3", NULL, NULL));
	assert_true(is_absent("deaf-1"));
}

static void a_rolling_restart_goes_one_by_one(void **state)
{
	pid_t before[3];
	char name[16];

	fixture = fixture_begin(state, GROUP("good", "3"));
	for (int i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "good-%d", i + 1);
		before[i] = fixture_await(fixture, name, "ready");
	}
	expect(0, ctl("restart", "--rolling", "good", NULL));
	says("good: 3 restarted, all ready\n");
	for (int i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "good-%d", i + 1);
		assert_int_not_equal(fixture_await(fixture, name, "ready"),
				     before[i]);
	}
	before[0] = fixture_await(fixture, "good-1", "ready");
	before[1] = fixture_await(fixture, "good-2", "ready");
	expect(0, ctl("restart", "good-2", NULL, NULL));
	says("good: 1 restarted, all ready\n");
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), before[0]);
	assert_int_not_equal(fixture_await(fixture, "good-2", "ready"),
			     before[1]);
	expect(0, ctl("restart", "good", NULL, NULL));
	says("good: 3 restarted, all ready\n");
	/* What happened can be read, in its order. */
	expect(0, ctl("events", NULL, NULL, NULL));
	says("restart: 3 restarted, all ready\n");
	says(" good-2            pid ");
	expect(0, ctl("restart", "keeper", NULL, NULL));
	expect(65, ctl("restart", "good-9", NULL, NULL));
}

/* The program is gone from now on. */
static void break_programs(void)
{
	char path[2 * FIXTURE_PATH_BYTES];

	(void)snprintf(path, sizeof(path), "%s/programs/ordermq-points",
		       fixture->dir);
	assert_int_equal(unlink(path), 0);
}

static void a_failure_stops_the_roll(void **state)
{
	char path[2 * FIXTURE_PATH_BYTES];
	char command[4 * FIXTURE_PATH_BYTES];
	pid_t second;

	fixture = *state;
	(void)snprintf(
		command, sizeof(command),
		"mkdir %s/programs && ln -s %s/tests/fake/ordermq-points "
		"%s/programs/ordermq-points",
		fixture->dir, getcwd(path, sizeof(path)), fixture->dir);
	assert_int_equal(system(command), 0);
	fixture_configure(fixture, "", GROUP("good", "3"));
	(void)snprintf(command, sizeof(command),
		       "sed -i 's|programs = .*/tests/fake\"|programs = "
		       "\"%s/programs\"|' %s/ordermq.conf",
		       fixture->dir, fixture->dir);
	assert_int_equal(system(command), 0);
	fixture_start(fixture);
	(void)fixture_await(fixture, "good-1", "ready");
	second = fixture_await(fixture, "good-2", "ready");
	(void)fixture_await(fixture, "good-3", "ready");
	break_programs();
	expect(70, ctl("restart", "--rolling", "good", NULL));
	says("good: good-1 did not become ready (exec ");
	says("; 2 not restarted");
	assert_int_equal(fixture_await(fixture, "good-2", "ready"), second);
}

/* A restart that is under way: what was asked for, and its answer to be. */
static int restart_begin(const char *line)
{
	int fd = fixture_connect(fixture, "control.sock", line);

	assert_true(fd >= 0);
	return fd;
}

static const char *answer_of(int fd)
{
	size_t used = 0;
	ssize_t length;

	while ((length = recv(fd, text + used, sizeof(text) - 1 - used, 0)) > 0)
		used += (size_t)length;
	text[used] = '\0';
	(void)close(fd);
	return text;
}

/* Deaf instances take their time to go. */
static void what_comes_during_a_restart_is_answered(void **state)
{
	int fd;

	fixture =
		fixture_begin(state, GROUP("deaf", "3") "," GROUP("good", "1"));
	(void)fixture_await(fixture, "deaf-3", "ready");
	fd = restart_begin("restart --rolling deaf\n");
	(void)fixture_await(fixture, "deaf-1", "stopping");
	expect(75, ctl("restart", "deaf-2", NULL, NULL));
	says("a restart is under way, try again");
	expect(0, ctl("restart", "good", NULL, NULL));
	expect(0, ctl("reload", NULL, NULL, NULL));
	(void)answer_of(fd);
	says("deaf: a reload came in between");
	says("\"code\":75");
	(void)fixture_await(fixture, "deaf-1", "ready");
	fd = restart_begin("restart deaf\n");
	(void)fixture_await(fixture, "deaf-3", "stopping");
	expect(0, ctl("scale", "deaf=1", NULL, NULL));
	(void)answer_of(fd);
	says("deaf: it was scaled meanwhile: not restarted");
	assert_true(is_absent("deaf-3"));
	(void)fixture_await(fixture, "deaf-1", "ready");
	fd = restart_begin("restart deaf\n");
	(void)fixture_await(fixture, "deaf-1", "stopping");
	(void)kill(fixture->pid, SIGTERM);
	(void)answer_of(fd);
	says("deaf: ordermqd is stopping");
	assert_int_equal(fixture_wait(fixture), 0);
}

static void what_is_held_stays_down(void **state)
{
	fixture = fixture_begin(state, GROUP("good", "2"));
	(void)fixture_await(fixture, "good-2", "ready");
	expect(0, ctl("hold", "good-2", NULL, NULL));
	(void)fixture_await(fixture, "good-2", "held");
	(void)fixture_set_groups(fixture, GROUP_BATCH("good", "3", "9"));
	(void)fixture_await(fixture, "good-3", "ready");
	assert_int_equal(fixture_await(fixture, "good-2", "held"), 0);
	expect(75, ctl("wait", "ready", "--timeout", "300ms"));
	says("good: 2 of 3 ready");
	expect(0, ctl("unhold", "good-2", NULL, NULL));
	expect(0, ctl("wait", "ready", NULL, NULL));
	(void)fixture_await(fixture, "good-2", "ready");
	/* The whole group, and what comes. */
	expect(0, ctl("hold", "good", NULL, NULL));
	(void)fixture_await(fixture, "good-1", "held");
	expect(0, ctl("scale", "good=4", NULL, NULL));
	assert_int_equal(fixture_await(fixture, "good-4", "held"), 0);
	expect(0, ctl("unhold", "good", NULL, NULL));
	(void)fixture_await(fixture, "good-1", "ready");
	(void)fixture_await(fixture, "good-4", "ready");
	/* One that is held and scaled away is gone. */
	expect(0, ctl("hold", "good-4", NULL, NULL));
	expect(0, ctl("scale", "good=1", NULL, NULL));
	assert_true(is_absent("good-4"));
}

static void what_has_failed_is_started_by_hand(void **state)
{
	fixture = fixture_begin(
		state, GROUP_BATCH("moody", "2", "1") "," GROUP("good", "1"));
	(void)fixture_await(fixture, "moody-1", "failed");
	(void)fixture_await(fixture, "moody-2", "failed");
	(void)fixture_await(fixture, "good-1", "ready");
	expect(0, ctl("reset-failed", "good", NULL, NULL));
	says("good: reset: 0 start again\n");
	expect(0, ctl("reset-failed", "moody-2", NULL, NULL));
	says("moody-2: reset: 1 start again\n");
	(void)fixture_await(fixture, "moody-2", "failed");
	expect(0, ctl("reset-failed", NULL, NULL, NULL));
	says("ordermqd: reset: 2 start again\n");
	(void)fixture_await(fixture, "moody-1", "failed");
	expect(0, ctl("events", "--json", NULL, NULL));
	says("\"name\":\"moody-1\",\"text\":\"pid ");
	says("ended by exit 78, not started again before a reload\"}");
}

struct told {
	const char *name;
	const char *status;
};

static bool is_told(void *data)
{
	const struct told *told = data;

	return strcmp(fixture_field(fixture, told->name, "status"),
		      told->status) == 0;
}

static void await_told(const char *name, const char *status)
{
	struct told told = { name, status };

	fixture_until(is_told, &told);
}

static void log_levels_are_told(void **state)
{
	pid_t first;

	fixture = fixture_begin(state, GROUP("good", "2"));
	first = fixture_await(fixture, "good-1", "ready");
	(void)fixture_await(fixture, "good-2", "ready");
	expect(0, ctl("log-level", "debug", "good-2", NULL));
	says("good-2: log level debug, until the next reload\n");
	await_told("good-2", "\"told LOG_LEVEL=7\"");
	expect(0, ctl("log-level", "warning", NULL, NULL));
	await_told("good-1", "\"told LOG_LEVEL=4\"");
	await_told("good-2", "\"told LOG_LEVEL=4\"");
	/* Also one that starts anew. */
	(void)kill(first, SIGKILL);
	fixture_await_renewal(fixture, "good-1", first);
	await_told("good-1", "\"told LOG_LEVEL=4\"");
	first = fixture_await(fixture, "good-1", "ready");
	expect(65, ctl("log-level", "loud", NULL, NULL));
	expect(65, ctl("log-level", "debug", "bad", NULL));
	/* Until the next reload; and there, no process ends for it. */
	expect(0, ctl("reload", NULL, NULL, NULL));
	await_told("good-1", "\"told LOG_LEVEL=6\"");
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
}

static void a_dry_run_tells_what_is_wrong_and_changes_nothing(void **state)
{
	fixture = fixture_begin(state, GROUP("good", "2"));
	(void)fixture_await(fixture, "good-2", "ready");
	fixture_configure(fixture,
			  "stream = { retention = { max_age = "
			  "\"1d\"; }; };",
			  GROUP("good", "4") "," GROUP("fine", "1"));
	expect(0, ctl("reload", "--dry-run", NULL, NULL));
	says("a reload would change: good 2 -> 4 (+2), fine 0 -> 1 (+1), "
	     "retention live\n");
	fixture_configure(fixture, "nonsense = 1;", GROUP("good", "4"));
	expect(78, ctl("reload", "--dry-run", NULL, NULL));
	says("nonsense");
	assert_true(is_absent("good-3"));
	(void)ctl("status", NULL, NULL, NULL);
	says_not("last reload failed");
	expect(64, ctl("reload", "--now", NULL, NULL));
}

static void nobody_steers_over_the_status_socket(void **state)
{
	json_t *answer;

	fixture = fixture_begin(state, GROUP("good", "1"));
	answer = fixture_ask(fixture, "status.sock", "scale good=5\n");
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(answer, 0), "code")),
			 77);
	json_decref(answer);
	answer = fixture_ask(fixture, "status.sock", "events\n");
	assert_true(json_array_size(answer) > 1);
	json_decref(answer);
	answer = fixture_ask(fixture, "control.sock", "scaler good=5\n");
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(answer, 0), "code")),
			 64);
	json_decref(answer);
	answer = fixture_ask(fixture, "control.sock", "status good\n");
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(answer, 0), "code")),
			 64);
	json_decref(answer);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scaling_touches_no_other_and_ends_with_a_reload),
		TEST(what_cannot_be_scaled_is_said),
		TEST(a_group_that_is_gone_is_not_scaled),
		TEST(a_rolling_restart_goes_one_by_one),
		TEST(a_failure_stops_the_roll),
		TEST(what_comes_during_a_restart_is_answered),
		TEST(what_is_held_stays_down),
		TEST(what_has_failed_is_started_by_hand),
		TEST(log_levels_are_told),
		TEST(a_dry_run_tells_what_is_wrong_and_changes_nothing),
		TEST(nobody_steers_over_the_status_socket),
	};

	return cmocka_run_group_tests_name("steer", tests, NULL, NULL);
}
