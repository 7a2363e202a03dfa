#ifndef OMQ_COMPARE_WORKERS_H
#define OMQ_COMPARE_WORKERS_H

#include "supervisor/show/compare_way.h"
#include "supervisor/show/sandbox.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/* The workers of "ordermqctl compare": real processes, equally many for each
   way. The first one of each way is the victim, which is killed with an order
   in hand; the last one starts late. */

#define COMPARE_WORKERS_MAX 16

struct compare_worker {
	char name[32]; /* "list-2" */
	pid_t pid;     /* 0: does not run */
};

struct compare_workers {
	struct sandbox *sandbox;
	char program[SANDBOX_PATH_BYTES];
	size_t count; /* of workers for each way */
	struct compare_worker workers[COMPARE_WAYS][COMPARE_WORKERS_MAX];
	/* One for each way that starts when all is over, in a group of its own,
	   to see whether anything is left for it. */
	struct compare_worker latecomers[COMPARE_WAYS];
};

/* build_dir: where the programs were built; NULL: where they are installed. */
void compare_workers_open(struct compare_workers *workers,
			  struct sandbox *sandbox, const char *build_dir,
			  size_t count);

/* Kill the workers that still run. */
void compare_workers_close(struct compare_workers *workers);

/* Start the workers first to last, counted from 0, of each way for this round;
   with stop_at (0: never) a worker stops in the middle of the first order from
   that number on. Start the latecomers. */
int compare_workers_start(struct compare_workers *workers, size_t first,
			  size_t last, int64_t round, int64_t stop_at,
			  struct err *err);
int compare_workers_start_latecomers(struct compare_workers *workers,
				     int64_t round, struct err *err);

/* Wait until all running workers listen; wait until all have ended their round.
   A worker that ends otherwise is a failure. */
int compare_workers_await_ready(struct compare_workers *workers,
				struct err *err);
int compare_workers_await_end(struct compare_workers *workers,
			      int64_t timeout_msecs, struct err *err);

/* How many victims have stopped in the middle of an order; -1: one has ended.
   Kill them all, with kill -9. */
int compare_workers_stopped(struct compare_workers *workers, struct err *err);
void compare_workers_kill_victims(struct compare_workers *workers);

/* Where that worker has its notes, SANDBOX_PATH_BYTES long. */
void compare_workers_notes(const struct compare_workers *workers,
			   const struct compare_worker *worker, char *path);

/* Functions that return an int return 0, or -1 with ERR_RETRY, if nothing else
   is said. */

#endif
