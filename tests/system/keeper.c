#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

/* ordermqd with its keeper, and two groups. */

static struct program daemon_program;
static struct shop *shop;

static void configure(const char *retention, int64_t points)
{
	FILE *file = fopen(shop->conf, "we");
	char *programs = realpath("bin", NULL);

	assert_non_null(file);
	fprintf(file,
		"redis: { url = \"unix://%s\"; retry_max = \"200ms\"; };\n"
		"node = \"test\";\n"
		"stream: { %s };\n"
		"supervisor: { control = \"%s/control.sock\"; programs = "
		"\"%s\"; };\nlog: { to = \"stderr\"; };\n"
		"groups: ( { name = \"points\"; program = \"points\"; "
		"instances = %d; owner_ttl = \"1s\"; },\n{ name = \"push\"; "
		"program = \"push\"; "
		"instances = 0; push: { file = \"%s\"; }; } );\n",
		redis_fixture_socket(shop->redis), retention, shop->run_dir,
		programs, (int)points, shop->push_file);
	assert_int_equal(fclose(file), 0);
	free(programs);
}

static void daemon_start(void)
{
	const char *argv[] = { "bin/ordermqd", "-c", shop->conf, NULL };

	program_start(&daemon_program, argv);
}

static void daemon_stop(void)
{
	(void)kill(daemon_program.pid, SIGTERM);
	program_finish(&daemon_program);
	assert_int_equal(daemon_program.status, 0);
	assert_null(strstr(daemon_program.err, "Sanitizer"));
	assert_null(strstr(daemon_program.err, "runtime error"));
}

/* One value of the first record of that kind and name, as JSON text. */
static const char *status_value(const char *kind, const char *name,
				const char *key)
{
	json_t *records, *record;
	size_t i;

	(void)ctl_run_on(shop, "status", "--json", NULL);
	records = ctl_records();
	json_array_foreach(records, i, record)
	{
		const char *its_kind =
			json_string_value(json_object_get(record, "kind"));
		const char *its_name = json_string_value(json_object_get(
			record,
			strcmp(its_kind, "stream") == 0 ? "key" : "name"));

		if (strcmp(its_kind, kind) == 0 && its_name != NULL &&
		    strcmp(its_name, name) == 0)
			return ctl_value(i, key);
	}
	return "";
}

struct wanted {
	const char *kind;
	const char *name;
	const char *key;
	const char *value;
};

static bool is_so(void *data)
{
	const struct wanted *wanted = data;

	return strcmp(status_value(wanted->kind, wanted->name, wanted->key),
		      wanted->value) == 0;
}

static void await_value(const char *kind, const char *name, const char *key,
			const char *value)
{
	struct wanted wanted = { kind, name, key, value };
	char what[128];

	(void)snprintf(what, sizeof(what), "%s %s becomes %s", name, key,
		       value);
	until(is_so, &wanted, what);
}

static void await_keeper(const char *state)
{
	await_value("keeper", "keeper", "state", state);
}

static bool are_of_the_keeper(void *data)
{
	(void)data;
	return strcmp(status_value("group", "points", "numbers_age_seconds"),
		      "null") != 0;
}

static void begin(void **state, const char *retention)
{
	shop = *state;
	configure(retention, 1);
	daemon_start();
	await_keeper("\"ready\"");
	until(are_of_the_keeper, NULL, "the keeper has looked");
}

static void the_numbers_come_from_the_keeper(void **state)
{
	begin(state, "");
	shop_orders(shop, 1, 30);
	await_value("group", "points", "handled", "30");
	assert_string_equal(status_value("group", "points", "lag"), "0");
	assert_string_equal(status_value("group", "points", "pending"), "0");
	/* There is no such group in Redis: unknown. */
	assert_string_equal(status_value("group", "push", "lag"), "null");
	assert_string_equal(status_value("group", "push", "lag_seconds"),
			    "null");
	/* Not one word to Redis of ordermqctl's own. */
	(void)redis_fixture_command(shop->redis, "CONFIG", "RESETSTAT", NULL);
	assert_int_equal(ctl_run_on(shop, "status", NULL), 0);
	assert_non_null(strstr(ctl.out, "\nHOUSEKEEPING "));
	assert_non_null(
		strstr(reply_text(redis_fixture_command(shop->redis, "INFO",
							"stats", NULL))
			       .data,
		       "total_connections_received:0\r"));
	daemon_stop();
}

/* A number in the status, as long as it is not null. */
static double status_number(const char *kind, const char *name, const char *key)
{
	const char *value = status_value(kind, name, key);
	char *end;
	double number = strtod(value, &end);

	if (end == value)
		fail_msg("%s %s: %s is '%s'", kind, name, key, value);
	return number;
}

static bool rates_are_told(void *data)
{
	(void)data;
	return strcmp(status_value("group", "points", "handled_per_second"),
		      "null") != 0 &&
	       status_number("group", "points", "handled_per_second") > 0 &&
	       status_number("instance", "points-1", "handled_per_second") > 0;
}

static void the_last_seconds_are_told(void **state)
{
	begin(state, "");
	shop_orders(shop, 1, 300);
	until(rates_are_told, NULL, "rates are told");
	/* Ten seconds are looked at. */
	assert_true(status_number("instance", "points-1",
				  "handled_per_second") <= 30);
	assert_true(status_number("group", "points", "p99_seconds") > 0);
	assert_true(status_number("group", "points", "p99_seconds") < 10);
	assert_true(status_number("instance", "points-1", "p99_seconds") > 0);
	assert_true(status_number("instance", "points-1", "busy_percent") <
		    100);
	assert_true(status_number("instance", "points-1", "memory_bytes") >
		    100000);
	assert_true(status_number("keeper", "keeper", "memory_bytes") > 100000);
	/* Nothing was done, and that is known; how long it takes is not. */
	assert_string_equal(status_value("group", "push", "p99_seconds"),
			    "null");
	daemon_stop();
}

static void the_stream_and_other_groups_are_shown(void **state)
{
	shop = *state;
	shop_publish(shop, "orderno", "old", NULL);
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "billing", "0", NULL);
	begin(state, "");
	shop_orders(shop, 1, 4);
	await_value("stream", "ordermq", "entries", "5");
	assert_string_equal(ctl_value(1, "kind"), "\"stream\"");
	assert_string_equal(ctl_value(1, "added"), "5");
	assert_int_equal(status_number("other_group", "billing", "lag"), 5);
	assert_int_equal(status_number("other_group", "billing", "pending"), 0);
	(void)redis_fixture_command(shop->redis, "XREADGROUP", "GROUP",
				    "billing", "c", "COUNT", "2", "STREAMS",
				    "ordermq", ">", NULL);
	await_value("other_group", "billing", "pending", "2");
	assert_int_equal(status_number("other_group", "billing", "lag"), 3);
	/* One group is asked for: no others. */
	assert_int_equal(ctl_run_on(shop, "status", "points", "--json", NULL),
			 0);
	assert_null(strstr(ctl.out, "billing"));
	daemon_stop();
	/* Without the keeper Redis is asked; what takes two looks is unknown.
	 */
	assert_int_equal(status_number("other_group", "billing", "lag"), 3);
	assert_int_equal(status_number("stream", "ordermq", "entries"), 5);
	assert_string_equal(
		status_value("stream", "ordermq", "added_per_second"), "null");
	assert_int_equal(ctl_run_on(shop, "status", "points", "--json", NULL),
			 69);
	assert_null(strstr(ctl.out, "billing"));
}

static void a_killed_keeper_comes_back_and_the_set_does_not_notice(void **state)
{
	char points[32];
	pid_t keeper;

	begin(state, "");
	(void)snprintf(points, sizeof(points), "%s",
		       status_value("instance", "points-1", "pid"));
	keeper = atoi(status_value("keeper", "keeper", "pid"));
	assert_true(keeper > 1);
	(void)kill(keeper, SIGKILL);
	await_value("keeper", "keeper", "restarts", "1");
	await_keeper("\"ready\"");
	assert_string_equal(status_value("keeper", "keeper", "last_exit"),
			    "\"signal 9 (Killed)\"");
	assert_string_equal(status_value("instance", "points-1", "pid"),
			    points);
	assert_string_equal(status_value("instance", "points-1", "restarts"),
			    "0");
	daemon_stop();
}

static void numbers_of_a_redis_that_is_away_are_unknown(void **state)
{
	begin(state, "");
	redis_fixture_kill(shop->redis);
	await_keeper("\"degraded\"");
	assert_string_equal(
		status_value("group", "points", "numbers_age_seconds"), "null");
	assert_string_equal(status_value("group", "points", "lag"), "null");
	assert_int_equal(ctl.status, 69);
	redis_fixture_restart(shop->redis);
	await_keeper("\"ready\"");
	until(are_of_the_keeper, NULL, "the keeper looks again");
	daemon_stop();
}

static void a_reload_changes_the_keeper_alone(void **state)
{
	char points[32], keeper[32];

	begin(state, "");
	(void)snprintf(points, sizeof(points), "%s",
		       status_value("instance", "points-1", "pid"));
	(void)snprintf(keeper, sizeof(keeper), "%s",
		       status_value("keeper", "keeper", "pid"));
	configure("", 2);
	assert_int_equal(ctl_run_on(shop, "reload", NULL), 0);
	await_value("instance", "points-2", "state", "\"ready\"");
	await_keeper("\"ready\"");
	assert_string_equal(status_value("instance", "points-1", "pid"),
			    points);
	assert_string_not_equal(status_value("keeper", "keeper", "pid"),
				keeper);
	daemon_stop();
}

/* The real programs hear it, and what they say goes to ordermqd's stderr. */
static void a_log_level_is_heard(void **state)
{
	begin(state, "");
	assert_int_equal(ctl_run_on(shop, "wait", "ready", NULL), 0);
	assert_int_equal(ctl_run_on(shop, "log-level", "err", "points", NULL),
			 0);
	assert_int_equal(
		ctl_run_on(shop, "pause", "points", "--reason", "test", NULL),
		0);
	await_value("instance", "points-1", "state", "\"paused\"");
	assert_int_equal(ctl_run_on(shop, "log-level", "info", NULL), 0);
	assert_int_equal(ctl_run_on(shop, "resume", "points", NULL), 0);
	await_value("instance", "points-1", "state", "\"ready\"");
	daemon_stop();
	assert_null(strstr(daemon_program.err, "points-1: paused"));
	assert_non_null(strstr(daemon_program.err, "points-1: resumed"));
}

static void a_script_waits_until_all_is_done(void **state)
{
	begin(state, "");
	assert_int_equal(
		ctl_run_on(shop, "pause", "points", "--reason", "test", NULL),
		0);
	await_value("instance", "points-1", "state", "\"paused\"");
	shop_orders(shop, 1, 100);
	assert_int_equal(
		ctl_run_on(shop, "wait", "idle", "--timeout", "200ms", NULL),
		75);
	assert_non_null(
		strstr(ctl.err, "points: 100 not delivered, 0 pending"));
	assert_int_equal(ctl_run_on(shop, "resume", "points", NULL), 0);
	/* Of push there is no group. */
	configure("", 1);
	ctl_start(shop, "wait", "idle", NULL);
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "push", "$", NULL);
	program_finish(&ctl);
	assert_int_equal(ctl.status, 0);
	shop_check_points(shop, 100);
	assert_int_equal(ctl_run_on(shop, "wait", "for", NULL), 64);
	assert_int_equal(
		ctl_run_on(shop, "wait", "idle", "--timeout", "soon", NULL),
		64);
	daemon_stop();
	assert_int_equal(
		ctl_run_on(shop, "wait", "ready", "--timeout", "0", NULL), 75);
}

/* data is a program that is under way. */
static bool has_told_of_the_kill(void *data)
{
	const struct program *program = data;
	char out[8192];
	ssize_t length = pread(program->out_fd, out, sizeof(out) - 1, 0);

	out[length < 0 ? 0 : length] = '\0';
	return strstr(out, "ended by signal 9 (Killed), restart at once") !=
	       NULL;
}

static void events_can_be_followed(void **state)
{
	static struct program follower;
	const char *argv[] = { "bin/ordermqctl", "-c", NULL,
			       "events",         "-f", NULL };
	pid_t pid;

	begin(state, "");
	argv[2] = shop->conf;
	program_start(&follower, argv);
	await_value("instance", "points-1", "state", "\"ready\"");
	pid = atoi(status_value("instance", "points-1", "pid"));
	(void)kill(pid, SIGKILL);
	until(has_told_of_the_kill, &follower, "the kill is told");
	/* It ends with ordermqd. */
	daemon_stop();
	program_finish(&follower);
	assert_int_equal(follower.status, 69);
	assert_non_null(strstr(follower.out, " points-1          pid "));
}

/* Without ordermqd: as a unit of its own, say. */
static void a_keeper_runs_alone(void **state)
{
	static struct worker keeper, other;

	shop = *state;
	worker_start(&keeper, shop, "keeper", 0, "web1");
	worker_await(&keeper, "keeper: ready");
	/* One on a host: the other one has nothing to add. */
	worker_start(&other, shop, "keeper", 0, "web2");
	assert_int_equal(worker_wait(&other), 78);
	assert_int_equal(worker_stop(&keeper), 0);
}

static bool has_said_it_twice(void *data)
{
	return worker_said(data, "before they were delivered") == 2;
}

/* By a sender, and by retention that is told to. */
static void what_was_dropped_balances(void **state)
{
	static struct worker keeper, points, push;
	int64_t left;

	shop = *state;
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	worker_start(&keeper, shop, "keeper", 0, "web1");
	shop_orders(shop, 1, 300);
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	assert_int_equal(worker_stop(&points), 0);
	shop_orders(shop, 301, 700);
	shop_await_done(shop, "push");
	/* A sender that thinks of nobody. */
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "450", NULL);
	worker_await(&keeper, "group points: 250 entries were removed from the "
			      "stream before they were delivered");
	assert_int_equal(worker_stop(&keeper), 0);
	shop_configure(shop, "", "",
		       "stream: { retention: { max_entries = 200; "
		       "unread = \"drop\"; }; };");
	worker_start(&keeper, shop, "keeper", 0, "web1");
	until(has_said_it_twice, &keeper, "the keeper has dropped more");
	left = redis_fixture_integer(shop->redis, "XLEN", "ordermq", NULL);
	assert_in_range(left, 200, 299);
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	assert_int_equal(shop_number(shop, "points", "books", "dropped"),
			 700 - left);
	assert_int_equal(shop_number(shop, "push", "books", "dropped"), 0);
	assert_int_equal(ctl_run_on(shop, "verify", NULL), 0);
	assert_non_null(strstr(ctl.out,
			       " entries were removed from the stream before "
			       "they were delivered (dropped)"));
	assert_int_equal(worker_said(&keeper, "group push"), 0);
	assert_int_equal(worker_stop(&points), 0);
	assert_int_equal(worker_stop(&push), 0);
	assert_int_equal(worker_stop(&keeper), 0);
}

static void a_silent_group_is_named_once(void **state)
{
	static struct worker keeper;

	shop = *state;
	(void)redis_fixture_command(shop->redis, "XADD", "ordermq",
				    "1500000000000-0", "orderno", "1", NULL);
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "forgotten", "0", NULL);
	worker_start(&keeper, shop, "keeper", 0, "web1");
	worker_await(&keeper, "finding nobody-reads: forgotten: ");
	(void)redis_fixture_command(shop->redis, "XREADGROUP", "GROUP",
				    "forgotten", "c", "STREAMS", "ordermq", ">",
				    NULL);
	worker_await(&keeper, "finding nobody-reads: forgotten: over");
	assert_int_equal(worker_said(&keeper, "nobody has read"), 1);
	assert_int_equal(worker_stop(&keeper), 0);
}

static bool is_noted_as_done(void *data)
{
	char id[64];
	const struct reply *groups = redis_fixture_command(
		shop->redis, "XINFO", "GROUPS", "ordermq", NULL);

	(void)data;
	(void)snprintf(id, sizeof(id), "%s",
		       reply_text(reply_field(reply_at(groups, 0),
					      "last-delivered-id"))
			       .data);
	return text_is(
		reply_text(redis_fixture_command(shop->redis, "GET",
						 "{ordermq}:push:done", NULL)),
		id);
}

static void push_that_vanished_tells_nothing_twice(void **state)
{
	static struct worker keeper, push;

	shop = *state;
	worker_start(&push, shop, "push", 1, "web1");
	worker_start(&keeper, shop, "keeper", 0, "web1");
	shop_orders(shop, 1, 200);
	shop_await_done(shop, "push");
	until(is_noted_as_done, NULL, "what is done is noted");
	(void)redis_fixture_command(shop->redis, "XGROUP", "DESTROY", "ordermq",
				    "push", NULL);
	worker_await(&push, "had vanished: created again at 1");
	shop_orders(shop, 201, 100);
	shop_await_done(shop, "push");
	assert_int_equal(shop_check_push(shop, 300), 0);
	assert_int_equal(worker_stop(&push), 0);
	assert_int_equal(worker_stop(&keeper), 0);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(the_numbers_come_from_the_keeper),
		in_shop(the_last_seconds_are_told),
		in_shop(the_stream_and_other_groups_are_shown),
		in_shop(a_killed_keeper_comes_back_and_the_set_does_not_notice),
		in_shop(numbers_of_a_redis_that_is_away_are_unknown),
		in_shop(a_reload_changes_the_keeper_alone),
		in_shop(a_log_level_is_heard),
		in_shop(a_script_waits_until_all_is_done),
		in_shop(events_can_be_followed),
		in_shop(a_keeper_runs_alone),
		in_shop(what_was_dropped_balances),
		in_shop(a_silent_group_is_named_once),
		in_shop(push_that_vanished_tells_nothing_twice),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
