#include "config.h"

#include "tests/fixtures/supervisor_fixture.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static char text[4096];

static void scaling_touches_only_what_changes(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "3"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	pid_t second = fixture_await(fixture, "good-2", "ready");
	pid_t third = fixture_await(fixture, "good-3", "ready");
	char board[FIXTURE_PATH_BYTES];

	assert_string_equal(fixture_set_groups(fixture, GROUP("good", "5")),
			    "good 3 -> 5 (+2)");
	(void)fixture_await(fixture, "good-5", "ready");
	assert_int_equal(fixture_await(fixture, "good-3", "ready"), third);

	assert_string_equal(fixture_set_groups(fixture, GROUP("good", "2")),
			    "good 5 -> 2 (-3)");
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
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));
	pid_t first = fixture_await(fixture, "good-1", "ready");

	assert_string_equal(
		fixture_set_groups(fixture,
				   GROUP("other", "1") "," GROUP("good", "1")),
		"other 0 -> 1 (+1), good unchanged");
	(void)fixture_await(fixture, "other-1", "ready");
	(void)fixture_set_groups(fixture, GROUP("good", "1"));
	(void)fixture_await(fixture, "other-1", "absent");
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
}

static void a_changed_group_is_replaced_one_by_one(void **state)
{
	struct fixture *fixture = fixture_begin(
		state, GROUP("good", "3") "," GROUP("other", "1"));
	pid_t third = fixture_await(fixture, "good-3", "ready");
	pid_t other = fixture_await(fixture, "other-1", "ready");

	(void)fixture_await(fixture, "good-1", "ready");
	(void)fixture_await(fixture, "good-2", "ready");
	assert_string_equal(
		fixture_set_groups(
			fixture,
			GROUP_BATCH("good", "3", "7") "," GROUP("other", "1")),
		"good rolling, other unchanged");
	fixture_await_renewal(fixture, "good-3", third);
	for (int i = 1; i <= 3; i++) {
		char name[] = "good-0";

		name[5] = (char)('0' + i);
		assert_non_null(strstr(fixture_field(fixture, name, "status"),
				       "batch 7"));
	}
	assert_int_equal(fixture_await(fixture, "other-1", "ready"), other);
}

static void bad_settings_stop_a_roll_at_the_first_instance(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("moody", "3"));
	pid_t second = fixture_await(fixture, "moody-2", "ready");

	(void)fixture_await(fixture, "moody-1", "ready");
	(void)fixture_await(fixture, "moody-3", "ready");
	(void)fixture_set_groups(fixture, GROUP_BATCH("moody", "3", "1"));
	(void)fixture_await(fixture, "moody-1", "failed");
	assert_int_equal(fixture_await(fixture, "moody-2", "ready"), second);
	(void)fixture_set_groups(fixture, GROUP_BATCH("moody", "3", "2"));
	fixture_await_renewal(fixture, "moody-2", second);
}

static void a_bad_file_changes_nothing(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "2"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	char conf[FIXTURE_PATH_BYTES];

	fixture_configure(fixture, "nonsense = 1;", GROUP("good", "9"));
	assert_int_equal(fixture_reload(fixture, text, sizeof(text)), 78);
	(void)snprintf(conf, sizeof(conf), "%s/ordermq.conf:5: ", fixture->dir);
	assert_non_null(strstr(text, conf));
	/* The settings in force are also those of a restart. */
	(void)kill(first, SIGKILL);
	fixture_await_renewal(fixture, "good-1", first);
	assert_null(fixture_instance(fixture, "good-3"));
}

static void what_needs_a_restart_is_refused_by_name(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	char conf[FIXTURE_PATH_BYTES];
	FILE *file;

	(void)snprintf(conf, sizeof(conf), "%s/ordermq.conf", fixture->dir);
	file = fopen(conf, "w");
	assert_non_null(file);
	fprintf(file,
		"node = \"test\"; groups = (%s);\n"
		"supervisor = { control = \"%s/b/c.sock\"; };",
		GROUP("good", "1"), fixture->dir);
	(void)fclose(file);
	assert_int_equal(fixture_reload(fixture, text, sizeof(text)), 78);
	assert_non_null(strstr(text, "supervisor.control: "));
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
}

static void stop_answers_when_all_is_gone(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "2"));
	pid_t first = fixture_await(fixture, "good-1", "ready");
	json_t *answer = fixture_ask(fixture, "control.sock", "stop\n");

	assert_true(
		json_is_true(json_object_get(json_array_get(answer, 0), "ok")));
	json_decref(answer);
	assert_true(fixture_is_gone(&first));
	assert_int_equal(fixture_wait(fixture), 0);
}

static void unruly_clients_hold_up_nobody(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));
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

static void a_client_that_says_nothing_is_dropped(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));
	int fd = fixture_connect(fixture, "control.sock", "");
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&pollfd, 1, FIXTURE_DEADLINE_MSECS), 1);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	(void)close(fd);
	(void)fixture_await(fixture, "good-1", "ready");
}

static void the_status_socket_only_shows(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));
	json_t *answer = fixture_ask(fixture, "status.sock", "stop\n");

	assert_true(json_is_false(
		json_object_get(json_array_get(answer, 0), "ok")));
	json_decref(answer);
	(void)fixture_await(fixture, "good-1", "ready");
}

static bool is_scaled(void *data)
{
	json_t *second = fixture_instance(data, "good-2");

	json_decref(second);
	return second != NULL;
}

static void a_hangup_reloads_too(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));

	fixture_configure(fixture, "", GROUP("good", "2"));
	(void)kill(fixture->pid, SIGHUP);
	(void)kill(fixture->pid, SIGHUP);
	fixture_until(is_scaled, fixture);
}

static int ctl(struct fixture *fixture, const char *verb, const char *option)
{
	const char *args[] = { verb, option, NULL };

	return fixture_run(fixture, "bin/ordermqctl", args, text, sizeof(text));
}

static void the_tool_reloads_and_stops(void **state)
{
	struct fixture *fixture = fixture_begin(state, GROUP("good", "1"));

	fixture_configure(fixture, "", GROUP("good", "2"));
	assert_int_equal(ctl(fixture, "reload", NULL), 0);
	assert_string_equal(text, "good 1 -> 2 (+1)\n");
	fixture_configure(fixture, "nonsense = 1;", GROUP("good", "3"));
	assert_int_equal(ctl(fixture, "reload", NULL), 78);
	assert_non_null(strstr(text, "ordermq.conf:5: "));
	fixture_configure(fixture, "", GROUP("good", "2"));
	assert_int_equal(ctl(fixture, "stop", NULL), 0);
	assert_int_equal(fixture_wait(fixture), 0);
	assert_int_equal(ctl(fixture, "stop", NULL), 69);
	assert_int_equal(ctl(fixture, "dance", NULL), 64);
}

/* Neither Redis nor ordermqd is there: what is configured is shown, and the
   rest is unknown. */
static void the_tool_shows_what_it_can(void **state)
{
	struct fixture *fixture = *state;

	fixture_configure(fixture,
			  "redis = { url = \"unix:///nowhere/redis.sock\"; };",
			  GROUP("good", "1"));
	assert_int_equal(ctl(fixture, "status", "--json"), 69);
	assert_non_null(strstr(text, "\"kind\":\"group\",\"name\":\"good\""));
	assert_non_null(strstr(text, "\"lag\":null"));
	assert_non_null(strstr(text, "ordermqd is not running"));
	fixture_start(fixture);
	(void)fixture_await(fixture, "good-1", "ready");
	assert_int_equal(ctl(fixture, "status", "--json"), 69);
	assert_non_null(strstr(text, "\"name\":\"good-1\""));
	assert_non_null(strstr(text, "\"instances\":1,\"ready\":1"));
	assert_int_equal(ctl(fixture, "status", "good"), 69);
	assert_non_null(strstr(text, "good-1 "));
	assert_non_null(strstr(text, "RESTARTS"));
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scaling_touches_only_what_changes),
		TEST(groups_come_and_go),
		TEST(a_changed_group_is_replaced_one_by_one),
		TEST(bad_settings_stop_a_roll_at_the_first_instance),
		TEST(a_bad_file_changes_nothing),
		TEST(what_needs_a_restart_is_refused_by_name),
		TEST(stop_answers_when_all_is_gone),
		TEST(unruly_clients_hold_up_nobody),
		TEST(a_client_that_says_nothing_is_dropped),
		TEST(the_status_socket_only_shows),
		TEST(a_hangup_reloads_too),
		TEST(the_tool_reloads_and_stops),
		TEST(the_tool_shows_what_it_can),
	};

	return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
