#include "config.h"

#include "tests/process_fixture.h"

#include "lib/base/clock.h"

#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MSECS 20000
#define POLL_MSECS 5
#define LOG_BYTES (256 * 1024)
#define WORDS_MAX 64
#define WORKERS_MAX 16

/* All that were started in this test. */
static struct worker *workers[WORKERS_MAX];
static size_t worker_count;

static int remove_entry(const char *path, const struct stat *st, int flag,
			struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int shop_open(void **state)
{
	struct shop *shop = calloc(1, sizeof(*shop));

	assert_non_null(shop);
	(void)strcpy(shop->dir, "/tmp/omq-shop-XXXXXX");
	assert_non_null(mkdtemp(shop->dir));
	(void)snprintf(shop->conf, sizeof(shop->conf), "%s/ordermq.conf",
		       shop->dir);
	(void)snprintf(shop->push_file, sizeof(shop->push_file),
		       "%s/push.jsonl", shop->dir);
	(void)snprintf(shop->xread_file, sizeof(shop->xread_file),
		       "%s/xread.txt", shop->dir);
	(void)snprintf(shop->run_dir, sizeof(shop->run_dir), "%s", shop->dir);
	shop->owner_ttl = "1s";
	shop->drain = "10s";
	shop->redis = redis_fixture_start();
	shop_configure(shop, "", "", "");
	*state = shop;
	return 0;
}

/* A worker that was built to watch itself has found nothing, but for the NULL
   pointer of trial_worker.c. */
static int worker_check(const struct worker *worker)
{
	if (worker_said(worker, "SUMMARY: ") ==
		    worker_said(worker, " in act_null\n") &&
	    worker_said(worker, "runtime error") == 0)
		return 0;
	print_error("%s\n", worker_log(worker));
	return -1;
}

int shop_close(void **state)
{
	struct shop *shop = *state;
	int ret = 0;

	while (worker_count > 0) {
		worker_kill(workers[--worker_count]);
		if (worker_check(workers[worker_count]) < 0)
			ret = -1;
	}
	redis_fixture_stop(&shop->redis);
	(void)nftw(shop->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(shop);
	return ret;
}

void shop_configure(const struct shop *shop, const char *redis,
		    const char *group, const char *rest)
{
	FILE *file = fopen(shop->conf, "we");

	assert_non_null(file);
	fprintf(file,
		"redis: { url = \"%s%s\"; retry_max = \"200ms\"; %s };\n"
		"supervisor: { control = \"%s/control.sock\"; "
		"drain = \"%s\"; };\n"
		"log: { to = \"stderr\"; };\n"
		"groups: (\n",
		shop->url == NULL ? "unix://" : "",
		shop->url == NULL ? redis_fixture_socket(shop->redis)
				  : shop->url,
		redis, shop->run_dir, shop->drain);
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = { "points", "push", "xread",
						     "trial" };

		fprintf(file,
			"{ name = \"%s\"; program = \"%s\"; "
			"owner_ttl = \"%s\"; retry: { base = \"50ms\"; "
			"max = \"200ms\"; }; %s ",
			names[i], names[i], shop->owner_ttl, group);
		if (i == 1)
			fprintf(file, "push: { file = \"%s\"; %s }; ",
				shop->push_file, shop->push);
		if (i == 2)
			fprintf(file, "xread: { file = \"%s\"; }; ",
				shop->xread_file);
		fprintf(file, "}%s\n", i < 3 ? "," : "");
	}
	fprintf(file, ");\n%s\n", rest);
	assert_int_equal(fclose(file), 0);
}

void shop_move(struct shop *shop)
{
	(void)snprintf(shop->run_dir, sizeof(shop->run_dir), "%s/other",
		       shop->dir);
	assert_int_equal(mkdir(shop->run_dir, 0700), 0);
	shop_configure(shop, "", "", "");
}

static void worker_exec(const struct worker *worker, const char *program,
			int slot, const char *node)
{
	int log = open(worker->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	char path[64], number[16];
	sigset_t none;

	/* Die with the test, however it dies. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)dup2(log, STDOUT_FILENO);
	(void)dup2(log, STDERR_FILENO);
	(void)snprintf(path, sizeof(path), "%s/ordermq-%s",
		       strcmp(program, "trial") == 0 ? "tests/trial"
						     : "consumers",
		       program);
	(void)snprintf(number, sizeof(number), "%d", slot);
	(void)execl(path, path, "-c", worker->shop->conf, "-X", node,
		    slot == 0 ? NULL : "--slot", number, (char *)NULL);
	_exit(127);
}

void worker_start(struct worker *worker, const struct shop *shop,
		  const char *program, int slot, const char *node)
{
	bool known = false;

	worker->shop = shop;
	(void)snprintf(worker->log, sizeof(worker->log), "%s/%s-%d@%s.log",
		       shop->run_dir, program, slot, node);
	for (size_t i = 0; i < worker_count; i++)
		known = known || workers[i] == worker;
	assert_true(known || worker_count < WORKERS_MAX);
	if (!known)
		workers[worker_count++] = worker;
	worker->pid = fork();
	if (worker->pid == 0)
		worker_exec(worker, program, slot, node);
	assert_true(worker->pid > 0);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void worker_kill(struct worker *worker)
{
	if (worker->pid > 0) {
		(void)kill(worker->pid, SIGKILL);
		(void)waitpid(worker->pid, NULL, 0);
	}
	worker->pid = 0;
}

int worker_wait(struct worker *worker)
{
	int64_t deadline = clock_msecs() + DEADLINE_MSECS;
	int status = 0;
	pid_t got = 0;

	while (got == 0 && clock_msecs() < deadline) {
		got = waitpid(worker->pid, &status, WNOHANG);
		if (got == 0)
			(void)poll(NULL, 0, POLL_MSECS);
	}
	if (got != worker->pid)
		fail_msg("the process does not end\n%s", worker_log(worker));
	worker->pid = 0;
	return status_of(status);
}

int worker_stop(struct worker *worker)
{
	(void)kill(worker->pid, SIGTERM);
	return worker_wait(worker);
}

bool worker_is_alive(struct worker *worker)
{
	int status;

	if (worker->pid <= 0 || waitpid(worker->pid, &status, WNOHANG) == 0)
		return worker->pid > 0;
	worker->pid = 0;
	return false;
}

void worker_pause(const struct worker *worker)
{
	assert_int_equal(kill(worker->pid, SIGSTOP), 0);
}

void worker_resume(const struct worker *worker)
{
	assert_int_equal(kill(worker->pid, SIGCONT), 0);
}

static const char *content(const char *path)
{
	static char text[LOG_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		(void)close(fd);
	text[got < 0 ? 0 : got] = '\0';
	return text;
}

const char *worker_log(const struct worker *worker)
{
	return content(worker->log);
}

size_t worker_said(const struct worker *worker, const char *text)
{
	size_t count = 0;

	for (const char *at = strstr(worker_log(worker), text); at != NULL;
	     at = strstr(at + 1, text))
		count++;
	return count;
}

void worker_await(const struct worker *worker, const char *text)
{
	int64_t deadline = clock_msecs() + DEADLINE_MSECS;

	while (worker_said(worker, text) == 0) {
		if (clock_msecs() > deadline)
			fail_msg("'%s' is not in the log:\n%s", text,
				 worker_log(worker));
		(void)poll(NULL, 0, POLL_MSECS);
	}
}

int64_t worker_cpu_msecs(const struct worker *worker)
{
	long user = 0, system = 0;
	char path[64];
	const char *rest;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)worker->pid);
	rest = strrchr(content(path), ')');
	assert_non_null(rest);
	/* Fields 14 and 15; the third one stands behind the name. */
	assert_int_equal(sscanf(rest + 1,
				" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
				"%ld %ld",
				&user, &system),
			 2);
	return (user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

static void say_logs(void)
{
	for (size_t i = 0; i < worker_count; i++)
		print_message("%s:\n%s\n", workers[i]->log,
			      worker_log(workers[i]));
}

void until(bool (*fact)(void *data), void *data, const char *what)
{
	int64_t deadline = clock_msecs() + DEADLINE_MSECS;

	while (!fact(data)) {
		if (clock_msecs() > deadline) {
			say_logs();
			fail_msg("%s: not in time", what);
		}
		(void)poll(NULL, 0, POLL_MSECS);
	}
}

void shop_orders(const struct shop *shop, int first, int count)
{
	char number[16], account[16];

	for (int n = first; n < first + count; n++) {
		(void)snprintf(number, sizeof(number), "A-%d", n);
		(void)snprintf(account, sizeof(account), "%d", n % 10);
		(void)shop_publish(shop, "orderno", number, "userid", account,
				   "amount", "1000", NULL);
	}
}

const char *shop_publish(const struct shop *shop, ...)
{
	struct text words[WORDS_MAX] = { text_of("XADD"), text_of("ordermq"),
					 text_of("*") };
	static char id[64];
	const struct reply *reply;
	size_t count = 3;
	const char *word;
	va_list args;

	va_start(args, shop);
	while ((word = va_arg(args, const char *)) != NULL && count < WORDS_MAX)
		words[count++] = text_of(word);
	va_end(args);
	reply = redis_fixture_call(shop->redis, words, count);
	if (reply_is_error(reply))
		fail_msg("%s", reply_text(reply).data);
	(void)snprintf(id, sizeof(id), "%s", reply_text(reply).data);
	return id;
}

void shop_orders_read_by(const struct shop *shop, int first, int count,
			 const char *group, const char *consumer)
{
	static const char script[] =
		"for n = ARGV[1], ARGV[1] + ARGV[2] - 1 do "
		"redis.call('XADD', KEYS[1], '*', 'orderno', "
		"'A-' .. string.format('%d', n), 'userid', "
		"string.format('%d', n % 10), 'amount', '1000') end "
		"return redis.call('XREADGROUP', 'GROUP', ARGV[3], ARGV[4], "
		"'COUNT', 1000000, 'STREAMS', KEYS[1], '>')";
	char from[16], many[16];

	(void)snprintf(from, sizeof(from), "%d", first);
	(void)snprintf(many, sizeof(many), "%d", count);
	(void)redis_fixture_command(shop->redis, "EVAL", script, "1", "ordermq",
				    from, many, group, consumer, NULL);
}

/* What a command answers that may fail. */
static const struct reply *ask(const struct shop *shop,
			       const char *const *words)
{
	struct text texts[WORDS_MAX];
	size_t count = 0;

	for (; words[count] != NULL; count++)
		texts[count] = text_of(words[count]);
	return redis_fixture_call(shop->redis, texts, count);
}

/* What XINFO GROUPS says of the group, or a nil reply. */
static const struct reply *group_info(const struct shop *shop,
				      const char *group)
{
	const struct reply *groups =
		ask(shop, (const char *const[]){ "XINFO", "GROUPS", "ordermq",
						 NULL });

	for (size_t i = 0; i < reply_count(groups); i++) {
		const struct reply *info = reply_at(groups, i);

		if (text_is(reply_text(reply_field(info, "name")), group))
			return info;
	}
	return reply_at(groups, reply_count(groups));
}

int64_t shop_pending(const struct shop *shop, const char *group)
{
	return reply_integer(reply_field(group_info(shop, group), "pending"),
			     -1);
}

int64_t shop_consumers(const struct shop *shop, const char *group)
{
	return reply_integer(reply_field(group_info(shop, group), "consumers"),
			     -1);
}

struct group_of {
	const struct shop *shop;
	const char *name;
};

static bool is_done(void *data)
{
	const struct group_of *group = data;
	char last[64] = "";
	const struct reply *info = group_info(group->shop, group->name);
	int64_t pending = reply_integer(reply_field(info, "pending"), -1);

	(void)snprintf(last, sizeof(last), "%s",
		       reply_text(reply_field(info, "last-delivered-id")).data);
	info = ask(group->shop,
		   (const char *const[]){ "XREVRANGE", "ordermq", "+", "-",
					  "COUNT", "1", NULL });
	return pending == 0 &&
	       (reply_count(info) == 0 ||
		text_is(reply_text(reply_at(reply_at(info, 0), 0)), last));
}

void shop_await_done(const struct shop *shop, const char *group)
{
	until(is_done, &(struct group_of){ shop, group }, group);
}

int64_t shop_number(const struct shop *shop, const char *group,
		    const char *what, const char *field)
{
	char key[128];

	(void)snprintf(key, sizeof(key), "{ordermq}:%s:%s", group, what);
	return reply_integer(
		redis_fixture_command(shop->redis, "HGET", key, field, NULL),
		0);
}

void shop_check_points(const struct shop *shop, int count)
{
	char key[32], account[16];
	int64_t sum = 0;

	for (int n = 1; n <= count; n++) {
		(void)snprintf(key, sizeof(key), "A-%d:paid", n);
		if (redis_fixture_integer(shop->redis, "HEXISTS",
					  "{ordermq}:points:ledger", key,
					  NULL) != 1)
			fail_msg("%s is not in the ledger", key);
	}
	for (int i = 0; i < 10; i++) {
		(void)snprintf(account, sizeof(account), "%d", i);
		sum += shop_number(shop, "points", "balance", account);
	}
	assert_int_equal(sum, 10 * (int64_t)count);
}

size_t shop_check_push(const struct shop *shop, int count)
{
	bool *seen = calloc((size_t)count + 1, sizeof(*seen));
	FILE *file = fopen(shop->push_file, "re");
	size_t lines = 0, missing = 0;
	char *line = NULL;
	size_t size = 0;
	json_error_t error;

	assert_non_null(seen);
	assert_non_null(file);
	while (getline(&line, &size, file) > 0) {
		json_t *json = json_loads(line, 0, &error);
		const char *key =
			json_string_value(json_object_get(json, "key"));
		int n = key == NULL || strlen(key) < 3 ? 0 : atoi(key + 2);

		if (json == NULL || n < 1 || n > count)
			fail_msg("a line of the push log: %s", line);
		seen[n] = true;
		lines++;
		json_decref(json);
	}
	for (int n = 1; n <= count; n++)
		missing += !seen[n];
	free(line);
	free(seen);
	(void)fclose(file);
	if (missing > 0)
		fail_msg("%zu orders are not in the push log", missing);
	return lines - (size_t)count;
}
