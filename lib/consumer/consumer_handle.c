/* The handler at work: it gets what was read, and while it works its touches
   keep the lease and settle what is decided. Before this comes
   consumer_answer.c, after it the verdicts in consumer_verdict.c. */

#include "config.h"

#include "lib/consumer/consumer_handle.h"

#include "lib/base/clock.h"
#include "lib/consumer/consumer.h"
#include "lib/consumer/consumer_link.h"
#include "lib/consumer/consumer_read.h"
#include "lib/consumer/consumer_trouble.h"

/* A touch does more than note the entry at most this often. */
#define HANDLE_PULSE_MSECS 100

void consumer_time_pass(struct consumer *consumer)
{
	int64_t now_usecs = clock_usecs();

	if (consumer->counted_entries > 0)
		recent_busy(&consumer->process.board->recent, now_usecs,
			    now_usecs - consumer->counted_usecs);
	consumer->counted_usecs = now_usecs;
	consumer->counted_entries = consumer->in_flight.open_count;
}

void consumer_show_entries(struct consumer *consumer)
{
	struct board *board = consumer->process.board;

	board_set(&board->in_flight, consumer->in_flight.open_count);
	board_set(&board->in_flight_bytes,
		  in_flight_bytes(&consumer->in_flight));
}

/* Is it the end of what the handler may take up? A lease that may have run out
   by now may be another one's. */
static bool is_to_return(const struct consumer *consumer)
{
	int64_t lease_end_msecs = consumer->renewed_msecs +
				  consumer->process.group->owner_ttl_msecs;
	int64_t now = clock_msecs();

	if (consumer->drain != DRAIN_NOT && now >= consumer->drain_refuse_msecs)
		return true;
	return !consumer->handler->groupless &&
	       (consumer->link == LINK_LOST || now >= lease_end_msecs);
}

/* What the main loop does between two calls of the handler, but for reading: a
   handler that blocks in its entries keeps what it holds. */
static void pulse(struct consumer *consumer)
{
	consumer->pulse_msecs = clock_coarse_msecs() + HANDLE_PULSE_MSECS;
	process_beat(&consumer->process);
	consumer_time_pass(consumer);
	consumer_link_pulse(consumer);
	consumer_show_entries(consumer);
	process_woken(&consumer->process);
	if (consumer->process.stop && consumer->drain == DRAIN_NOT) {
		consumer_drain_begin(consumer);
		consumer->handling = HANDLING_REFUSED;
	}
	if (is_to_return(consumer))
		consumer->handling = HANDLING_REFUSED;
}

bool consumer_beat(struct consumer *consumer)
{
	if (clock_coarse_msecs() >= consumer->pulse_msecs)
		pulse(consumer);
	return consumer->handling != HANDLING_REFUSED;
}

bool consumer_touch(struct consumer *consumer, struct delivery *delivery)
{
	struct board *board = consumer->process.board;
	bool goes_on = consumer_beat(consumer);

	if (delivery == NULL || !goes_on) {
		board_touch(board, 0, 0);
		return goes_on;
	}
	delivery->touched = true;
	board_touch(board, (uint64_t)delivery->id_msecs, delivery->id_seq);
	return true;
}

static void handling_begin(struct consumer *consumer)
{
	consumer->handling = HANDLING_ON;
	consumer->pulse_msecs = clock_coarse_msecs() + HANDLE_PULSE_MSECS;
}

/* The handler has returned since a touch told it to: what it had not taken up
   stays pending. A batch that is all settled is gone. */
static void list_give_back(struct consumer *consumer, const struct batch *batch,
			   size_t count)
{
	for (size_t i = 0; batch->in_use && i < count; i++) {
		struct delivery *delivery = consumer->list[i];

		if (delivery->state == DELIVERY_WITH_HANDLER &&
		    !delivery->touched)
			consumer_give_back(consumer, delivery);
	}
	/* The lease may still be ours: then they are read again as history. */
	if (consumer->drain == DRAIN_NOT)
		consumer_history_begin(consumer);
}

/* Without a group there is nothing to settle. */
static void groupless_settle(struct consumer *consumer,
			     const struct batch *batch)
{
	struct board *board = consumer->process.board;
	int64_t now_usecs = clock_usecs();
	int64_t took_usecs = now_usecs - batch->read_usecs;
	size_t count = in_flight_drop(&consumer->in_flight);

	board_add(board, BOARD_HANDLED, count);
	recent_done(&board->recent, now_usecs, took_usecs, count);
}

static void list_handle(struct consumer *consumer, size_t count)
{
	const struct batch *batch = consumer->list[0]->batch;
	int64_t begin_usecs = clock_usecs();

	handling_begin(consumer);
	consumer->handler->handle(consumer->state, consumer->list, count);
	portion_handled(&consumer->portion, count, clock_usecs() - begin_usecs);
	if (consumer->handling == HANDLING_REFUSED)
		list_give_back(consumer, batch, count);
	consumer->handling = HANDLING_NOT;
}

void consumer_handle(struct consumer *consumer)
{
	size_t count = consumer->list_count;

	consumer->list_count = 0;
	if (count > 0)
		list_handle(consumer, count);
	if (consumer->handler->groupless && consumer->in_flight.open_count > 0)
		groupless_settle(consumer, consumer->exchange.batch);
}

void consumer_wake(struct consumer *consumer, const struct pollfd *fds,
		   size_t count)
{
	if (consumer->handler->wake == NULL)
		return;
	handling_begin(consumer);
	consumer->handler->wake(consumer->state, fds, count);
	consumer->handling = HANDLING_NOT;
}
