/* The states of tests/system/states, each made on a real server: a table, and
   above it how each begins and ends. What is checked in each is in states.c. */

#include "config.h"

#include "tests/system/states.h"

#include "tests/fixtures/proxy_fixture.h"

#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct worker state_worker;
struct proxy *state_proxy;
struct redis *state_other;

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
	redis_close(&state_other);
	assert_int_equal(redis_open(&settings.redis, -1, &state_other, &err),
			 0);
	for (; words[count] != NULL; count++)
		texts[count] = text_of(words[count]);
	assert_int_equal(redis_append(state_other, texts, count, &err), 0);
	assert_int_equal(redis_flush(state_other, &err), 0);
}

#define begin_words(shop, ...)                                                 \
	begin(shop, (const char *const[]){ __VA_ARGS__, NULL })

#define state_line_of(shop, ...)                                               \
	state_line(shop, (const char *const[]){ __VA_ARGS__, NULL })

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
	return strcmp(state_line_of(data, "PING"), "PONG") == 0;
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
	return strstr(state_line_of(data, "INFO", "persistence"),
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
	return strncmp(state_line_of(data, "PING"), "BUSY", 4) == 0;
}

static void busy_begin(struct shop *shop)
{
	config(shop, "busy-reply-threshold", "20");
	begin_words(shop, "EVAL", "while true do end", "0");
	until(is_busy, shop, "the server is busy");
}

static bool is_not_busy(void *data)
{
	(void)state_line_of(data, "SCRIPT", "KILL");
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
	limit(state_worker.pid, true, RLIMIT_NOFILE, 3);
	kill_clients(shop);
}

static void descriptors_end(struct shop *shop)
{
	(void)shop;
	limit(state_worker.pid, false, RLIMIT_NOFILE, 0);
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
	const char *list = state_line_of(shop, "CLIENT", "LIST");
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
	proxy_set(state_proxy, PROXY_SILENT);
}

static void way_deaf(struct shop *shop)
{
	(void)shop;
	proxy_set(state_proxy, PROXY_DEAF);
}

static void way_slow(struct shop *shop)
{
	(void)shop;
	proxy_set(state_proxy, PROXY_SLOW);
}

static void way_reset(struct shop *shop)
{
	(void)shop;
	proxy_set(state_proxy, PROXY_RESET);
}

static void way_open(struct shop *shop)
{
	(void)shop;
	proxy_set(state_proxy, PROXY_PASS);
}

const struct row state_rows[STATE_COUNT] = {
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

bool state_needs_file(const struct row *row)
{
	return row->begin == down_begin || row->begin == disk_begin;
}
