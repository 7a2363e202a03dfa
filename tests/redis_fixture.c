#include "config.h"

#include "tests/redis_fixture.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define START_TRIES 2000
#define START_TRY_MSECS 5
#define WORDS_MAX 64

struct redis_fixture {
	char dir[sizeof("/tmp/omq-XXXXXX")];
	char socket_path[sizeof("/tmp/omq-XXXXXX/redis.sock")];
	pid_t pid;
	bool append_only;
	struct redis *redis;
	struct arena *arena;
};

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* The server that was found at configure, or another one to test against. */
static const char *server_program(void)
{
	const char *other = getenv("ORDERMQ_TEST_REDIS");

	return other == NULL || other[0] == '\0' ? REDIS_SERVER : other;
}

static void server_exec(const struct redis_fixture *fixture)
{
	sigset_t none;

	/* Die with the test, however it dies. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* A file that must not grow is then an error as a full disk is. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)execlp(server_program(), "redis-server", "--port", "0",
		     "--unixsocket", fixture->socket_path, "--dir",
		     fixture->dir, "--save", "", "--appendonly",
		     fixture->append_only ? "yes" : "no", "--appendfsync",
		     "always", "--enable-debug-command", "yes", "--logfile",
		     "redis.log", (char *)NULL);
	_exit(127);
}

static int fixture_connect(struct redis_fixture *fixture)
{
	struct settings settings;
	struct err err;

	redis_fixture_settings(fixture, &settings);
	return redis_open(&settings.redis, -1, &fixture->redis, &err);
}

static void server_start(struct redis_fixture *fixture)
{
	const struct timespec pause = { .tv_nsec = START_TRY_MSECS * 1000000L };

	fixture->pid = fork();
	if (fixture->pid == 0)
		server_exec(fixture);
	for (int i = 0; fixture->pid > 0 && i < START_TRIES; i++) {
		if (fixture_connect(fixture) == 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
	redis_fixture_stop(&fixture);
	fail_msg("%s did not start", server_program());
}

bool redis_fixture_skip_all(void)
{
	if (access(server_program(), X_OK) == 0)
		return false;
	printf("1..0 # SKIP no %s\n", server_program());
	return true;
}

struct redis_fixture *redis_fixture_start(void)
{
	struct redis_fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	fixture->arena = arena_open(1024 * 1024);
	assert_non_null(fixture->arena);
	(void)strcpy(fixture->dir, "/tmp/omq-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	(void)snprintf(fixture->socket_path, sizeof(fixture->socket_path),
		       "%s/redis.sock", fixture->dir);
	server_start(fixture);
	return fixture;
}

void redis_fixture_kill(struct redis_fixture *fixture)
{
	redis_close(&fixture->redis);
	if (fixture->pid > 0) {
		(void)kill(fixture->pid, SIGKILL);
		(void)waitpid(fixture->pid, NULL, 0);
	}
	fixture->pid = -1;
}

void redis_fixture_restart(struct redis_fixture *fixture)
{
	redis_fixture_kill(fixture);
	server_start(fixture);
}

void redis_fixture_append_only(struct redis_fixture *fixture)
{
	fixture->append_only = true;
	redis_fixture_restart(fixture);
}

void redis_fixture_stop(struct redis_fixture **_fixture)
{
	struct redis_fixture *fixture = *_fixture;

	*_fixture = NULL;
	if (fixture == NULL)
		return;
	redis_fixture_kill(fixture);
	arena_close(&fixture->arena);
	(void)nftw(fixture->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
}

const char *redis_fixture_dir(const struct redis_fixture *fixture)
{
	return fixture->dir;
}

const char *redis_fixture_socket(const struct redis_fixture *fixture)
{
	return fixture->socket_path;
}

pid_t redis_fixture_pid(const struct redis_fixture *fixture)
{
	return fixture->pid;
}

void redis_fixture_settings(const struct redis_fixture *fixture,
			    struct settings *settings_r)
{
	settings_defaults(settings_r);
	(void)snprintf(settings_r->redis.url, sizeof(settings_r->redis.url),
		       "unix://%s", fixture->socket_path);
	(void)strcpy(settings_r->node, "test");
}

const struct reply *redis_fixture_call(struct redis_fixture *fixture,
				       const struct text *words, size_t count)
{
	const struct reply *reply;
	struct err err;

	arena_reset(fixture->arena);
	reply = redis_call(fixture->redis, fixture->arena, words, count, 0,
			   &err);
	if (reply == NULL)
		fail_msg("%s", err.text);
	return reply;
}

const struct reply *redis_fixture_command(struct redis_fixture *fixture,
					  const char *command, ...)
{
	struct text words[WORDS_MAX] = { text_of(command) };
	const struct reply *reply;
	size_t count = 1;
	const char *word;
	va_list args;

	va_start(args, command);
	while ((word = va_arg(args, const char *)) != NULL && count < WORDS_MAX)
		words[count++] = text_of(word);
	va_end(args);
	reply = redis_fixture_call(fixture, words, count);
	if (reply_is_error(reply))
		fail_msg("%s: %s", command, reply_text(reply).data);
	return reply;
}
