/* Counts how a way handled the orders, from the notes of its workers. compare.c
   calls it at the end; compare_table.c shows it. */

#include "config.h"

#include "supervisor/show/compare_count.h"

#include "lib/base/err.h"
#include "supervisor/show/compare_notes.h"

#include <inttypes.h>

/* The notes of all workers of a way. */
struct count {
	const struct compare_plan *plan;
	size_t workers;
	struct compare_notes notes[COMPARE_WORKERS_MAX];
	struct compare_notes again; /* of the latecomer */
};

static int notes_read(const struct compare_workers *workers,
		      const struct compare_worker *worker, int64_t orders,
		      struct compare_notes *notes, struct err *err)
{
	char path[SANDBOX_PATH_BYTES];

	compare_workers_notes(workers, worker, path);
	return compare_notes_read(path, orders, notes, err);
}

static int count_open(struct count *count,
		      const struct compare_workers *workers,
		      enum compare_way way, struct err *err)
{
	int64_t orders = count->plan->orders + count->plan->waiting;

	for (size_t i = 0; i < count->workers; i++) {
		if (notes_read(workers, &workers->workers[way][i], orders,
			       &count->notes[i], err) < 0)
			return -1;
	}
	return notes_read(workers, &workers->latecomers[way], orders,
			  &count->again, err);
}

static void count_close(struct count *count)
{
	for (size_t i = 0; i < count->workers; i++)
		compare_notes_close(&count->notes[i]);
	compare_notes_close(&count->again);
}

/* How many workers have handled the order. */
static size_t receivers(const struct count *count, int64_t order)
{
	size_t all = 0;

	for (size_t i = 0; i < count->workers; i++)
		all += count->notes[i].times[order] > 0;
	return all;
}

/* How many of the orders from first to last has any worker handled? */
static int64_t handled(const struct count *count, int64_t first, int64_t last)
{
	int64_t all = 0;

	for (int64_t order = first; order <= last; order++)
		all += receivers(count, order) > 0;
	return all;
}

/* How many of the orders has this worker not handled? */
static int64_t missed(const struct count *count, const struct compare_notes *of)
{
	int64_t all = 0;

	for (int64_t order = 1; order <= count->plan->orders; order++)
		all += of->times[order] == 0;
	return all;
}

/* Does an order go to one worker (1) or to every one (0)? That shows while all
   workers run and none was killed. Returns -1 when it does not show. */
static int is_shared(const struct count *count, struct err *err)
{
	int64_t ones = 0, alls = 0, others = 0;

	for (int64_t order = count->plan->joined; order <= count->plan->orders;
	     order++) {
		size_t workers = receivers(count, order);

		if (workers == 1)
			ones++;
		else if (workers == count->workers)
			alls++;
		else if (workers > 0)
			others++;
	}
	if (others == 0 && (ones == 0) != (alls == 0))
		return ones > 0;
	return err_set(err, ERR_RETRY,
		       "%" PRId64 " orders went to one worker, %" PRId64
		       " to all of them, and %" PRId64 " to some",
		       ones, alls, others);
}

static void losses_count(const struct count *count, enum compare_way way,
			 struct compare_result *result)
{
	int64_t in_hand = count->plan->in_hand[way];

	if (result->is_shared) {
		result->lost =
			result->orders - handled(count, 1, result->orders);
		result->lost_killed =
			in_hand > 0 && receivers(count, in_hand) == 0;
		return;
	}
	for (size_t i = 0; i < count->workers; i++)
		result->lost += missed(count, &count->notes[i]);
	result->lost_killed = missed(count, &count->notes[0]);
	result->lost_late = missed(count, &count->notes[count->workers - 1]);
}

static void deliveries_count(const struct count *count,
			     struct compare_result *result)
{
	for (int64_t order = 1; order <= result->orders; order++) {
		for (size_t i = 0; i < count->workers; i++)
			result->delivered += count->notes[i].times[order];
		result->replayed += count->again.times[order] > 0;
	}
	result->duplicates =
		result->delivered - handled(count, 1, result->orders);
	result->survived = handled(count, result->orders + 1,
				   result->orders + result->waiting);
}

int compare_count(const struct compare_workers *workers, enum compare_way way,
		  const struct compare_plan *plan,
		  struct compare_result *result_r, struct err *err)
{
	struct count count = { .plan = plan, .workers = workers->count };
	int shared = -1;

	*result_r = (struct compare_result){
		.way = compare_way_name(way),
		.orders = plan->orders,
		.workers = (int64_t)workers->count,
		.waiting = plan->waiting,
	};
	if (count_open(&count, workers, way, err) == 0)
		shared = is_shared(&count, err);
	if (shared >= 0) {
		result_r->is_shared = shared == 1;
		deliveries_count(&count, result_r);
		losses_count(&count, way, result_r);
	}
	count_close(&count);
	return shared < 0 ? err_wrap(err, "%s", compare_way_name(way)) : 0;
}
