#include "config.h"

#include "tests/supervisor_fixture.h"

#include "lib/clock.h"

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

#define GROUP(name, count)                                                     \
	"{ name = \"" name "\"; program = \"points\"; instances = " count "; " \
	"}"
#define GROUP_BATCH(name, count, batch)                                        \
	"{ name = \"" name "\"; program = \"points\"; instances = " count      \
	"; batch = " batch "; }"

static char text[4096];

static struct fixture *begin(void **state, const char *groups)
{
	struct fixture *fixture = *state;

	fixture_configure(fixture, "", groups);
	fixture_start(fixture);
	return fixture;
}

static void set_groups(struct fixture *fixture, const char *groups)
{
	fixture_configure(fixture, "", groups);
	assert_int_equal(fixture_reload(fixture, text, sizeof(text)), 0);
}

struct renewed {
	struct fixture *fixture;
	const char *name;
	pid_t before;
};

static bool is_renewed(void *data)
{
	struct renewed *renewed = data;

	return fixture_await(renewed->fixture, renewed->name, "ready") !=
	       renewed->before;
}

static void await_renewal(struct fixture *fixture, const char *name,
			  pid_t before)
{
	struct renewed renewed = { fixture, name, before };

	fixture_until(is_renewed, &renewed);
}

static const char *field(struct fixture *fixture, const char *instance,
			 const char *name)
{
	static char value[512];
	json_t *object = fixture_instance(fixture, instance);
	json_t *found = json_object_get(object, name);
	char *dump = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);

	(void)snprintf(value, sizeof(value), "%s", dump == NULL ? "" : dump);
	free(dump);
	json_decref(object);
	return value;
}

static void a_killed_instance_comes_back_under_its_name(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "2"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	pid_t second = fixture_await(fixture, "good-2", "ready");

	(void)kill(first, SIGKILL);
	await_renewal(fixture, "good-1", first);
	assert_int_equal(fixture_await(fixture, "good-2", "ready"), second);
	assert_string_equal(field(fixture, "good-1", "last_exit"),
			    "\"signal 9 (Killed)\"");
	assert_string_equal(field(fixture, "good-1", "restarts"), "1");
	/* The board goes on where the killed instance left it. */
	assert_string_equal(field(fixture, "good-1", "delivered"), "2");
}

static void nothing_is_left_of_a_killed_supervisor(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "3"));
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

static void scaling_touches_only_what_changes(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "3"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	pid_t second = fixture_await(fixture, "good-2", "ready");
	pid_t third = fixture_await(fixture, "good-3", "ready");
	char board[FIXTURE_PATH_BYTES];

	set_groups(fixture, GROUP("good", "5"));
	assert_string_equal(text, "good 3 -> 5 (+2)");
	(void)fixture_await(fixture, "good-5", "ready");
	assert_int_equal(fixture_await(fixture, "good-3", "ready"), third);

	set_groups(fixture, GROUP("good", "2"));
	assert_string_equal(text, "good 5 -> 2 (-3)");
	(void)fixture_await(fixture, "good-3", "absent");
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
	assert_int_equal(fixture_await(fixture, "good-2", "ready"), second);
	assert_true(fixture_is_gone(&third));
	(void)snprintf(board, sizeof(board), "%s/run/board/good-3",
		       fixture->dir);
	assert_int_not_equal(access(board, F_OK), 0);
}

static void groups_come_and_go(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "1"));
	pid_t first = fixture_await(fixture, "good-1", "ready");

	set_groups(fixture, GROUP("other", "1") "," GROUP("good", "1"));
	assert_string_equal(text, "other 0 -> 1 (+1), good unchanged");
	(void)fixture_await(fixture, "other-1", "ready");
	set_groups(fixture, GROUP("good", "1"));
	(void)fixture_await(fixture, "other-1", "absent");
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
}

static void a_changed_group_is_replaced_one_by_one(void **state)
{
	struct fixture *fixture =
		begin(state, GROUP("good", "3") "," GROUP("other", "1"));
	pid_t third = fixture_await(fixture, "good-3", "ready");
	pid_t other = fixture_await(fixture, "other-1", "ready");

	(void)fixture_await(fixture, "good-1", "ready");
	(void)fixture_await(fixture, "good-2", "ready");
	set_groups(fixture,
		   GROUP_BATCH("good", "3", "7") "," GROUP("other", "1"));
	assert_string_equal(text, "good rolling, other unchanged");
	await_renewal(fixture, "good-3", third);
	for (int i = 1; i <= 3; i++) {
		char name[] = "good-0";

		name[5] = (char)('0' + i);
		assert_non_null(
			strstr(field(fixture, name, "status"), "batch 7"));
	}
	assert_int_equal(fixture_await(fixture, "other-1", "ready"), other);
}

static void bad_settings_stop_a_roll_at_the_first_instance(void **state)
{
	struct fixture *fixture = begin(state, GROUP("moody", "3"));
	pid_t second = fixture_await(fixture, "moody-2", "ready");

	(void)fixture_await(fixture, "moody-1", "ready");
	(void)fixture_await(fixture, "moody-3", "ready");
	set_groups(fixture, GROUP_BATCH("moody", "3", "1"));
	(void)fixture_await(fixture, "moody-1", "failed");
	assert_int_equal(fixture_await(fixture, "moody-2", "ready"), second);
	set_groups(fixture, GROUP_BATCH("moody", "3", "2"));
	await_renewal(fixture, "moody-2", second);
}

static void a_bad_file_changes_nothing(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "2"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	char conf[FIXTURE_PATH_BYTES];

	fixture_configure(fixture, "nonsense = 1;", GROUP("good", "9"));
	assert_int_equal(fixture_reload(fixture, text, sizeof(text)), 78);
	(void)snprintf(conf, sizeof(conf), "%s/ordermq.conf:5: ", fixture->dir);
	assert_non_null(strstr(text, conf));
	/* The settings in force are also those of a restart. */
	(void)kill(first, SIGKILL);
	await_renewal(fixture, "good-1", first);
	assert_null(fixture_instance(fixture, "good-3"));
}

static void what_needs_a_restart_is_refused_by_name(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "1"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	char conf[FIXTURE_PATH_BYTES];
	FILE *file;

	(void)snprintf(conf, sizeof(conf), "%s/ordermq.conf", fixture->dir);
	file = fopen(conf, "w");
	assert_non_null(file);
	fprintf(file,
		"node = \"test\"; groups = (" GROUP(
			"good",
			"1") ");\n"
			     "supervisor = { control = \"%s/b/c.sock\"; };",
		fixture->dir);
	(void)fclose(file);
	assert_int_equal(fixture_reload(fixture, text, sizeof(text)), 78);
	assert_non_null(strstr(text, "supervisor.control: "));
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
}

static void one_that_gives_up_stays_down_until_a_reload(void **state)
{
	struct fixture *fixture = begin(
		state, GROUP_BATCH("moody", "2", "1") "," GROUP("good", "1"));

	assert_int_equal(fixture_await(fixture, "moody-1", "failed"), 0);
	(void)fixture_await(fixture, "moody-2", "failed");
	(void)fixture_await(fixture, "good-1", "ready");
	assert_string_equal(field(fixture, "moody-1", "last_exit"),
			    "\"exit 78\"");
	assert_string_equal(field(fixture, "moody-1", "restarts"), "0");
	set_groups(fixture,
		   GROUP_BATCH("moody", "2", "2") "," GROUP("good", "1"));
	(void)fixture_await(fixture, "moody-2", "ready");
}

static void later_is_no_crash(void **state)
{
	struct fixture *fixture = begin(state, GROUP("later", "1"));

	(void)fixture_await(fixture, "later-1", "waiting");
	assert_string_equal(field(fixture, "later-1", "last_exit"),
			    "\"exit 75\"");
	assert_string_equal(field(fixture, "later-1", "restarts"), "0");
}

static bool has_tried_six_times(void *data)
{
	int64_t sum = 0;

	for (int i = 1; i <= 8; i++) {
		char name[] = "stillborn-0";

		name[10] = (char)('0' + i);
		sum += atoi(field(data, name, "restarts"));
	}
	return sum >= 8 + 3;
}

/* Eight fail at once; from then on there is one try a wait, of 200, 400 and
   800 ms less a fifth: not eight. */
static void a_group_that_never_gets_ready_waits_as_a_whole(void **state)
{
	int64_t begun_msecs = clock_msecs();
	struct fixture *fixture = begin(state, GROUP("stillborn", "8"));

	fixture_until(has_tried_six_times, fixture);
	assert_true(clock_msecs() - begun_msecs >= 160 + 320 + 640);
}

static bool has_exec_error(void *data)
{
	return strstr(field(data, "good-1", "last_exit"),
		      "ordermq-push: No such file or directory") != NULL;
}

static void a_program_that_is_not_there_is_named(void **state)
{
	struct fixture *fixture =
		begin(state, "{ name = \"good\"; program = \"push\";"
			     " instances = 1; }");

	fixture_until(has_exec_error, fixture);
	(void)fixture_await(fixture, "good-1", "waiting");
}

static void an_instance_has_six_descriptors(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "2"));
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
	struct fixture *fixture = begin(state, GROUP("good", "4"));
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
		begin(state, GROUP("deaf", "1") "," GROUP("good", "1"));
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

static void stop_answers_when_all_is_gone(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "2"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	json_t *answer = fixture_ask(fixture, "control.sock", "stop\n");

	assert_true(
		json_is_true(json_object_get(json_array_get(answer, 0), "ok")));
	json_decref(answer);
	assert_true(fixture_is_gone(&first));
	assert_int_equal(fixture_wait(fixture), 0);
}

static void a_stop_during_the_start_is_obeyed(void **state)
{
	struct fixture *fixture = begin(state, GROUP("slow", "2"));

	(void)fixture_await(fixture, "slow-2", "starting");
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
}

static void a_second_one_is_refused(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "1"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	char expected[64];

	assert_int_equal(fixture_run(fixture, "supervisor/ordermqd", NULL, text,
				     sizeof(text)),
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
	assert_int_equal(fixture_run(fixture, "supervisor/ordermqd", check,
				     text, sizeof(text)),
			 0);
	fixture_configure(fixture, "nonsense = 1;", GROUP("good", "1"));
	assert_int_equal(fixture_run(fixture, "supervisor/ordermqd", check,
				     text, sizeof(text)),
			 78);
	assert_non_null(strstr(text, "ordermq.conf:5: "));
}

static void a_set_keeps_its_node_id(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "1"));
	char before[512];

	(void)fixture_await(fixture, "good-1", "ready");
	(void)snprintf(before, sizeof(before), "%s",
		       field(fixture, "good-1", "status"));
	assert_int_equal(strlen(before), strlen("\"batch 256, node \"") + 16);
	(void)kill(fixture->pid, SIGTERM);
	assert_int_equal(fixture_wait(fixture), 0);
	fixture_start(fixture);
	(void)fixture_await(fixture, "good-1", "ready");
	assert_string_equal(field(fixture, "good-1", "status"), before);
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
	struct fixture *fixture =
		begin(state, GROUP("silent", "1") "," GROUP("good", "1"));
	pid_t silent = fixture_await(fixture, "silent-1", "ready");
	pid_t good = fixture_await(fixture, "good-1", "ready");
	long before = cpu_ticks(fixture->pid);

	for (int i = 0; i < 3; i++) {
		(void)kill(good, SIGKILL);
		await_renewal(fixture, "good-1", good);
		good = fixture_await(fixture, "good-1", "ready");
	}
	assert_int_equal(fixture_await(fixture, "silent-1", "ready"), silent);
	assert_true(cpu_ticks(fixture->pid) - before < 100);
}

static void unruly_clients_hold_up_nobody(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "1"));
	static char longest[8192];
	int fds[40];
	json_t *answer;

	memset(longest, 'x', sizeof(longest) - 1);
	(void)fixture_await(fixture, "good-1", "ready");
	for (int i = 0; i < 40; i++)
		fds[i] = fixture_connect(fixture, "status.sock",
					 i % 2 ? "" : "garb");
	answer = fixture_ask(fixture, "control.sock", "\x01\xff\n");
	assert_int_equal(json_array_size(answer), 1);
	json_decref(answer);
	answer = fixture_ask(fixture, "control.sock", longest);
	assert_int_equal(json_array_size(answer), 1);
	json_decref(answer);
	assert_int_equal(fixture_reload(fixture, text, sizeof(text)), 0);
	for (int i = 0; i < 40; i++)
		(void)close(fds[i]);
	/* There is room again as soon as they are gone. */
	(void)fixture_await(fixture, "good-1", "ready");
}

static void the_status_socket_only_shows(void **state)
{
	struct fixture *fixture = begin(state, GROUP("good", "1"));
	json_t *answer = fixture_ask(fixture, "status.sock", "stop\n");

	assert_true(json_is_false(
		json_object_get(json_array_get(answer, 0), "ok")));
	json_decref(answer);
	(void)fixture_await(fixture, "good-1", "ready");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_killed_instance_comes_back_under_its_name),
		TEST(nothing_is_left_of_a_killed_supervisor),
		TEST(scaling_touches_only_what_changes),
		TEST(groups_come_and_go),
		TEST(a_changed_group_is_replaced_one_by_one),
		TEST(bad_settings_stop_a_roll_at_the_first_instance),
		TEST(a_bad_file_changes_nothing),
		TEST(what_needs_a_restart_is_refused_by_name),
		TEST(one_that_gives_up_stays_down_until_a_reload),
		TEST(later_is_no_crash),
		TEST(a_group_that_never_gets_ready_waits_as_a_whole),
		TEST(a_program_that_is_not_there_is_named),
		TEST(an_instance_has_six_descriptors),
		TEST(a_stop_of_idle_instances_is_quick),
		TEST(one_that_does_not_stop_is_killed),
		TEST(stop_answers_when_all_is_gone),
		TEST(a_stop_during_the_start_is_obeyed),
		TEST(a_second_one_is_refused),
		TEST(a_check_only_reads_the_file),
		TEST(a_set_keeps_its_node_id),
		TEST(a_closed_lifeline_neither_spins_nor_ends),
		TEST(unruly_clients_hold_up_nobody),
		TEST(the_status_socket_only_shows),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
