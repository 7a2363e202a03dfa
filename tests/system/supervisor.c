#include "config.h"

#include "tests/fixtures/supervisor_fixture.h"

#include "lib/base/clock.h"

#include <dirent.h>
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

static char text[4096];

static void a_killed_instance_comes_back_under_its_name(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "2"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	pid_t second = fixture_await(fixture, "good-2", "ready");

	(void)kill(first, SIGKILL);
	fixture_await_renewal(fixture, "good-1", first);
	assert_int_equal(fixture_await(fixture, "good-2", "ready"), second);
	assert_string_equal(fixture_field(fixture, "good-1", "last_exit"),
			    "\"signal 9 (Killed)\"");
	assert_string_equal(fixture_field(fixture, "good-1", "restarts"), "1");
	/* The board goes on where the killed instance left it. */
	assert_string_equal(fixture_field(fixture, "good-1", "delivered"), "2");
}

static void nothing_is_left_of_a_killed_supervisor(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "3"));
	pid_t pids[3];
	int64_t killed_msecs;

	pids[0] = fixture_await(fixture, "good-1", "ready");
	pids[1] = fixture_await(fixture, "good-2", "ready");
	pids[2] = fixture_await(fixture, "good-3", "ready");
	(void)kill(pids[1], SIGSTOP);
	killed_msecs = clock_msecs();
	(void)kill(fixture->pid, SIGKILL);
	assert_int_equal(fixture_wait(fixture), -SIGKILL);
	for (int i = 0; i < 3; i++)
		fixture_until(fixture_is_gone, &pids[i]);
	assert_true(clock_msecs() - killed_msecs < 1000);
	/* And the next one finds nothing in its way. */
	fixture_start(fixture);
	(void)fixture_await(fixture, "good-3", "ready");
}

static void one_that_gives_up_stays_down_until_a_reload(void **state)
{
	struct fixture *fixture = fixture_begin(
		state, GROUP_BATCH("moody", "2", "1") "," GROUP("good", "1"));

	assert_int_equal(fixture_await(fixture, "moody-1", "failed"), 0);
	(void)fixture_await(fixture, "moody-2", "failed");
	(void)fixture_await(fixture, "good-1", "ready");
	assert_string_equal(fixture_field(fixture, "moody-1", "last_exit"),
			    "\"exit 78\"");
	assert_string_equal(fixture_field(fixture, "moody-1", "restarts"), "0");
	(void)fixture_set_groups(
		fixture, GROUP_BATCH("moody", "2", "2") "," GROUP("good", "1"));
	(void)fixture_await(fixture, "moody-2", "ready");
}

static void later_is_no_crash(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("later", "1"));

	(void)fixture_await(fixture, "later-1", "waiting");
	assert_string_equal(fixture_field(fixture, "later-1", "last_exit"),
			    "\"exit 75\"");
	assert_string_equal(fixture_field(fixture, "later-1", "restarts"), "0");
}

static bool has_tried_six_times(void *data)
{
	int64_t sum = 0;

	for (int i = 1; i <= 8; i++) {
		char name[] = "stillborn-0";

		name[10] = (char)('0' + i);
		sum += atoi(fixture_field(data, name, "restarts"));
	}
	return sum >= 8 + 3;
}

/* Eight fail at once; from then on there is one try a wait, of 200, 400 and
   800 ms less a fifth: not eight. */
static void a_group_that_never_gets_ready_waits_as_a_whole(void **state)
{
	int64_t begun_msecs = clock_msecs();
	struct fixture *fixture = fixture_begin(state, GROUP("stillborn", "8"));

	fixture_until(has_tried_six_times, fixture);
	assert_true(clock_msecs() - begun_msecs >= 160 + 320 + 640);
}

static bool is_told_not_to_stay_up(void *data)
{
	const char *args[] = { "events", NULL };

	return fixture_run(data, "bin/ordermqctl", args, text, sizeof(text)) ==
		       0 &&
	       strstr(text, "does not stay up: next try of its group in") !=
		       NULL;
}

static void what_does_not_stay_up_is_told(void **state)
{
	struct fixture *fixture = fixture_begin(
		state, GROUP("stillborn", "2") "," GROUP("good", "1"));
	pid_t good = fixture_await(fixture, "good-1", "ready");
	const char *told;

	fixture_until(is_told_not_to_stay_up, fixture);
	told = strstr(text, "does not stay up");
	assert_null(strstr(told + 1, "does not stay up"));
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), good);
}

static bool has_exec_error(void *data)
{
	return strstr(fixture_field(data, "good-1", "last_exit"),
		      "ordermq-push: No such file or directory") != NULL;
}

static void a_program_that_is_not_there_is_named(void **state)
{
	struct fixture *fixture =
		fixture_begin(state, "{ name = \"good\"; program = \"push\";"
				     " instances = 1; }");

	fixture_until(has_exec_error, fixture);
	(void)fixture_await(fixture, "good-1", "waiting");
}

static void an_instance_has_six_descriptors(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "2"));
	char path[64];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd",
		       (int)fixture_await(fixture, "good-2", "ready"));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		assert_in_range(atoi(entry->d_name), 0, 5);
		count++;
	}
	(void)closedir(dir);
	assert_int_equal(count, 6);
}

static void a_stop_of_idle_instances_is_quick(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "4"));
	char lock[FIXTURE_PATH_BYTES];
	int64_t told_msecs;

	(void)fixture_await(fixture, "good-4", "ready");
	told_msecs = clock_msecs();
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
	assert_true(clock_msecs() - told_msecs < 5000);
	(void)snprintf(lock, sizeof(lock), "%s/run/control.sock", fixture->dir);
	assert_int_not_equal(access(lock, F_OK), 0);
}

static void one_that_does_not_stop_is_killed(void **state)
{
	struct fixture *fixture =
		fixture_begin(state, GROUP("deaf", "1") "," GROUP("good", "1"));
	pid_t deaf = fixture_await(fixture, "deaf-1", "ready");
	pid_t stopped = fixture_await(fixture, "good-1", "ready");
	int64_t told_msecs = clock_msecs();

	(void)kill(stopped, SIGSTOP);
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
	assert_true(clock_msecs() - told_msecs >= 300);
	assert_true(fixture_is_gone(&deaf));
	assert_true(fixture_is_gone(&stopped));
}

static void a_second_signal_kills_what_still_drains(void **state)
{
	struct fixture *fixture = *state;
	pid_t deaf;

	fixture->drain = "10m";
	(void)fixture_begin(state, GROUP("deaf", "1") "," GROUP("good", "1"));
	deaf = fixture_await(fixture, "deaf-1", "ready");
	(void)fixture_await(fixture, "good-1", "ready");
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_await(fixture, "deaf-1", "stopping"), deaf);
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
	assert_true(fixture_is_gone(&deaf));
}

static void a_stop_during_the_start_is_obeyed(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("slow", "2"));

	(void)fixture_await(fixture, "slow-2", "starting");
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
}

static void a_second_one_is_refused(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	char expected[64];

	assert_int_equal(
		fixture_run(fixture, "bin/ordermqd", NULL, text, sizeof(text)),
		75);
	(void)snprintf(expected, sizeof(expected), "already running, pid %d\n",
		       (int)fixture->pid);
	assert_non_null(strstr(text, expected));
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
}

static void a_check_only_reads_the_file(void **state)
{
	struct fixture *fixture = *state;
	const char *check[] = { "--check", NULL };

	fixture_configure(fixture, "", GROUP("good", "1"));
	assert_int_equal(
		fixture_run(fixture, "bin/ordermqd", check, text, sizeof(text)),
		0);
	fixture_configure(fixture, "nonsense = 1;", GROUP("good", "1"));
	assert_int_equal(
		fixture_run(fixture, "bin/ordermqd", check, text, sizeof(text)),
		78);
	assert_non_null(strstr(text, "ordermq.conf:5: "));
}

static void a_set_keeps_its_node_id(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));
	char before[512];

	(void)fixture_await(fixture, "good-1", "ready");
	(void)snprintf(before, sizeof(before), "%s",
		       fixture_field(fixture, "good-1", "status"));
	assert_int_equal(strlen(before), strlen("\"batch 256, node \"") + 16);
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
	fixture_start(fixture);
	(void)fixture_await(fixture, "good-1", "ready");
	assert_string_equal(fixture_field(fixture, "good-1", "status"), before);
}

static long cpu_ticks(pid_t pid)
{
	char path[64];
	long user = 0, system = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file,
				"%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u "
				"%*u %*u %ld %ld",
				&user, &system),
			 2);
	(void)fclose(file);
	return user + system;
}

static void a_closed_lifeline_neither_spins_nor_ends(void **state)
{
	struct fixture *fixture = fixture_begin(
		state, GROUP("silent", "1") "," GROUP("good", "1"));
	pid_t silent = fixture_await(fixture, "silent-1", "ready");
	pid_t good = fixture_await(fixture, "good-1", "ready");
	long before = cpu_ticks(fixture->pid);

	for (int i = 0; i < 3; i++) {
		(void)kill(good, SIGKILL);
		fixture_await_renewal(fixture, "good-1", good);
		good = fixture_await(fixture, "good-1", "ready");
	}
	assert_int_equal(fixture_await(fixture, "silent-1", "ready"), silent);
	assert_true(cpu_ticks(fixture->pid) - before < 100);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_killed_instance_comes_back_under_its_name),
		TEST(nothing_is_left_of_a_killed_supervisor),
		TEST(one_that_gives_up_stays_down_until_a_reload),
		TEST(later_is_no_crash),
		TEST(a_group_that_never_gets_ready_waits_as_a_whole),
		TEST(what_does_not_stay_up_is_told),
		TEST(a_program_that_is_not_there_is_named),
		TEST(an_instance_has_six_descriptors),
		TEST(a_stop_of_idle_instances_is_quick),
		TEST(one_that_does_not_stop_is_killed),
		TEST(a_second_signal_kills_what_still_drains),
		TEST(a_stop_during_the_start_is_obeyed),
		TEST(a_second_one_is_refused),
		TEST(a_check_only_reads_the_file),
		TEST(a_set_keeps_its_node_id),
		TEST(a_closed_lifeline_neither_spins_nor_ends),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
