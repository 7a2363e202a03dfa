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

#define STAGE_START_MSECS 10000
#define STAGE_LOOK_MSECS 10
#define STAGE_OPTIONS_MAX 8

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
	interrupted = signal_number;
}

/* In the child: what it says goes to a file in the stage's directory, and it
   does not outlive us. */
static void child_exec(const struct stage *stage, const char *name,
		       char *const *argv)
{
	char path[STAGE_PATH_BYTES];
	int log;

	(void)snprintf(path, sizeof(path), "%s/%s.log", stage->dir, name);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || log < 0 ||
	    dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(STAGE_EXEC_FAILED);
	/* Ctrl-C is for us, who end it in order. */
	(void)setsid();
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execvp(argv[0], argv);
	_exit(STAGE_EXEC_FAILED);
}

int stage_start(struct stage *stage, const char *name, char *const *argv,
		pid_t *pid_r, struct err *err)
{
	pid_t pid = fork();

	if (pid == 0)
		child_exec(stage, name, argv);
	if (pid < 0)
		return err_errno(err, ERR_RETRY, "fork");
	*pid_r = pid;
	return 0;
}

int stage_await(pid_t *pid)
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

void stage_end(pid_t *pid, int signal_number)
{
	if (*pid == 0)
		return;
	(void)kill(*pid, signal_number);
	(void)stage_await(pid);
}

int stage_check(struct stage *stage, struct err *err)
{
	int status;

	if (interrupted != 0)
		return err_set(err, ERR_RETRY, "interrupted");
	if (stage->redis_server == 0 ||
	    waitpid(stage->redis_server, &status, WNOHANG) <= 0)
		return 0;
	stage->redis_server = 0;
	return err_set(err, ERR_RETRY,
		       WIFEXITED(status) &&
				       WEXITSTATUS(status) == STAGE_EXEC_FAILED
			       ? "redis-server: not found"
			       : "redis-server ended");
}

int stage_wait(struct stage *stage,
	       int (*is_so)(struct stage *stage, void *context,
			    struct err *err),
	       void *context, int64_t timeout_msecs, struct err *err)
{
	int64_t deadline = clock_msecs() + timeout_msecs;
	int so;

	while ((so = is_so(stage, context, err)) == 0) {
		if (stage_check(stage, err) < 0)
			return -1;
		if (clock_msecs() >= deadline)
			return err_set(err, ERR_RETRY, "waited too long, %d s",
				       (int)(timeout_msecs / 1000));
		(void)poll(NULL, 0, STAGE_LOOK_MSECS);
	}
	return so < 0 ? -1 : 0;
}

static int redis_answers(struct stage *stage, void *context, struct err *err)
{
	(void)context;
	return redis_open(&stage->at, -1, &stage->redis, err) == 0;
}

static int redis_start(struct stage *stage, struct err *err)
{
	char path[STAGE_PATH_BYTES];
	const char *argv[9 + STAGE_OPTIONS_MAX + 1] = {
		REDIS_SERVER, "--port", "0", "--unixsocket", path, "--dir",
		stage->dir,   "--save", "",
	};

	for (size_t i = 0;
	     i < STAGE_OPTIONS_MAX && stage->server_options[i] != NULL; i++)
		argv[9 + i] = stage->server_options[i];
	(void)snprintf(path, sizeof(path), "%s/redis.sock", stage->dir);
	/* After a kill -9 there is still the old one's. */
	(void)unlink(path);
	if (stage_start(stage, "redis-server", (char *const *)argv,
			&stage->redis_server, err) < 0)
		return -1;
	return stage_wait(stage, redis_answers, NULL, STAGE_START_MSECS, err);
}

int stage_restart_redis(struct stage *stage, struct err *err)
{
	redis_close(&stage->redis);
	stage_end(&stage->redis_server, SIGKILL);
	return redis_start(stage, err);
}

int stage_open(struct stage *stage, const char *name,
	       const char *const *server_options, struct err *err)
{
	const struct sigaction action = { .sa_handler = interrupt };
	struct settings settings;

	memset(stage, 0, sizeof(*stage));
	stage->server_options = server_options;
	(void)snprintf(stage->dir, sizeof(stage->dir), "/tmp/ordermq-%s-XXXXXX",
		       name);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	/* Who reads us may go away; the stage is to be closed all the same. */
	(void)signal(SIGPIPE, SIG_IGN);
	stage->arena = arena_open(1024 * 1024);
	if (stage->arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (mkdtemp(stage->dir) == NULL) {
		stage->dir[0] = '\0';
		return err_errno(err, ERR_RETRY, "mkdtemp");
	}
	settings_defaults(&settings);
	stage->at = settings.redis;
	(void)snprintf(stage->at.url, sizeof(stage->at.url),
		       "unix://%s/redis.sock", stage->dir);
	return redis_start(stage, err);
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void stage_close(struct stage *stage, bool keep)
{
	redis_close(&stage->redis);
	stage_end(&stage->redis_server, SIGTERM);
	arena_close(&stage->arena);
	if (stage->dir[0] != '\0' && !keep)
		(void)nftw(stage->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
