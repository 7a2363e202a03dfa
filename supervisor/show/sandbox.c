/* A temporary directory with a redis-server, and children that end with us.
   The demo (demo_sandbox.c) and the comparison (compare.c) run in one. */

#include "config.h"

#include "supervisor/show/sandbox.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SANDBOX_START_MSECS 10000
#define SANDBOX_LOOK_MSECS 10
#define SANDBOX_OPTIONS_MAX 8

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
	interrupted = signal_number;
}

/* In the child: its output goes to a file in the sandbox, and it does not
   outlive us. */
static void child_exec(const struct sandbox *sandbox, const char *name,
		       char *const *argv)
{
	char path[SANDBOX_PATH_BYTES];
	int log;

	(void)snprintf(path, sizeof(path), "%s/%s.log", sandbox->dir, name);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || log < 0 ||
	    dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(SANDBOX_EXEC_FAILED);
	/* Ctrl-C reaches us alone, and we end the child in order. */
	(void)setsid();
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execvp(argv[0], argv);
	_exit(SANDBOX_EXEC_FAILED);
}

int sandbox_start(struct sandbox *sandbox, const char *name, char *const *argv,
		  pid_t *pid_r, struct err *err)
{
	pid_t pid = fork();

	if (pid == 0)
		child_exec(sandbox, name, argv);
	if (pid < 0)
		return err_errno(err, ERR_RETRY, "fork");
	*pid_r = pid;
	return 0;
}

int sandbox_await(pid_t *pid)
{
	int status;
	pid_t got;

	if (*pid == 0)
		return -1;
	do
		got = waitpid(*pid, &status, 0);
	while (got < 0 && errno == EINTR);
	*pid = 0;
	return got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void sandbox_end(pid_t *pid, int signal_number)
{
	if (*pid == 0)
		return;
	(void)kill(*pid, signal_number);
	(void)sandbox_await(pid);
}

int sandbox_check(struct sandbox *sandbox, struct err *err)
{
	int status;

	if (interrupted != 0)
		return err_set(err, ERR_RETRY, "interrupted");
	if (sandbox->redis_server == 0 ||
	    waitpid(sandbox->redis_server, &status, WNOHANG) <= 0)
		return 0;
	sandbox->redis_server = 0;
	return err_set(err, ERR_RETRY,
		       WIFEXITED(status) && WEXITSTATUS(status) ==
						    SANDBOX_EXEC_FAILED
			       ? "redis-server: not found"
			       : "redis-server ended");
}

int sandbox_wait(struct sandbox *sandbox,
		 int (*is_so)(struct sandbox *sandbox, void *context,
			      struct err *err),
		 void *context, int64_t timeout_msecs, struct err *err)
{
	int64_t deadline = clock_msecs() + timeout_msecs;
	int so;

	while ((so = is_so(sandbox, context, err)) == 0) {
		if (sandbox_check(sandbox, err) < 0)
			return -1;
		if (clock_msecs() >= deadline)
			return err_set(err, ERR_RETRY, "waited too long, %d s",
				       (int)(timeout_msecs / 1000));
		(void)poll(NULL, 0, SANDBOX_LOOK_MSECS);
	}
	return so < 0 ? -1 : 0;
}

static int redis_answers(struct sandbox *sandbox, void *context,
			 struct err *err)
{
	(void)context;
	return redis_open(&sandbox->at, -1, &sandbox->redis, err) == 0;
}

static int redis_start(struct sandbox *sandbox, struct err *err)
{
	char path[SANDBOX_PATH_BYTES];
	const char *argv[9 + SANDBOX_OPTIONS_MAX + 1] = {
		REDIS_SERVER, "--port", "0", "--unixsocket", path, "--dir",
		sandbox->dir, "--save", "",
	};

	for (size_t i = 0;
	     i < SANDBOX_OPTIONS_MAX && sandbox->server_options[i] != NULL; i++)
		argv[9 + i] = sandbox->server_options[i];
	(void)snprintf(path, sizeof(path), "%s/redis.sock", sandbox->dir);
	/* A redis-server that was killed has left its socket. */
	(void)unlink(path);
	if (sandbox_start(sandbox, "redis-server", (char *const *)argv,
			  &sandbox->redis_server, err) < 0)
		return -1;
	return sandbox_wait(sandbox, redis_answers, NULL, SANDBOX_START_MSECS,
			    err);
}

int sandbox_restart_redis(struct sandbox *sandbox, struct err *err)
{
	redis_close(&sandbox->redis);
	sandbox_end(&sandbox->redis_server, SIGKILL);
	return redis_start(sandbox, err);
}

int sandbox_open(struct sandbox *sandbox, const char *name,
		 const char *const *server_options, struct err *err)
{
	const struct sigaction action = { .sa_handler = interrupt };
	struct settings settings;

	memset(sandbox, 0, sizeof(*sandbox));
	sandbox->server_options = server_options;
	(void)snprintf(sandbox->dir, sizeof(sandbox->dir),
		       "/tmp/ordermq-%s-XXXXXX", name);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	/* The reader of our output may go away; the sandbox must be closed
	   then, too. */
	(void)signal(SIGPIPE, SIG_IGN);
	sandbox->arena = arena_open(1024 * 1024);
	if (sandbox->arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (mkdtemp(sandbox->dir) == NULL) {
		sandbox->dir[0] = '\0';
		return err_errno(err, ERR_RETRY, "mkdtemp");
	}
	settings_defaults(&settings);
	sandbox->at = settings.redis;
	(void)snprintf(sandbox->at.url, sizeof(sandbox->at.url),
		       "unix://%s/redis.sock", sandbox->dir);
	return redis_start(sandbox, err);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void sandbox_close(struct sandbox *sandbox, bool keep)
{
	redis_close(&sandbox->redis);
	sandbox_end(&sandbox->redis_server, SIGTERM);
	arena_close(&sandbox->arena);
	if (sandbox->dir[0] != '\0' && !keep)
		(void)nftw(sandbox->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
