/* The states that a server, or the way to it, can be in: each is made on a real
   server. A client must read the error right, and a worker must say once that
   something is wrong and once that it is over, try again at its pace meanwhile,
   and then go on. */

#include "config.h"

#include "tests/fixtures/process_fixture.h"
#include "tests/fixtures/proxy_fixture.h"

#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/redis_error.h"
#include "lib/settings/settings.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* How long a state lasts, so that several attempts fall into it: pauses are at
   most 200 ms. */
#define HOLD_MSECS 500

/* Of that, a worker may use this much of the processor. */
#define SPIN_MSECS 200

#define ORDERS 50

/* A state, and what must be made of it. */
struct row {
	const char *name;
	void (*begin)(struct shop *shop);
	void (*end)(struct shop *shop);
	/* The worker: which line tells of it (NULL: none; it is no trouble),
	   and how many such lines there may be. The end of a connection is one
	   more. */
	const char *said;
	size_t lines;
	/* A client: what it asks, the first word of the answer, or the other
	   one of another server, and what that means. NULL: it connects. */
	const char *words[2];
	enum redis_class class;
	const char *ask[8];
};

static const struct row *row; /* of this test */
static struct worker points;
static struct proxy *proxy;
static struct redis *other; /* a second connection of the test's own */

/* A command that must work. */
#define say(shop, ...)                                                         \
	((void)redis_fixture_command((shop)->redis, __VA_ARGS__, NULL))
#define config(shop, name, value) say(shop, "CONFIG", "SET", name, value)

/* Send a command whose reply is not waited for. */
static void begin(const struct shop *shop, const char *const *words)
{
	struct settings settings;
	struct text texts[8];
	size_t count = 0;
	struct err err;

	redis_fixture_settings(shop->redis, &settings);
	redis_close(&other);
	assert_int_equal(redis_open(&settings.redis, -1, &other, &err), 0);
	for (; words[count] != NULL; count++)
		texts[count] = text_of(words[count]);
	assert_int_equal(redis_append(other, texts, count, &err), 0);
	assert_int_equal(redis_flush(other, &err), 0);
}

#define begin_words(shop, ...)                                                 \
	begin(shop, (const char *const[]){ __VA_ARGS__, NULL })

/* What a command answers, as a line. */
static const char *line_of(const struct shop *shop, const char *const *words)
{
	struct text texts[16];
	size_t count = 0;

	for (; words[count] != NULL; count++)
		texts[count] = text_of(words[count]);
	return reply_text(redis_fixture_call(shop->redis, texts, count)).data;
}

#define line_of_words(shop, ...)                                               \
	line_of(shop, (const char *const[]){ __VA_ARGS__, NULL })

static void nothing(struct shop *shop)
{
	(void)shop;
}

/* It loads what it has just saved, slowly. */
static void loading_begin(struct shop *shop)
{
	say(shop, "DEBUG", "POPULATE", "1000");
	config(shop, "key-load-delay", "1500");
	config(shop, "loading-process-events-interval-bytes", "1024");
	begin_words(shop, "DEBUG", "RELOAD");
}

static bool is_loaded(void *data)
{
	return strcmp(line_of_words(data, "PING"), "PONG") == 0;
}

static void loading_end(struct shop *shop)
{
	until(is_loaded, shop, "all is loaded");
}

static void replica_begin(struct shop *shop)
{
	say(shop, "REPLICAOF", "127.0.0.1", "1");
}

static void stale_begin(struct shop *shop)
{
	config(shop, "replica-serve-stale-data", "no");
	replica_begin(shop);
}

static void replica_end(struct shop *shop)
{
	say(shop, "REPLICAOF", "NO", "ONE");
}

static void full_begin(struct shop *shop)
{
	config(shop, "maxmemory", "1");
}

static void full_end(struct shop *shop)
{
	config(shop, "maxmemory", "0");
}

static void snapshot_path(const struct shop *shop, char *path, size_t bytes)
{
	(void)snprintf(path, bytes, "%s/dump.rdb",
		       redis_fixture_dir(shop->redis));
}

static bool snapshot_failed(void *data)
{
	return strstr(line_of_words(data, "INFO", "persistence"),
		      "rdb_last_bgsave_status:err") != NULL;
}

/* Where the snapshot should go, a directory is in the way. */
static void misconf_begin(struct shop *shop)
{
	char path[128];

	snapshot_path(shop, path, sizeof(path));
	assert_int_equal(mkdir(path, 0700), 0);
	config(shop, "save", "3600 1000000");
	say(shop, "BGSAVE");
	until(snapshot_failed, shop, "the snapshot fails");
}

static void misconf_end(struct shop *shop)
{
	char path[128];

	snapshot_path(shop, path, sizeof(path));
	assert_int_equal(rmdir(path), 0);
	config(shop, "save", "");
}

/* A soft limit of a process that runs; or as it was. */
static void limit(pid_t pid, bool is_limited, int resource, rlim_t soft)
{
	struct rlimit limits;

	assert_int_equal(prlimit(pid, resource, NULL, &limits), 0);
	limits.rlim_cur = is_limited ? soft : limits.rlim_max;
	assert_int_equal(prlimit(pid, resource, &limits, NULL), 0);
}

static void disk_begin(struct shop *shop)
{
	config(shop, "appendfsync", "everysec");
	limit(redis_fixture_pid(shop->redis), true, RLIMIT_FSIZE, 1);
}

static void disk_end(struct shop *shop)
{
	limit(redis_fixture_pid(shop->redis), false, RLIMIT_FSIZE, 0);
}

static bool is_busy(void *data)
{
	return strncmp(line_of_words(data, "PING"), "BUSY", 4) == 0;
}

static void busy_begin(struct shop *shop)
{
	config(shop, "busy-reply-threshold", "20");
	begin_words(shop, "EVAL", "while true do end", "0");
	until(is_busy, shop, "the server is busy");
}

static bool is_not_busy(void *data)
{
	(void)line_of_words(data, "SCRIPT", "KILL");
	return !is_busy(data);
}

static void busy_end(struct shop *shop)
{
	until(is_not_busy, shop, "the script is killed");
}

static void flush_scripts(struct shop *shop)
{
	say(shop, "SCRIPT", "FLUSH");
}

static void replicas_begin(struct shop *shop)
{
	config(shop, "min-replicas-to-write", "1");
}

static void replicas_end(struct shop *shop)
{
	config(shop, "min-replicas-to-write", "0");
}

static void forbid(struct shop *shop)
{
	say(shop, "ACL", "SETUSER", "default", "-evalsha");
}

static void allow(struct shop *shop)
{
	say(shop, "ACL", "SETUSER", "default", "+evalsha");
}

static void kill_clients(struct shop *shop)
{
	say(shop, "CLIENT", "KILL", "TYPE", "normal");
}

/* It keeps what it has, and gets no more. */
static void descriptors_begin(struct shop *shop)
{
	limit(points.pid, true, RLIMIT_NOFILE, 3);
	kill_clients(shop);
}

static void descriptors_end(struct shop *shop)
{
	(void)shop;
	limit(points.pid, false, RLIMIT_NOFILE, 0);
}

static void password_begin(struct shop *shop)
{
	config(shop, "requirepass", "s3cret");
	kill_clients(shop);
}

static void password_end(struct shop *shop)
{
	config(shop, "requirepass", "");
}

static void clients_begin(struct shop *shop)
{
	config(shop, "maxclients", "1");
	kill_clients(shop);
}

static void clients_end(struct shop *shop)
{
	config(shop, "maxclients", "1000");
}

static void type_begin(struct shop *shop)
{
	say(shop, "RENAME", "ordermq", "aside");
	say(shop, "SET", "ordermq", "x");
}

static void type_end(struct shop *shop)
{
	say(shop, "RENAME", "aside", "ordermq");
}

/* The worker's connection, while it waits for entries. */
static bool is_unblocked(void *data)
{
	const struct shop *shop = data;
	const char *list = line_of_words(shop, "CLIENT", "LIST");
	const char *reader = strstr(list, "cmd=xreadgroup");
	char id[32];

	if (reader == NULL)
		return false;
	while (reader > list && reader[-1] != '\n')
		reader--;
	if (sscanf(reader, "id=%31[0-9]", id) != 1)
		return false;
	return redis_fixture_integer(shop->redis, "CLIENT", "UNBLOCK", id,
				     "ERROR", NULL) == 1;
}

static void unblock(struct shop *shop)
{
	until(is_unblocked, shop, "the worker waits, and is woken");
}

static void drop_group(struct shop *shop)
{
	say(shop, "XGROUP", "DESTROY", "ordermq", "points");
}

static void drop_stream(struct shop *shop)
{
	say(shop, "DEL", "ordermq");
}

static void pause_clients(struct shop *shop)
{
	say(shop, "CLIENT", "PAUSE", "1500");
}

static void hang_begin(struct shop *shop)
{
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGSTOP), 0);
}

static void hang_end(struct shop *shop)
{
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGCONT), 0);
}

static void down_begin(struct shop *shop)
{
	redis_fixture_kill(shop->redis);
}

static void down_end(struct shop *shop)
{
	redis_fixture_restart(shop->redis);
}

static void doze(struct shop *shop)
{
	begin_words(shop, "DEBUG", "SLEEP", "0.2");
}

static void way_silent(struct shop *shop)
{
	(void)shop;
	proxy_set(proxy, PROXY_SILENT);
}

static void way_deaf(struct shop *shop)
{
	(void)shop;
	proxy_set(proxy, PROXY_DEAF);
}

static void way_slow(struct shop *shop)
{
	(void)shop;
	proxy_set(proxy, PROXY_SLOW);
}

static void way_reset(struct shop *shop)
{
	(void)shop;
	proxy_set(proxy, PROXY_RESET);
}

static void way_open(struct shop *shop)
{
	(void)shop;
	proxy_set(proxy, PROXY_PASS);
}

static const struct row rows[] = {
	{ "a_server_that_loads",
	  loading_begin,
	  loading_end,
	  "",
	  2,
	  { "LOADING" },
	  REDIS_WAIT,
	  { "PING" } },
	{ "a_replica",
	  replica_begin,
	  replica_end,
	  "READONLY",
	  2,
	  { "READONLY" },
	  REDIS_RECONNECT,
	  { "SET", "x", "x" } },
	{ "a_replica_without_its_master",
	  stale_begin,
	  replica_end,
	  "MASTERDOWN",
	  2,
	  { "MASTERDOWN" },
	  REDIS_WAIT,
	  { "GET", "x" } },
	{ "a_full_server",
	  full_begin,
	  full_end,
	  "OOM",
	  1,
	  { "OOM" },
	  REDIS_WAIT,
	  { "SET", "x", "x" } },
	{ "a_server_that_cannot_save",
	  misconf_begin,
	  misconf_end,
	  "MISCONF",
	  1,
	  { "MISCONF" },
	  REDIS_WAIT,
	  { "SET", "x", "x" } },
	{ "a_full_disk",
	  disk_begin,
	  disk_end,
	  "MISCONF",
	  1,
	  { "MISCONF" },
	  REDIS_WAIT,
	  { "SET", "x", "x" } },
	{ "a_busy_script",
	  busy_begin,
	  busy_end,
	  "",
	  2,
	  { "BUSY" },
	  REDIS_WAIT,
	  { "PING" } },
	{ "forgotten_scripts",
	  flush_scripts,
	  nothing,
	  "NOSCRIPT",
	  1,
	  { "NOSCRIPT" },
	  REDIS_RELOAD,
	  { "EVALSHA", "0123456789012345678901234567890123456789", "0" } },
	{ "too_few_replicas",
	  replicas_begin,
	  replicas_end,
	  "NOREPLICAS",
	  1,
	  { "NOREPLICAS" },
	  REDIS_WAIT,
	  { "SET", "x", "x" } },
	{ "a_missing_permission",
	  forbid,
	  allow,
	  "NOPERM",
	  1,
	  { "NOPERM" },
	  REDIS_REFUSED,
	  { "EVALSHA", "0123456789012345678901234567890123456789", "0" } },
	{ "a_missing_password",
	  password_begin,
	  password_end,
	  "NOAUTH",
	  2,
	  { "NOAUTH" },
	  REDIS_REFUSED,
	  { NULL } },
	{ "a_wrong_password",
	  nothing,
	  nothing,
	  NULL,
	  0,
	  { "WRONGPASS" },
	  REDIS_REFUSED,
	  { "AUTH", "nobody", "s3cret" } },
	{ "an_unknown_protocol",
	  nothing,
	  nothing,
	  NULL,
	  0,
	  { "NOPROTO" },
	  REDIS_REFUSED,
	  { "HELLO", "9" } },
	{ "an_unknown_command",
	  nothing,
	  nothing,
	  NULL,
	  0,
	  { "ERR" },
	  REDIS_RECONNECT,
	  { "NONSENSE" } },
	{ "too_many_clients",
	  clients_begin,
	  clients_end,
	  "",
	  1,
	  { "ERR" },
	  REDIS_RECONNECT,
	  { NULL } },
	{ "a_key_of_the_wrong_type",
	  type_begin,
	  type_end,
	  "",
	  2,
	  { "WRONGTYPE" },
	  REDIS_REFUSED,
	  { "XLEN", "ordermq" } },
	{ "a_destroyed_group",
	  drop_group,
	  nothing,
	  "NOGROUP",
	  1,
	  { "NOGROUP" },
	  REDIS_REPAIR,
	  { "XPENDING", "ordermq", "nobody" } },
	{ "a_deleted_stream",
	  drop_stream,
	  nothing,
	  "",
	  1,
	  { "NOGROUP" },
	  REDIS_REPAIR,
	  { "XPENDING", "nothing", "points" } },
	{ "a_reader_woken_with_an_error",
	  unblock,
	  nothing,
	  "UNBLOCKED",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "killed_connections",
	  kill_clients,
	  nothing,
	  "",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "no_descriptor_that_is_free",
	  descriptors_begin,
	  descriptors_end,
	  "",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "paused_clients",
	  pause_clients,
	  nothing,
	  "no answer in time",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "a_server_that_hangs",
	  hang_begin,
	  hang_end,
	  "no answer in time",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "a_server_that_is_down",
	  down_begin,
	  down_end,
	  "",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "a_server_that_dozes",
	  doze,
	  nothing,
	  NULL,
	  0,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "a_half_open_connection",
	  way_silent,
	  way_open,
	  "no answer in time",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "replies_that_never_arrive",
	  way_deaf,
	  way_open,
	  "no answer in time",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "reset_connections",
	  way_reset,
	  way_open,
	  "reset by peer",
	  1,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
	{ "a_slow_network",
	  way_slow,
	  way_open,
	  NULL,
	  0,
	  { NULL },
	  REDIS_WAIT,
	  { NULL } },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* How a new connection is refused. */
static const char *connect_line(const struct shop *shop, struct err *err)
{
	struct settings settings;
	struct redis *redis;

	redis_fixture_settings(shop->redis, &settings);
	if (redis_open(&settings.redis, -1, &redis, err) == 0) {
		redis_close(&redis);
		return "";
	}
	return err->text;
}

struct question {
	const struct shop *shop;
	const char *line; /* from the word on */
	struct err err;
};

static bool is_answered(void *data)
{
	struct question *question = data;
	const char *const *ask = row->ask;
	const char *line =
		ask[0] == NULL ? connect_line(question->shop, &question->err)
			       : line_of(question->shop, ask);

	for (size_t i = 0; i < 2 && row->words[i] != NULL; i++) {
		size_t length = strlen(row->words[i]);

		question->line = strstr(line, row->words[i]);
		if (question->line != NULL && question->line[length] == ' ')
			return true;
	}
	return false;
}

static void client_check(const struct shop *shop)
{
	struct question question = { .shop = shop };

	if (row->words[0] == NULL)
		return;
	until(is_answered, &question, row->words[0]);
	print_message("# %.60s\n", question.line);
	assert_int_equal(redis_error_class(text_of(question.line)), row->class);
}

/* Lines that tell of trouble. */
static size_t trouble_lines(void)
{
	return worker_said(&points, ": connecting again") +
	       worker_said(&points, ": waiting") +
	       worker_said(&points, ": needs an operator");
}

static bool is_said(void *data)
{
	(void)data;
	return trouble_lines() > 0 &&
	       (row->said[0] == '\0' || worker_said(&points, row->said) > 0);
}

static bool is_well(void *data)
{
	(void)data;
	return worker_said(&points, "redis is well again") > 0;
}

/* While it lasts, the worker tries again and again, and says so once. */
static void worker_check(void)
{
	int64_t before = worker_cpu_msecs(&points);

	if (row->said != NULL)
		until(is_said, NULL, "the worker tells of it");
	(void)poll(NULL, 0, HOLD_MSECS);
	assert_true(worker_is_alive(&points));
	assert_true(worker_cpu_msecs(&points) - before < SPIN_MSECS);
	if (row->said == NULL)
		assert_int_equal(trouble_lines(), 0);
	else
		assert_in_range(trouble_lines(), 1, row->lines);
}

static void a_state_is_told_once_and_survived(void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, ORDERS);
	shop_await_done(shop, "points");
	row->begin(shop);
	client_check(shop);
	worker_check();
	row->end(shop);
	if (row->said != NULL)
		until(is_well, NULL, "the worker is well again");
	shop_orders(shop, ORDERS + 1, ORDERS);
	shop_await_done(shop, "points");
	shop_check_points(shop, 2 * ORDERS);
	if (row->said != NULL)
		assert_in_range(trouble_lines(), 1, row->lines);
	assert_int_equal(worker_said(&points, "redis is well again"),
			 row->said != NULL);
	assert_true(worker_is_alive(&points));
}

/* The worker comes by TCP, through the proxy. */
static int state_open(void **state)
{
	struct shop *shop;

	row = *state;
	if (shop_open(state) < 0)
		return -1;
	shop = *state;
	if (row->begin == down_begin || row->begin == disk_begin)
		redis_fixture_append_only(shop->redis);
	proxy = proxy_start(redis_fixture_socket(shop->redis));
	shop->url = proxy_url(proxy);
	shop_configure(shop,
		       "reply_timeout = \"500ms\"; "
		       "connect_timeout = \"500ms\"; "
		       "alarm_retry = \"100ms\";",
		       "batch = 4;", "");
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	return 0;
}

static int state_close(void **state)
{
	proxy_stop(&proxy);
	redis_close(&other);
	return shop_close(state);
}

int main(void)
{
	struct CMUnitTest tests[ROW_COUNT];

	for (size_t i = 0; i < ROW_COUNT; i++)
		tests[i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = a_state_is_told_once_and_survived,
			.setup_func = state_open,
			.teardown_func = state_close,
			.initial_state = (void *)(uintptr_t)&rows[i],
		};
	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
