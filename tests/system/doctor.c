#include "config.h"

#include "tests/fixtures/program_fixture.h"
#include "tests/fixtures/redis_fixture.h"

#include <jansson.h>

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH_BYTES 128
#define READY_TRIES 400
#define READY_TRY_MSECS 25

static struct redis_fixture *server;
static char conf[PATH_BYTES];
static struct program ctl, daemon_program;

/* A server set up as it should be, on which points has worked. */
static int open_all(void **state)
{
	FILE *file;

	(void)state;
	server = redis_fixture_start();
	(void)snprintf(conf, sizeof(conf), "%s/ordermq.conf",
		       redis_fixture_dir(server));
	file = fopen(conf, "we");
	assert_non_null(file);
	fprintf(file,
		"redis: { url = \"unix://%s\"; };\n"
		"supervisor: { control = \"%s/control.sock\"; programs = "
		"\"%s/bin\"; };\n"
		"log: { to = \"stderr\"; };\n"
		"groups: ( { name = \"points\"; program = \"points\"; } );\n",
		redis_fixture_socket(server), redis_fixture_dir(server),
		getcwd((char[4096]){ 0 }, 4096));
	assert_int_equal(fclose(file), 0);
	(void)redis_fixture_command(server, "CONFIG", "SET", "appendonly",
				    "yes", NULL);
	(void)redis_fixture_command(server, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:start",
				    "id", "0-0", "added", "0", "due", "0",
				    "settled", "0", NULL);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	redis_fixture_stop(&server);
	return 0;
}

static int run(const char *verb, const char *a, const char *b)
{
	const char *argv[] = { "bin/ordermqctl", "-c", conf, verb, a, b, NULL };

	program_run(&ctl, argv, "");
	assert_null(strstr(ctl.err, "Sanitizer"));
	assert_null(strstr(ctl.err, "runtime error"));
	return ctl.status;
}

static void expect(int status, int is)
{
	if (status != is)
		fail_msg("exit status %d:\n%s%s", is, ctl.out, ctl.err);
}

static void says(const char *text)
{
	if (strstr(ctl.out, text) == NULL)
		fail_msg("'%s' is not in:\n%s%s", text, ctl.out, ctl.err);
}

static void doctor_says(int status, const char *text)
{
	expect(status, run("doctor", NULL, NULL));
	says(text);
}

static void set(const char *name, const char *value)
{
	(void)redis_fixture_command(server, "CONFIG", "SET", name, value, NULL);
}

static void add(const char *id)
{
	(void)redis_fixture_command(server, "XADD", "ordermq", id, "orderno",
				    "A", NULL);
}

static void read_all(const char *consumer)
{
	(void)redis_fixture_command(server, "XREADGROUP", "GROUP", "points",
				    consumer, "STREAMS", "ordermq", ">", NULL);
}

static void a_sound_installation_is_left_in_peace(void **state)
{
	(void)state;
	doctor_says(0, "ok    durability: appendonly, appendfsync always");
	says("ok    rights of points: user default may do all of it");
	says("ok    rights of the keeper: user default may do all of it");
	says("ok    group points: 0 consumers, 0 entries pending");
	assert_null(strstr(ctl.out, "->"));
}

static void every_setting_of_redis_is_judged(void **state)
{
	static const struct {
		const char *name, *value, *sound;
		int status;
		const char *text;
	} rows[] = {
		{ "appendonly", "no", "yes", 2,
		  "FAIL  durability: appendonly" },
		{ "appendfsync", "everysec", "always", 1,
		  "warn  durability: appendfsync is everysec" },
		{ "appendfsync", "no", "always", 2,
		  "FAIL  durability: appendfsync is no" },
		{ "maxmemory-policy", "allkeys-lru", "noeviction", 1,
		  "warn  memory: maxmemory-policy allkeys-lru" },
		{ "maxmemory-policy", "volatile-lru", "noeviction", 0,
		  "ok    memory: maxmemory not set, volatile-lru" },
		{ "maxmemory", "100mb", "0", 0,
		  "ok    memory: maxmemory 100MiB, noeviction" },
		{ "min-replicas-to-write", "1", "0", 2,
		  "FAIL  replicas: 0 connected, and min-replicas-to-write 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set(rows[i].name, rows[i].value);
		doctor_says(rows[i].status, rows[i].text);
		set(rows[i].name, rows[i].sound);
	}
	set("maxmemory", "100mb");
	set("maxmemory-policy", "allkeys-lfu");
	doctor_says(2, "FAIL  memory: maxmemory-policy allkeys-lfu");
	doctor_says(2, "-> maxmemory-policy noeviction");
}

/* The connection of the test keeps its rights no more than others do: it takes
   another user's first. */
static void restrict_default(const char *right)
{
	(void)redis_fixture_command(server, "ACL", "SETUSER", "admin", "on",
				    "nopass", "+@all", "~*", "&*", NULL);
	(void)redis_fixture_command(server, "AUTH", "admin", "x", NULL);
	(void)redis_fixture_command(server, "ACL", "SETUSER", "default", right,
				    NULL);
}

static void what_redis_does_not_tell_is_unknown(void **state)
{
	(void)state;
	restrict_default("-config");
	doctor_says(1, "?     durability: not told: CONFIG: NOPERM");
	says("?     memory: not told");
	says("?     replicas: not told");
	restrict_default("-info");
	doctor_says(1, "?     server: not told: INFO: NOPERM");
	restrict_default("-acl");
	doctor_says(1, "?     rights: not told: ACL: NOPERM");
	restrict_default("-xinfo");
	doctor_says(1, "?     stream: not told: XINFO: NOPERM");
}

static void missing_rights_are_named(void **state)
{
	(void)state;
	restrict_default("-xack");
	doctor_says(2, "FAIL  rights of points: user default may not: XACK\n");
	restrict_default("-hscan");
	doctor_says(
		2, "warn  rights of ordermqctl: user default may not: HSCAN\n");
	restrict_default("+xack");
	restrict_default("-xadd");
	doctor_says(2, "FAIL  rights of points: user default may not: XADD\n");
	says("warn  rights to publish: user default may not: XADD\n");
}

static void rights_to_the_keys_count_too(void **state)
{
	(void)state;
	restrict_default("resetkeys");
	restrict_default("~ordermq");
	doctor_says(2, "FAIL  rights of points: user default may not: EXISTS, "
		       "DEL, HGET");
	restrict_default("~{ordermq}:*");
	doctor_says(0, "ok    rights of points");
}

static void a_group_that_nobody_reads_is_named(void **state)
{
	(void)state;
	(void)redis_fixture_command(server, "XGROUP", "CREATE", "ordermq",
				    "audit", "0", NULL);
	doctor_says(1, "warn  group audit: not in the configuration, and "
		       "nobody reads it");
	(void)redis_fixture_command(server, "XGROUP", "CREATECONSUMER",
				    "ordermq", "audit", "a", NULL);
	doctor_says(0, "ok    group audit: not in the configuration, and read "
		       "by somebody else");
}

static void a_group_that_never_ran_is_named(void **state)
{
	(void)state;
	(void)redis_fixture_command(server, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	doctor_says(1, "warn  group points: configured, and not on the stream");
	(void)redis_fixture_command(server, "DEL", "ordermq", NULL);
	doctor_says(1, "warn  stream: ordermq is not there yet");
}

static void a_paused_group_is_named(void **state)
{
	(void)state;
	doctor_says(0, "ok    group points");
	expect(0, run("pause", "points", "--reason=the gateway moves"));
	doctor_says(1, "warn  group points");
	says("paused for ");
	says(": the gateway moves\n");
	says("ordermqctl resume points\n");
	expect(0, run("resume", "points", NULL));
	doctor_says(0, "ok    group points");
}

static void entries_with_a_consumer_that_nobody_holds_are_named(void **state)
{
	char owner[128];

	(void)state;
	add("*");
	read_all("points-1@web1");
	doctor_says(1, "warn  group points: 1 entries are pending with "
		       "points-1@web1, which nobody holds");
	(void)snprintf(owner, sizeof(owner), "abc 1 %" PRId64 " web1 pid 1",
		       (int64_t)(time(NULL) + 60) * 1000);
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:owners",
				    "points-1@web1", owner, NULL);
	doctor_says(0, "ok    group points: 1 consumers, 1 entries pending");
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:owners",
				    "points-1@web1", "abc 1 1000 web1 pid 1",
				    NULL);
	doctor_says(1, "which nobody holds");
}

static void book(const char *name, const char *count)
{
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:books",
				    name, count, NULL);
}

static void note(const char *name, const char *count)
{
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:start",
				    name, count, NULL);
}

static void what_a_publisher_trimmed_is_counted(void **state)
{
	(void)state;
	add("1500000000000-1");
	read_all("points-1@web1");
	(void)redis_fixture_command(server, "XACK", "ordermq", "points",
				    "1500000000000-1", NULL);
	book("applied", "1");
	add("1500000000000-2");
	add("1500000000000-3");
	add("1500000000000-4");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "3",
				    NULL);
	doctor_says(0, "ok    group points");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "1",
				    NULL);
	doctor_says(2, "FAIL  group points: 2 entries were due and are "
		       "nowhere");
	book("dropped", "2");
	doctor_says(1, "warn  group points: 2 entries were removed from the "
		       "stream before they were delivered");
}

static void what_was_lost_in_another_way_is_told(void **state)
{
	(void)state;
	add("1-1");
	add("1-2");
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "$", NULL);
	book("skipped", "2");
	doctor_says(1, "warn  group points: 2 entries were skipped: somebody "
		       "else set the group forward");
	book("skipped", "0");
	book("applied", "3");
	doctor_says(1, "warn  group points: 1 more entries than were due");
	note("due", "1");
	note("moved", "1");
	doctor_says(1, "warn  group points: 1 more entries than were due: "
		       "somebody else set the group back");
	book("applied", "2");
	book("dropped", "1");
	note("doubt", "1");
	doctor_says(1, "warn  group points: 1 entries are counted as dropped, "
		       "and were settled\n"
		       "      -> ordermqctl verify --correct");
}

static void a_group_beyond_the_end_is_told_with_its_place(void **state)
{
	(void)state;
	add("1-1");
	(void)redis_fixture_command(server, "XGROUP", "SETID", "ordermq",
				    "points", "9-9", NULL);
	doctor_says(2, "FAIL  group points: stands at 9-9, beyond the end of "
		       "the stream: what is added is not delivered\n"
		       "      -> redis-cli XGROUP SETID ordermq points '$'");
	note("last", "0-5");
	doctor_says(2, "XGROUP SETID ordermq points '0-5'");
}

static void what_cannot_be_told_is_unknown(void **state)
{
	(void)state;
	(void)redis_fixture_command(server, "DEL", "{ordermq}:points:start",
				    NULL);
	doctor_says(1, "?     group points: whether entries are missing is not "
		       "known: its account has no beginning");
}

static void what_was_trimmed_while_pending_is_named(void **state)
{
	(void)state;
	add("1-1");
	add("1-2");
	read_all("points-1@web1");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "1",
				    NULL);
	doctor_says(2, "FAIL  group points: entry 1-1 is pending, and was "
		       "removed");
	(void)redis_fixture_command(server, "XTRIM", "ordermq", "MAXLEN", "0",
				    NULL);
	doctor_says(2, "FAIL  group points: entry 1-1 is pending, and was "
		       "removed");
	(void)redis_fixture_command(server, "XACK", "ordermq", "points", "1-1",
				    "1-2", NULL);
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:books",
				    "lost", "2", NULL);
	doctor_says(1, "warn  group points: 2 entries were removed from the "
		       "stream while they were pending");
}

static void dead_letters_have_an_age(void **state)
{
	const int64_t then = (int64_t)time(NULL) - 7200;
	char id[32];

	(void)state;
	(void)snprintf(id, sizeof(id), "%" PRId64 "000-0", then);
	(void)redis_fixture_command(server, "XADD", "{ordermq}:dead", id,
				    "group", "points", NULL);
	(void)redis_fixture_command(server, "XADD", "{ordermq}:dead", "*",
				    "group", "points", NULL);
	doctor_says(1, "warn  dead letters: 2, the first 2h ago");
}

static void the_ledger_has_a_size_and_a_growth(void **state)
{
	char then[32];

	(void)state;
	(void)snprintf(then, sizeof(then), "%" PRId64,
		       (int64_t)time(NULL) - 2 * 86400 - 60);
	(void)redis_fixture_command(server, "HSET", "{ordermq}:points:start",
				    "time", then, NULL);
	(void)redis_fixture_command(
		server, "EVAL",
		"for i = 1, 1000 do redis.call('HSET', KEYS[1], i, "
		"string.rep('x', 2500)) end",
		"1", "{ordermq}:points:ledger", NULL);
	doctor_says(0, "ok    ledger: points has 1000 lines (500 a day), about "
		       "2 MiB");
	set("maxmemory", "4mb");
	doctor_says(1, "warn  ledger: points has 1000 lines");
}

static void programs_read_it_line_by_line(void **state)
{
	const char *line = ctl.out;
	int lines = 0;

	(void)state;
	set("appendonly", "no");
	expect(2, run("doctor", "--json", NULL));
	while (*line != '\0') {
		json_t *json = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);

		assert_non_null(json);
		assert_string_equal(
			json_string_value(json_object_get(json, "kind")),
			"finding");
		json_decref(json);
		line = strchr(line, '\n') + 1;
		lines++;
	}
	assert_true(lines > 8);
	says("\"state\":\"fail\"");
}

static void silence_is_a_status_of_its_own(void **state)
{
	(void)state;
	redis_fixture_kill(server);
	expect(3, run("doctor", NULL, NULL));
	expect(3, run("check", NULL, NULL));
	says("ORDERMQ UNKNOWN: ");
	conf[0] = 'x';
	expect(3, run("doctor", NULL, NULL));
	expect(3, run("check", NULL, NULL));
	says("ORDERMQ UNKNOWN: ");
}

static void a_monitor_hears_how_far_behind_it_is(void **state)
{
	(void)state;
	expect(2, run("check", NULL, NULL));
	says("ORDERMQ CRITICAL: points 0 s behind, ");
	says("ordermqd is not running");
	says(" | dead=0;;;0 lost=0;;;0 dropped=0;;;0 skipped=0;;;0 "
	     "waiting=0;;;0 "
	     "unknown=0;;;0 points=0s;30;300;0\n");
	expect(64, run("check", "--warn-lag", "soon"));
}

static void await_status(int status)
{
	const struct timespec pause = { .tv_nsec = READY_TRY_MSECS * 1000000L };

	for (int i = 0; i < READY_TRIES; i++) {
		if (run("check", NULL, NULL) == status)
			return;
		(void)nanosleep(&pause, NULL);
	}
	fail_msg("never %d: %s", status, ctl.out);
}

static void with_ordermqd_the_age_decides(void **state)
{
	const char *argv[] = { "bin/ordermqd", "-c", conf, "-X", "test", NULL };
	char id[32];

	(void)state;
	program_start(&daemon_program, argv);
	await_status(0);
	says("ORDERMQ OK: points 0 s behind | dead=0;");
	says(" points=0s;30;300;0\n");
	(void)snprintf(id, sizeof(id), "%" PRId64 "000-0",
		       (int64_t)time(NULL) - 100);
	/* In one step, so that no instance can be quicker. */
	(void)redis_fixture_command(
		server, "EVAL",
		"redis.call('XADD', KEYS[1], ARGV[1], 'orderno', 'A') return "
		"redis.call('XREADGROUP', 'GROUP', 'points', "
		"'points-9@test', 'STREAMS', "
		"KEYS[1], '>')",
		"1", "ordermq", id, NULL);
	await_status(1);
	says("ORDERMQ WARNING: points 10");
	expect(2, run("check", "--crit-lag", "1m"));
	says("ORDERMQ CRITICAL: points 10");
	expect(0, run("check", "--warn-lag", "200s"));
	(void)kill(daemon_program.pid, SIGTERM);
	program_finish(&daemon_program);
	assert_int_equal(daemon_program.status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sound_installation_is_left_in_peace),
		TEST(every_setting_of_redis_is_judged),
		TEST(what_redis_does_not_tell_is_unknown),
		TEST(missing_rights_are_named),
		TEST(rights_to_the_keys_count_too),
		TEST(a_group_that_nobody_reads_is_named),
		TEST(a_group_that_never_ran_is_named),
		TEST(a_paused_group_is_named),
		TEST(entries_with_a_consumer_that_nobody_holds_are_named),
		TEST(what_a_publisher_trimmed_is_counted),
		TEST(what_was_lost_in_another_way_is_told),
		TEST(a_group_beyond_the_end_is_told_with_its_place),
		TEST(what_cannot_be_told_is_unknown),
		TEST(what_was_trimmed_while_pending_is_named),
		TEST(dead_letters_have_an_age),
		TEST(the_ledger_has_a_size_and_a_growth),
		TEST(programs_read_it_line_by_line),
		TEST(silence_is_a_status_of_its_own),
		TEST(a_monitor_hears_how_far_behind_it_is),
		TEST(with_ordermqd_the_age_decides),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
