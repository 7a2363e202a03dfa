/* The comparison: sends the same orders four ways, kills workers and Redis,
   counts. ordermq_demo.c calls it; compare_workers.c has the processes. */

#include "config.h"

#include "supervisor/show/compare.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "supervisor/show/compare_workers.h"
#include "supervisor/show/compare_count.h"
#include "supervisor/show/compare_notes.h"
#include "supervisor/show/compare_table.h"
#include "supervisor/show/compare_way.h"
#include "supervisor/show/demo_table.h"
#include "supervisor/show/sandbox.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Orders are published at this pace until each victim has one in hand. */
#define PACE_MSECS 1
#define STOP_MSECS 15000

#define END_MSECS 30000

/* Each round ends by itself: see compare_way_publish_end(). */
enum round {
	ROUND_ORDERS = 1,
	ROUND_REPLAY,
	ROUND_RESTART,
};

struct compare {
	const struct compare_options *options;
	struct sandbox sandbox;
	struct compare_workers workers;
	struct compare_plan plan;
	struct compare_result results[COMPARE_WAYS];
	bool has_begun; /* all that was needed was there */
};

static const char *const server_options[] = { "--appendonly", "yes", NULL };

static void compare_say(const struct compare *compare, const char *who,
			const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void compare_say(const struct compare *compare, const char *who,
			const char *fmt, ...)
{
	char text[160];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!compare->options->as_json)
		demo_say(who, "%s", text);
}

/* Send each order all ways. */
static int compare_publish(struct compare *compare, int64_t first, int64_t last,
			   struct err *err)
{
	for (int64_t order = first; order <= last; order++) {
		if (sandbox_check(&compare->sandbox, err) < 0)
			return -1;
		for (int way = 0; way < COMPARE_WAYS; way++) {
			if (compare_way_publish((enum compare_way)way, order,
						compare->sandbox.redis,
						compare->sandbox.arena,
						err) < 0)
				return err_wrap(err, "order %" PRId64, order);
		}
	}
	return 0;
}

/* End the round of count workers of each way, and wait until they have
   ended. */
static int compare_round_end(struct compare *compare, enum round round,
			     size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		for (int way = 0; way < COMPARE_WAYS; way++) {
			if (compare_way_publish_end(
				    (enum compare_way)way, round,
				    compare->sandbox.redis,
				    compare->sandbox.arena, err) < 0)
				return -1;
		}
	}
	return compare_workers_await_end(
		&compare->workers,
		END_MSECS + compare->options->orders *
				    compare->options->workers / 10,
		err);
}

static int victims_have_stopped(struct sandbox *sandbox, void *context,
				struct err *err)
{
	struct compare *compare = context;
	int stopped = compare_workers_stopped(&compare->workers, err);

	(void)sandbox;
	return stopped < 0 ? -1 : stopped == COMPARE_WAYS;
}

/* Read from the victims' notes which order each had in hand. */
static int hands_look(struct compare *compare, struct err *err)
{
	for (int way = 0; way < COMPARE_WAYS; way++) {
		char path[SANDBOX_PATH_BYTES];
		struct compare_notes notes;
		int ret;

		compare_workers_notes(&compare->workers,
				      &compare->workers.workers[way][0], path);
		ret = compare_notes_read(path, compare->plan.orders, &notes,
					 err);
		compare->plan.in_hand[way] = notes.in_hand;
		compare_notes_close(&notes);
		if (ret < 0)
			return -1;
	}
	return 0;
}

/* Publish the orders from first to last, and kill the victims when each has one
   of them in hand. */
static int publish_and_kill(struct compare *compare, int64_t first,
			    int64_t last, struct err *err)
{
	for (int64_t order = first; order <= last; order++) {
		int stopped;

		if (compare_publish(compare, order, order, err) < 0)
			return -1;
		stopped = victims_have_stopped(&compare->sandbox, compare, err);
		if (stopped < 0)
			return -1;
		if (stopped == 0)
			(void)poll(NULL, 0, PACE_MSECS);
	}
	if (sandbox_wait(&compare->sandbox, victims_have_stopped, compare,
			 STOP_MSECS, err) < 0)
		return err_wrap(err, "not every victim gets an order");
	compare_workers_kill_victims(&compare->workers);
	return hands_look(compare, err);
}

/* The first round: a quarter of the orders in peace, a quarter with a worker of
   each way killed, the other half with all of them. */
static int orders_play(struct compare *compare, struct err *err)
{
	int64_t orders = compare->plan.orders;
	size_t last = compare->workers.count - 1;

	if (compare_workers_start(&compare->workers, 0, last - 1, ROUND_ORDERS,
				  orders / 4 + 1, err) < 0 ||
	    compare_workers_await_ready(&compare->workers, err) < 0)
		return -1;
	compare->has_begun = true;
	compare_say(compare, "workers", "%zu of %zu for each way are there",
		    last, last + 1);
	if (compare_publish(compare, 1, orders / 4, err) < 0 ||
	    publish_and_kill(compare, orders / 4 + 1, orders / 2, err) < 0)
		return -1;
	compare_say(compare, "kill -9",
		    "one worker of each way, in the middle of an order");
	compare->plan.joined = orders / 2 + 1;
	if (compare_workers_start(&compare->workers, 0, 0, ROUND_ORDERS, 0,
				  err) < 0 ||
	    compare_workers_start(&compare->workers, last, last, ROUND_ORDERS,
				  0, err) < 0 ||
	    compare_workers_await_ready(&compare->workers, err) < 0)
		return -1;
	compare_say(compare, "workers",
		    "the killed are back, the late come after %" PRId64
		    " orders",
		    orders / 2);
	if (compare_publish(compare, compare->plan.joined, orders, err) < 0 ||
	    compare_round_end(compare, ROUND_ORDERS, last + 1, err) < 0)
		return -1;
	compare_say(compare, "orders", "%" PRId64 " went each way", orders);
	return 0;
}

/* Start one more worker for each way, which asks for all orders once more. */
static int replay_play(struct compare *compare, struct err *err)
{
	if (compare_workers_start_latecomers(&compare->workers, ROUND_REPLAY,
					     err) < 0 ||
	    compare_workers_await_ready(&compare->workers, err) < 0 ||
	    compare_round_end(compare, ROUND_REPLAY, 1, err) < 0)
		return -1;
	compare_say(compare, "replay",
		    "a new worker for each way asked for all again");
	return 0;
}

/* With the default (everysec) Redis may be killed before it has written what it
   answered; "always" is used only here, since it costs a write to the disk for
   each order. */
static int redis_be_safe(struct compare *compare, struct err *err)
{
	return redis_command(compare->sandbox.redis, compare->sandbox.arena,
			     err, "CONFIG", "SET", "appendfsync", "always",
			     NULL) == NULL
		       ? -1
		       : 0;
}

/* Orders that wait while nobody works and Redis is killed. */
static int restart_play(struct compare *compare, struct err *err)
{
	int64_t orders = compare->plan.orders;
	size_t last = compare->workers.count - 1;
	int64_t since = clock_msecs();

	if (redis_be_safe(compare, err) < 0 ||
	    compare_publish(compare, orders + 1, orders + compare->plan.waiting,
			    err) < 0 ||
	    sandbox_restart_redis(&compare->sandbox, err) < 0)
		return -1;
	compare_say(compare, "redis-server",
		    "dies by kill -9 while %" PRId64
		    " orders wait; back after %" PRId64 " ms",
		    compare->plan.waiting, clock_msecs() - since);
	if (compare_workers_start(&compare->workers, 0, last, ROUND_RESTART, 0,
				  err) < 0 ||
	    compare_workers_await_ready(&compare->workers, err) < 0)
		return -1;
	return compare_round_end(compare, ROUND_RESTART, last + 1, err);
}

static int compare_play(struct compare *compare, struct err *err)
{
	if (sandbox_open(&compare->sandbox, "compare", server_options, err) < 0)
		return -1;
	compare_say(compare, "redis-server", "a private one in %s, with AOF",
		    compare->sandbox.dir);
	if (orders_play(compare, err) < 0 || replay_play(compare, err) < 0 ||
	    restart_play(compare, err) < 0)
		return -1;
	for (int way = 0; way < COMPARE_WAYS; way++) {
		if (compare_count(&compare->workers, (enum compare_way)way,
				  &compare->plan, &compare->results[way],
				  err) < 0)
			return -1;
	}
	return 0;
}

static void title_say(const struct compare *compare)
{
	char text[96], number[DEMO_NUMBER_BYTES];

	(void)snprintf(
		text, sizeof(text),
		"ordermq compare: %s orders, four ways, %zu workers each",
		demo_number(compare->plan.orders, number),
		compare->workers.count);
	demo_title(text);
}

int compare_run(const struct compare_options *options)
{
	static struct compare compare;
	struct err err;
	int status = EX_OK;

	compare.options = options;
	compare.plan.orders = options->orders;
	compare.plan.waiting = options->orders / 10;
	compare_workers_open(&compare.workers, &compare.sandbox,
			     options->build_dir, (size_t)options->workers);
	demo_table_open();
	if (!options->as_json)
		title_say(&compare);
	if (compare_play(&compare, &err) < 0)
		status = compare.has_begun ? EX_SOFTWARE : EX_UNAVAILABLE;
	else if (options->as_json)
		compare_table_json(compare.results);
	else
		compare_table_print(compare.results);
	compare_workers_close(&compare.workers);
	sandbox_close(&compare.sandbox, status != EX_OK);
	if (status != EX_OK)
		fprintf(stderr, "ordermq-demo: %s\nThe logs are in %s\n",
			err.text, compare.sandbox.dir);
	return status;
}
