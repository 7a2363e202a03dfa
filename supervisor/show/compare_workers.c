#include "config.h"

#include "supervisor/show/compare_workers.h"

#include "lib/base/err.h"
#include "lib/base/num.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MSECS 15000

void compare_cast_open(struct compare_cast *cast, struct stage *stage,
		       const char *build_dir, size_t count)
{
	memset(cast, 0, sizeof(*cast));
	cast->stage = stage;
	cast->count = count;
	(void)snprintf(cast->program, sizeof(cast->program),
		       "%s%s/ordermq-compare",
		       build_dir == NULL ? PKGLIBEXECDIR : build_dir,
		       build_dir == NULL ? "" : "/bin");
	for (int way = 0; way < COMPARE_WAYS; way++) {
		const char *name = compare_way_name((enum compare_way)way);

		for (size_t i = 0; i < count; i++)
			(void)snprintf(cast->workers[way][i].name,
				       sizeof(cast->workers[way][i].name),
				       "%s-%zu", name, i + 1);
		(void)snprintf(cast->latecomers[way].name,
			       sizeof(cast->latecomers[way].name), "%s-again",
			       name);
	}
}

/* All of them, by number; NULL behind the last one. */
static struct compare_worker *worker_at(struct compare_cast *cast, size_t i)
{
	size_t way = i / (cast->count + 1);
	size_t of_way = i % (cast->count + 1);

	if (way >= COMPARE_WAYS)
		return NULL;
	return of_way < cast->count ? &cast->workers[way][of_way]
				    : &cast->latecomers[way];
}

void compare_cast_close(struct compare_cast *cast)
{
	struct compare_worker *worker;

	for (size_t i = 0; (worker = worker_at(cast, i)) != NULL; i++)
		stage_end(&worker->pid, SIGKILL);
}

void compare_cast_notes(const struct compare_cast *cast,
			const struct compare_worker *worker, char *path)
{
	(void)snprintf(path, STAGE_PATH_BYTES, "%s/%s.notes", cast->stage->dir,
		       worker->name);
}

static void ready_path(const struct compare_cast *cast,
		       const struct compare_worker *worker, char *path)
{
	(void)snprintf(path, STAGE_PATH_BYTES, "%s/%s.ready", cast->stage->dir,
		       worker->name);
}

static int worker_start(struct compare_cast *cast, enum compare_way way,
			struct compare_worker *worker, const char *group,
			int64_t round, int64_t stop_at, struct err *err)
{
	char round_text[NUM_BYTES], stop_text[NUM_BYTES];
	char ready[STAGE_PATH_BYTES];
	char *argv[] = { cast->program,
			 cast->stage->dir,
			 (char *)compare_way_name(way),
			 worker->name,
			 (char *)group,
			 round_text,
			 stop_text,
			 NULL };

	(void)num_format(round, round_text);
	(void)num_format(stop_at, stop_text);
	ready_path(cast, worker, ready);
	(void)unlink(ready);
	return stage_start(cast->stage, worker->name, argv, &worker->pid, err);
}

int compare_cast_start(struct compare_cast *cast, size_t first, size_t last,
		       int64_t round, int64_t stop_at, struct err *err)
{
	for (int way = 0; way < COMPARE_WAYS; way++) {
		for (size_t i = first; i <= last; i++) {
			/* Of the first ones the victim alone is to stop. */
			if (worker_start(cast, (enum compare_way)way,
					 &cast->workers[way][i], "orders",
					 round, i == 0 ? stop_at : 0, err) < 0)
				return -1;
		}
	}
	return 0;
}

int compare_cast_start_latecomers(struct compare_cast *cast, int64_t round,
				  struct err *err)
{
	for (int way = 0; way < COMPARE_WAYS; way++) {
		if (worker_start(cast, (enum compare_way)way,
				 &cast->latecomers[way], "again", round, 0,
				 err) < 0)
			return -1;
	}
	return 0;
}

/* Has it ended, as at the end of a round? Returns 1, 0 when it runs, or -1 when
   it has ended otherwise. */
static int worker_ended(struct compare_worker *worker, struct err *err)
{
	int status;

	if (worker->pid == 0)
		return 1;
	if (waitpid(worker->pid, &status, WNOHANG) <= 0)
		return 0;
	worker->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == STAGE_EXEC_FAILED)
		return err_set(err, ERR_RETRY, "ordermq-compare: not found");
	return err_set(err, ERR_RETRY, "%s: ended with %s %d", worker->name,
		       WIFEXITED(status) ? "status" : "signal",
		       WIFEXITED(status) ? WEXITSTATUS(status)
					 : WTERMSIG(status));
}

static int all_ready(struct stage *stage, void *context, struct err *err)
{
	struct compare_cast *cast = context;
	struct compare_worker *worker;
	char path[STAGE_PATH_BYTES];
	int all = 1, ended;

	(void)stage;
	for (size_t i = 0; (worker = worker_at(cast, i)) != NULL; i++) {
		if (worker->pid == 0)
			continue;
		if ((ended = worker_ended(worker, err)) != 0)
			return ended < 0 ? -1
					 : err_set(err, ERR_RETRY,
						   "%s: ended too early",
						   worker->name);
		ready_path(cast, worker, path);
		all = all && access(path, F_OK) == 0;
	}
	return all;
}

int compare_cast_await_ready(struct compare_cast *cast, struct err *err)
{
	return stage_wait(cast->stage, all_ready, cast, READY_MSECS, err);
}

static int all_ended(struct stage *stage, void *context, struct err *err)
{
	struct compare_cast *cast = context;
	struct compare_worker *worker;
	int all = 1;

	(void)stage;
	for (size_t i = 0; (worker = worker_at(cast, i)) != NULL; i++) {
		int ended = worker_ended(worker, err);

		if (ended < 0)
			return -1;
		all = all && ended;
	}
	return all;
}

int compare_cast_await_end(struct compare_cast *cast, int64_t timeout_msecs,
			   struct err *err)
{
	return stage_wait(cast->stage, all_ended, cast, timeout_msecs, err);
}

/* In what state is a child of ours, without taking note of it? */
static int is_stopped(const struct compare_worker *worker, struct err *err)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)worker->pid, &info,
		   WSTOPPED | WEXITED | WNOHANG | WNOWAIT) < 0)
		return err_errno(err, ERR_RETRY, "%s", worker->name);
	if (info.si_pid == 0)
		return 0;
	return info.si_code == CLD_STOPPED
		       ? 1
		       : err_set(err, ERR_RETRY, "%s: has ended", worker->name);
}

int compare_cast_stopped(struct compare_cast *cast, struct err *err)
{
	int count = 0;

	for (int way = 0; way < COMPARE_WAYS; way++) {
		int stopped = is_stopped(&cast->workers[way][0], err);

		if (stopped < 0)
			return -1;
		count += stopped;
	}
	return count;
}

void compare_cast_kill_victims(struct compare_cast *cast)
{
	for (int way = 0; way < COMPARE_WAYS; way++)
		stage_end(&cast->workers[way][0].pid, SIGKILL);
}
