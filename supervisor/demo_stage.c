#include "config.h"

#include "supervisor/demo_stage.h"

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/redis.h"

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
#define STAGE_EXEC_FAILED 127

static const char demo_conf[] =
#include "etc/demo.inc"
	;

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
	interrupted = signal_number;
}

/* Copy text to out with each name replaced by its value. */
static void fill_in(FILE *out, const char *text, const char *dir,
		    const char *programs)
{
	while (*text != '\0') {
		if (strncmp(text, "@DIR@", 5) == 0) {
			fputs(dir, out);
			text += 5;
		} else if (strncmp(text, "@PROGRAMS@", 10) == 0) {
			fputs(programs, out);
			text += 10;
		} else {
			fputc(*text++, out);
		}
	}
}

static int config_write(struct demo_stage *stage, struct err *err)
{
	FILE *out;

	(void)snprintf(stage->config, sizeof(stage->config), "%s/demo.conf",
		       stage->dir);
	out = fopen(stage->config, "we");
	if (out == NULL)
		return err_errno(err, ERR_RETRY, "%s", stage->config);
	fill_in(out, demo_conf, stage->dir, stage->programs->consumers);
	if (fclose(out) != 0)
		return err_errno(err, ERR_RETRY, "%s", stage->config);
	return conf_load(stage->config, "demo", &stage->settings, err);
}

/* In the child: what it says goes to a file in the stage's directory, and it
   does not outlive us. */
static void child_exec(const struct demo_stage *stage, const char *name,
		       char *const *argv)
{
	char path[DEMO_PATH_BYTES];
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
	(void)execvp(argv[0], argv);
	_exit(STAGE_EXEC_FAILED);
}

static int child_start(struct demo_stage *stage, const char *name,
		       char *const *argv, pid_t *pid_r, struct err *err)
{
	pid_t pid = fork();

	if (pid == 0)
		child_exec(stage, name, argv);
	if (pid < 0)
		return err_errno(err, ERR_RETRY, "fork");
	*pid_r = pid;
	return 0;
}

static int child_wait(pid_t *pid)
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

static void child_end(pid_t *pid, int signal_number)
{
	if (*pid == 0)
		return;
	(void)kill(*pid, signal_number);
	(void)child_wait(pid);
}

/* Did a child of ours end that was to stay? */
static int children_check(struct demo_stage *stage, struct err *err)
{
	int status;

	if (stage->redis_server != 0 &&
	    waitpid(stage->redis_server, &status, WNOHANG) > 0) {
		stage->redis_server = 0;
		return err_set(err, ERR_RETRY,
			       WIFEXITED(status) && WEXITSTATUS(status) ==
							    STAGE_EXEC_FAILED
				       ? "redis-server: not found"
				       : "redis-server ended");
	}
	if (stage->ordermqd != 0 &&
	    waitpid(stage->ordermqd, &status, WNOHANG) > 0) {
		stage->ordermqd = 0;
		return err_set(err, ERR_RETRY, "ordermqd ended");
	}
	return 0;
}

int demo_stage_wait(struct demo_stage *stage,
		    int (*is_so)(struct demo_stage *stage, void *context,
				 struct err *err),
		    void *context, int64_t timeout_msecs, struct err *err)
{
	int64_t deadline = clock_msecs() + timeout_msecs;
	int so;

	while ((so = is_so(stage, context, err)) == 0) {
		if (interrupted != 0)
			return err_set(err, ERR_RETRY, "interrupted");
		if (children_check(stage, err) < 0)
			return -1;
		if (clock_msecs() >= deadline)
			return err_set(err, ERR_RETRY, "waited too long, %d s",
				       (int)(timeout_msecs / 1000));
		(void)poll(NULL, 0, STAGE_LOOK_MSECS);
	}
	return so < 0 ? -1 : 0;
}

static int redis_answers(struct demo_stage *stage, void *context,
			 struct err *err)
{
	(void)context;
	return redis_open(&stage->settings.redis, -1, &stage->redis, err) == 0;
}

static int redis_start(struct demo_stage *stage, struct err *err)
{
	char *argv[] = { (char *)REDIS_SERVER,
			 (char *)"--port",
			 (char *)"0",
			 (char *)"--unixsocket",
			 NULL,
			 (char *)"--dir",
			 stage->dir,
			 (char *)"--save",
			 (char *)"",
			 NULL };
	char path[DEMO_PATH_BYTES];

	(void)snprintf(path, sizeof(path), "%s/redis.sock", stage->dir);
	argv[4] = path;
	if (child_start(stage, "redis-server", argv, &stage->redis_server,
			err) < 0)
		return -1;
	return demo_stage_wait(stage, redis_answers, NULL, STAGE_START_MSECS,
			       err);
}

int demo_stage_open(struct demo_stage *stage,
		    const struct demo_programs *programs, struct err *err)
{
	const struct sigaction action = { .sa_handler = interrupt };

	memset(stage, 0, sizeof(*stage));
	stage->programs = programs;
	(void)strcpy(stage->dir, "/tmp/ordermq-demo-XXXXXX");
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	stage->arena = arena_open(1024 * 1024);
	if (stage->arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (mkdtemp(stage->dir) == NULL) {
		stage->dir[0] = '\0';
		return err_errno(err, ERR_RETRY, "mkdtemp");
	}
	if (config_write(stage, err) < 0)
		return -1;
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

void demo_stage_close(struct demo_stage *stage, bool keep)
{
	child_end(&stage->ordermq_order, SIGKILL);
	/* Its instances go with it. */
	child_end(&stage->ordermqd, SIGKILL);
	redis_close(&stage->redis);
	child_end(&stage->redis_server, SIGTERM);
	arena_close(&stage->arena);
	if (stage->dir[0] != '\0' && !keep)
		(void)nftw(stage->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int demo_stage_start_ordermqd(struct demo_stage *stage, struct err *err)
{
	char *argv[] = { (char *)stage->programs->ordermqd,
			 (char *)"-c",
			 stage->config,
			 (char *)"-X",
			 (char *)"demo",
			 NULL };

	return child_start(stage, "ordermqd", argv, &stage->ordermqd, err);
}

int demo_stage_start_order(struct demo_stage *stage, const char *count,
			   const char *rate, struct err *err)
{
	char *argv[] = { (char *)stage->programs->ordermq_order,
			 (char *)"-c",
			 stage->config,
			 (char *)"--generate",
			 (char *)count,
			 (char *)"--rate",
			 (char *)rate,
			 NULL };

	return child_start(stage, "ordermq-order", argv, &stage->ordermq_order,
			   err);
}

int demo_stage_wait_order(struct demo_stage *stage)
{
	return child_wait(&stage->ordermq_order);
}

int demo_stage_stop_ordermqd(struct demo_stage *stage)
{
	if (stage->ordermqd != 0)
		(void)kill(stage->ordermqd, SIGTERM);
	return child_wait(&stage->ordermqd);
}

int64_t demo_stage_integer(struct demo_stage *stage, struct err *err,
			   const char *command, const char *key)
{
	const struct reply *reply;

	arena_reset(stage->arena);
	reply = redis_command(stage->redis, stage->arena, err, command, key,
			      NULL);
	return reply == NULL ? -1 : reply_integer(reply, -1);
}
