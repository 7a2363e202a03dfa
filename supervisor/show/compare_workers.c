/* The worker processes of the comparison. compare.c starts and kills them by
   it; ordermq_compare.c is their program. */

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

void compare_workers_open(struct compare_workers *workers,
			  struct sandbox *sandbox, const char *build_dir,
			  size_t count)
{
	memset(workers, 0, sizeof(*workers));
	workers->sandbox = sandbox;
	workers->count = count;
	(void)snprintf(workers->program, sizeof(workers->program),
		       "%s%s/ordermq-compare",
		       build_dir == NULL ? PKGLIBEXECDIR : build_dir,
		       build_dir == NULL ? "" : "/bin");
	for (int way = 0; way < COMPARE_WAYS; way++) {
		const char *name = compare_way_name((enum compare_way)way);

		for (size_t i = 0; i < count; i++)
			(void)snprintf(workers->workers[way][i].name,
				       sizeof(workers->workers[way][i].name),
				       "%s-%zu", name, i + 1);
		(void)snprintf(workers->latecomers[way].name,
			       sizeof(workers->latecomers[way].name),
			       "%s-again", name);
	}
}

/* Worker number i of all ways together; NULL behind the last one. */
static struct compare_worker *worker_at(struct compare_workers *workers,
					size_t i)
{
	size_t way = i / (workers->count + 1);
	size_t of_way = i % (workers->count + 1);

	if (way >= COMPARE_WAYS)
		return NULL;
	return of_way < workers->count ? &workers->workers[way][of_way]
				       : &workers->latecomers[way];
}

void compare_workers_close(struct compare_workers *workers)
{
	struct compare_worker *worker;

	for (size_t i = 0; (worker = worker_at(workers, i)) != NULL; i++)
		sandbox_end(&worker->pid, SIGKILL);
}

void compare_workers_notes(const struct compare_workers *workers,
			   const struct compare_worker *worker, char *path)
{
	(void)snprintf(path, SANDBOX_PATH_BYTES, "%s/%s.notes",
		       workers->sandbox->dir, worker->name);
}

static void ready_path(const struct compare_workers *workers,
		       const struct compare_worker *worker, char *path)
{
	(void)snprintf(path, SANDBOX_PATH_BYTES, "%s/%s.ready",
		       workers->sandbox->dir, worker->name);
}

static int worker_start(struct compare_workers *workers, enum compare_way way,
			struct compare_worker *worker, const char *group,
			int64_t round, int64_t stop_at, struct err *err)
{
	char round_text[NUM_BYTES], stop_text[NUM_BYTES];
	char ready[SANDBOX_PATH_BYTES];
	char *argv[] = { workers->program,
			 workers->sandbox->dir,
			 (char *)compare_way_name(way),
			 worker->name,
			 (char *)group,
			 round_text,
			 stop_text,
			 NULL };

	(void)num_format(round, round_text);
	(void)num_format(stop_at, stop_text);
	ready_path(workers, worker, ready);
	(void)unlink(ready);
	return sandbox_start(workers->sandbox, worker->name, argv, &worker->pid,
			     err);
}

int compare_workers_start(struct compare_workers *workers, size_t first,
			  size_t last, int64_t round, int64_t stop_at,
			  struct err *err)
{
	for (int way = 0; way < COMPARE_WAYS; way++) {
		for (size_t i = first; i <= last; i++) {
			/* Only the victim of each way is to stop in an
			   order. */
			if (worker_start(workers, (enum compare_way)way,
					 &workers->workers[way][i], "orders",
					 round, i == 0 ? stop_at : 0, err) < 0)
				return -1;
		}
	}
	return 0;
}

int compare_workers_start_latecomers(struct compare_workers *workers,
				     int64_t round, struct err *err)
{
	for (int way = 0; way < COMPARE_WAYS; way++) {
		if (worker_start(workers, (enum compare_way)way,
				 &workers->latecomers[way], "again", round, 0,
				 err) < 0)
			return -1;
	}
	return 0;
}

/* Has the worker ended well? Returns 1; 0 when it still runs; or -1 when it has
   ended otherwise. */
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
	if (WIFEXITED(status) && WEXITSTATUS(status) == SANDBOX_EXEC_FAILED)
		return err_set(err, ERR_RETRY, "ordermq-compare: not found");
	return err_set(err, ERR_RETRY, "%s: ended with %s %d", worker->name,
		       WIFEXITED(status) ? "status" : "signal",
		       WIFEXITED(status) ? WEXITSTATUS(status)
					 : WTERMSIG(status));
}

static int all_ready(struct sandbox *sandbox, void *context, struct err *err)
{
	struct compare_workers *workers = context;
	struct compare_worker *worker;
	char path[SANDBOX_PATH_BYTES];
	int all = 1, ended;

	(void)sandbox;
	for (size_t i = 0; (worker = worker_at(workers, i)) != NULL; i++) {
		if (worker->pid == 0)
			continue;
		if ((ended = worker_ended(worker, err)) != 0)
			return ended < 0 ? -1
					 : err_set(err, ERR_RETRY,
						   "%s: ended too early",
						   worker->name);
		ready_path(workers, worker, path);
		all = all && access(path, F_OK) == 0;
	}
	return all;
}

int compare_workers_await_ready(struct compare_workers *workers,
				struct err *err)
{
	return sandbox_wait(workers->sandbox, all_ready, workers, READY_MSECS,
			    err);
}

static int all_ended(struct sandbox *sandbox, void *context, struct err *err)
{
	struct compare_workers *workers = context;
	struct compare_worker *worker;
	int all = 1;

	(void)sandbox;
	for (size_t i = 0; (worker = worker_at(workers, i)) != NULL; i++) {
		int ended = worker_ended(worker, err);

		if (ended < 0)
			return -1;
		all = all && ended;
	}
	return all;
}

int compare_workers_await_end(struct compare_workers *workers,
			      int64_t timeout_msecs, struct err *err)
{
	return sandbox_wait(workers->sandbox, all_ended, workers, timeout_msecs,
			    err);
}

/* Is the child stopped? It is looked at without being waited for. */
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

int compare_workers_stopped(struct compare_workers *workers, struct err *err)
{
	int count = 0;

	for (int way = 0; way < COMPARE_WAYS; way++) {
		int stopped = is_stopped(&workers->workers[way][0], err);

		if (stopped < 0)
			return -1;
		count += stopped;
	}
	return count;
}

void compare_workers_kill_victims(struct compare_workers *workers)
{
	for (int way = 0; way < COMPARE_WAYS; way++)
		sandbox_end(&workers->workers[way][0].pid, SIGKILL);
}
