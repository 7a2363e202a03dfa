#include "config.h"

#include "tests/fixtures/supervisor_fixture.h"

#include "lib/base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Instances that do not do as they should, all in one set with one that does:
   each is shown as what it is and is dealt with in its time, and costs neither
   the good one nor ordermqd anything. */

#define HANG_MSECS 1000
#define ABORT_MSECS 2000
#define DRAIN_MSECS 300

/* Beyond what is promised, on a machine that does much else. */
#define GRACE_MSECS 2000

/* How long ordermqd is watched, and how much of it may be work: 1 %. */
#define WATCHED_MSECS 4000
#define WORK_MSECS (WATCHED_MSECS / 100)

#define ABSENT "{ name = \"absent\"; program = \"absent\"; instances = 1; }"

static struct fixture *fixture;
static char text[65536];

static int ctl(const char *a, const char *b)
{
	const char *args[] = { a, b, NULL };

	return fixture_run(fixture, "bin/ordermqctl", args, text, sizeof(text));
}

static int64_t number_of(const char *name, const char *field)
{
	return strtoll(fixture_field(fixture, name, field), NULL, 10);
}

static bool has_restarted(void *name)
{
	return number_of(name, "restarts") >= 1;
}

static void begin(void **state, const char *groups)
{
	fixture = *state;
	fixture->supervisor = "hang_timeout = \"1s\";";
	fixture_configure(fixture, "", groups);
	fixture_start(fixture);
}

/* What happens to the good one while that goes on. */
static pid_t good_pid(void)
{
	assert_string_equal(fixture_field(fixture, "good-1", "restarts"), "0");
	return fixture_await(fixture, "good-1", "ready");
}

static void one_that_is_stopped_is_replaced_in_time(void **state)
{
	int64_t then_msecs, took_msecs;
	pid_t good, frozen;

	begin(state, GROUP("frozen", "1") "," GROUP("good", "1"));
	good = good_pid();
	frozen = fixture_await(fixture, "frozen-1", "ready");
	(void)kill(frozen, SIGSTOP);
	then_msecs = clock_msecs();
	assert_int_equal(fixture_await(fixture, "frozen-1", "frozen"), frozen);
	fixture_await_renewal(fixture, "frozen-1", frozen);
	took_msecs = clock_msecs() - then_msecs;
	assert_in_range(took_msecs, HANG_MSECS,
			HANG_MSECS + HANG_MSECS / 2 + ABORT_MSECS +
				GRACE_MSECS);
	assert_string_equal(fixture_field(fixture, "frozen-1", "last_exit"),
			    "\"signal 6 (Aborted)\"");
	assert_string_equal(fixture_field(fixture, "frozen-1", "restarts"),
			    "1");
	assert_int_equal(ctl("events", NULL), 0);
	assert_non_null(strstr(text, "is stopped by a signal, abort\n"));
	assert_int_equal(good_pid(), good);
}

static void a_short_stop_is_none(void **state)
{
	pid_t frozen;

	begin(state, GROUP("frozen", "1"));
	frozen = fixture_await(fixture, "frozen-1", "ready");
	for (int i = 0; i < 4; i++) {
		(void)kill(frozen, SIGSTOP);
		(void)poll(NULL, 0, HANG_MSECS / 2);
		(void)kill(frozen, SIGCONT);
		(void)poll(NULL, 0, HANG_MSECS / 3);
	}
	assert_int_equal(fixture_await(fixture, "frozen-1", "ready"), frozen);
}

static void one_in_an_endless_loop_is_ended(void **state)
{
	int64_t then_msecs = clock_msecs();
	pid_t good;

	begin(state, GROUP("looping", "1") "," GROUP("good", "1"));
	good = good_pid();
	fixture_until(has_restarted, (void *)(uintptr_t) "looping-1");
	assert_in_range(clock_msecs() - then_msecs, HANG_MSECS,
			HANG_MSECS + HANG_MSECS / 2 + ABORT_MSECS +
				GRACE_MSECS);
	assert_string_equal(fixture_field(fixture, "looping-1", "last_exit"),
			    "\"signal 6 (Aborted)\"");
	assert_int_equal(ctl("events", NULL), 0);
	assert_non_null(strstr(text, "hangs, abort\n"));
	assert_int_equal(good_pid(), good);
}

static void one_that_ignores_sigterm_is_killed_in_time(void **state)
{
	int64_t then_msecs;
	pid_t good;

	begin(state, GROUP("deaf", "1") "," GROUP("good", "1"));
	good = good_pid();
	(void)fixture_await(fixture, "deaf-1", "ready");
	then_msecs = clock_msecs();
	assert_int_equal(ctl("hold", "deaf"), 0);
	assert_true(fixture_await(fixture, "deaf-1", "stopping") != 0);
	(void)fixture_await(fixture, "deaf-1", "held");
	assert_in_range(clock_msecs() - then_msecs, DRAIN_MSECS,
			DRAIN_MSECS + GRACE_MSECS);
	assert_string_equal(fixture_field(fixture, "deaf-1", "last_exit"),
			    "\"signal 9 (Killed)\"");
	assert_int_equal(good_pid(), good);
}

static void one_that_floods_stderr_holds_up_nobody(void **state)
{
	pid_t good, loud;
	int ends[2];

	fixture = *state;
	/* A reader that never reads. */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fixture->stderr_fd = ends[1];
	begin(state, GROUP("loud", "1") "," GROUP("good", "1"));
	good = good_pid();
	loud = fixture_await(fixture, "loud-1", "ready");
	(void)kill(good, SIGKILL);
	fixture_await_renewal(fixture, "good-1", good);
	assert_int_equal(fixture_await(fixture, "loud-1", "ready"), loud);
	assert_int_equal(ctl("hold", "loud"), 0);
	(void)fixture_await(fixture, "loud-1", "held");
	(void)close(ends[0]);
	(void)close(ends[1]);
	fixture->stderr_fd = 0;
}

/* Milliseconds of work of a process so far. */
static double work_msecs(pid_t pid)
{
	char path[64];
	long long nsecs = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lld", &nsecs), 1);
	(void)fclose(file);
	return (double)nsecs / 1e6;
}

/* All of them at once, for longer than any deadline, and nobody asks. */
static void all_of_them_cost_ordermqd_next_to_nothing(void **state)
{
	char groups[2048];
	double before, used;
	pid_t good, frozen;

	(void)snprintf(groups, sizeof(groups), "%s,%s,%s,%s,%s,%s,%s,%s",
		       GROUP("looping", "2"), GROUP("stillborn", "4"),
		       GROUP("frozen", "1"), GROUP("loud", "1"),
		       GROUP("deaf", "1"), ABSENT,
		       GROUP_WITH("greedy", "1", "max_rss = \"96MiB\";"),
		       GROUP("good", "1"));
	begin(state, groups);
	good = good_pid();
	frozen = fixture_await(fixture, "frozen-1", "ready");
	(void)fixture_await(fixture, "stillborn-1", "waiting");
	(void)fixture_await(fixture, "stillborn-4", "waiting");
	(void)fixture_await(fixture, "absent-1", "waiting");
	assert_string_equal(fixture_field(fixture, "stillborn-1", "last_exit"),
			    "\"exit 70\"");
	assert_non_null(strstr(fixture_field(fixture, "absent-1", "last_exit"),
			       "/ordermq-absent: No such file"));
	(void)fixture_await(fixture, "deaf-1", "ready");
	(void)fixture_await(fixture, "loud-1", "ready");
	(void)kill(frozen, SIGSTOP);
	before = work_msecs(fixture->pid);
	(void)poll(NULL, 0, WATCHED_MSECS);
	used = work_msecs(fixture->pid) - before;
	print_message("# ordermqd worked %.1f ms in %d ms\n", used,
		      WATCHED_MSECS);
	assert_true(used < WORK_MSECS);
	assert_true(number_of("looping-1", "restarts") >= 1);
	assert_true(number_of("frozen-1", "restarts") >= 1);
	assert_int_equal(good_pid(), good);
}

/* Children of ordermqd that nobody has waited for. */
static int zombie_count(void)
{
	char command[128];
	FILE *pipe;
	int count = -1;

	(void)snprintf(command, sizeof(command),
		       "ps -o stat= --ppid %d | grep -c Z", (int)fixture->pid);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%d", &count), 1);
	(void)pclose(pipe);
	return count;
}

/* One signal may stand for many deaths. */
static void all_that_die_at_once_come_back(void **state)
{
	pid_t pids[16];
	char name[16];

	begin(state, GROUP("good", "16"));
	for (int i = 0; i < 16; i++) {
		(void)snprintf(name, sizeof(name), "good-%d", i + 1);
		pids[i] = fixture_await(fixture, name, "ready");
		/* What a terminal sends to its processes is not for it. */
		assert_int_equal(getsid(pids[i]), pids[i]);
	}
	/* Not one is reaped before all are dead. */
	(void)kill(fixture->pid, SIGSTOP);
	for (int i = 0; i < 16; i++)
		(void)kill(pids[i], SIGKILL);
	(void)kill(fixture->pid, SIGCONT);
	for (int i = 0; i < 16; i++) {
		(void)snprintf(name, sizeof(name), "good-%d", i + 1);
		fixture_await_renewal(fixture, name, pids[i]);
		assert_int_equal(number_of(name, "restarts"), 1);
	}
	assert_int_equal(zombie_count(), 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_is_stopped_is_replaced_in_time),
		TEST(a_short_stop_is_none),
		TEST(one_in_an_endless_loop_is_ended),
		TEST(one_that_ignores_sigterm_is_killed_in_time),
		TEST(one_that_floods_stderr_holds_up_nobody),
		TEST(all_that_die_at_once_come_back),
		TEST(all_of_them_cost_ordermqd_next_to_nothing),
	};

	return cmocka_run_group_tests_name("unruly", tests, NULL, NULL);
}
