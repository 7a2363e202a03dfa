#ifndef OMQ_COMPARE_COUNT_H
#define OMQ_COMPARE_COUNT_H

#include "supervisor/show/compare_workers.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

/* How a way has handled the orders, counted from the notes of its workers and
   from nothing else. Orders have numbers from 1. */

struct compare_plan {
	int64_t orders;  /* orders published in the first round */
	int64_t joined;  /* from this one on all workers were listening */
	int64_t waiting; /* behind these: orders that waited when Redis was
			    restarted */
	/* The order that the victim of each way had in hand when it was killed;
	   0: none. */
	int64_t in_hand[COMPARE_WAYS];
};

struct compare_result {
	const char *way;
	int64_t orders;
	int64_t workers;
	bool is_shared;     /* an order goes to one worker, not to every one */
	int64_t delivered;  /* how often a worker has handled an order */
	int64_t duplicates; /* of these, beyond the first time */
	/* Orders that nobody has handled, where they are shared. Where they are
	   not, those that a worker has not handled, for each worker. */
	int64_t lost;
	int64_t lost_killed; /* of these: by the death of the victim */
	int64_t lost_late;   /* and by the one that started late */
	int64_t replayed;    /* orders the latecomer has had, of all */
	int64_t waiting;
	int64_t survived; /* of those that waited */
};

/* Count one way. Returns 0; or -1 with ERR_RETRY or ERR_REJECT when that cannot
   be told: notes that make no sense, or orders of which some went to one worker
   and some to several, with nobody in trouble. */
int compare_count(const struct compare_workers *workers, enum compare_way way,
		  const struct compare_plan *plan,
		  struct compare_result *result_r, struct err *err);

#endif
