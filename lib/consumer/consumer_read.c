#include "config.h"

#include "lib/consumer/consumer_state.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/settings/settings.h"

#include <string.h>

/* The lease is renewed at least this often, and nobody's entries are looked for
   as often. */
#define READ_BEAT_MSECS 3000

/* With entries in a handler that waits for descriptors, or entries that failed,
   a read must not hold up what comes next. */
#define READ_SHORT_BLOCK_MSECS 50

/* What a round trip does that its read must not hold up. */
enum urgent {
	URGENT_NOTHING,
	URGENT_RETRIES, /* it notes what failed, and when that is due */
	URGENT_BEAT,    /* it may bring us the entries of others */
};

int64_t consumer_beat_wait(const struct consumer *consumer)
{
	int64_t wait = consumer->process.group->owner_ttl_msecs / 3;

	return wait < READ_BEAT_MSECS ? wait : READ_BEAT_MSECS;
}

/* How many entries the handler would take now; 0 also when no batch is free. */
static size_t room(struct consumer *consumer)
{
	const struct in_flight *in_flight = &consumer->in_flight;
	size_t count = consumer->read_count;

	if (in_flight_free_batch(&consumer->in_flight) == NULL ||
	    in_flight->handler_count >= consumer->window)
		return 0;
	return count < consumer->window - in_flight->handler_count
		       ? count
		       : consumer->window - in_flight->handler_count;
}

int64_t consumer_next_due(struct consumer *consumer)
{
	if (consumer->process.stop || consumer->paused || consumer->alone ||
	    room(consumer) == 0)
		return -1;
	return consumer->in_flight.waiting.next_due_msecs;
}

/* How long a read may wait: until the next thing that is due. */
static int64_t block_msecs(const struct consumer *consumer, int64_t now,
			   enum urgent urgent)
{
	const struct in_flight *in_flight = &consumer->in_flight;
	int64_t until = clock_earlier(consumer->next_beat_msecs,
				      in_flight->waiting.next_due_msecs);
	int64_t block = until < 0 ? READ_BEAT_MSECS : until - now;

	if ((in_flight->handler_count > 0 || urgent == URGENT_RETRIES) &&
	    block > READ_SHORT_BLOCK_MSECS)
		block = READ_SHORT_BLOCK_MSECS;
	/* To Redis, 0 means for ever. And after a trouble we want to know soon
	   whether it is over. */
	return block < 1 || consumer->held || consumer->replays ||
			       urgent == URGENT_BEAT
		       ? 1
		       : block;
}

/* Too much waits for its retry: something is wrong that more entries would not
   make better. Says so when it begins and when it ends. */
static bool is_stalled(struct consumer *consumer)
{
	bool stalled =
		consumer->in_flight.waiting.count >=
		CONSUMER_STALL_BATCHES * (size_t)consumer->process.group->batch;

	if (stalled == consumer->stalled)
		return stalled;
	consumer->stalled = stalled;
	log_line(LOG_WARNING,
		 stalled ? "stalled: %zu entries wait for their retry, "
			   "nothing more is read"
			 : "no longer stalled: %zu entries wait",
		 consumer->in_flight.waiting.count);
	consumer_show(consumer);
	return stalled;
}

/* Is there an entry that is to be alone, or is one with the handler? Then
   nothing else is read. */
static bool waits_for_alone(struct consumer *consumer)
{
	if (consumer->alone && consumer->in_flight.open_count == 0)
		consumer->alone = false;
	return consumer->alone || consumer->in_flight.waiting.alone_count > 0;
}

/* An entry on which workers died: once all else is settled. */
static int read_alone(struct consumer *consumer, struct batch *batch,
		      struct err *err)
{
	if (consumer->in_flight.open_count > 0 ||
	    waiting_take_alone(&consumer->in_flight.waiting, consumer->due) ==
		    0)
		return 0;
	consumer->alone = true;
	return exchange_fetch(&consumer->exchange, batch, consumer->due, 1,
			      err);
}

/* What is due goes first, then our own past, then what is new. */
static int read_more(struct consumer *consumer, int64_t now, enum urgent urgent,
		     struct err *err)
{
	struct exchange *exchange = &consumer->exchange;
	struct batch *batch = in_flight_free_batch(&consumer->in_flight);
	size_t count = room(consumer);
	size_t due;

	if (count == 0)
		return 0;
	due = consumer->alone ? 0
			      : waiting_take(&consumer->in_flight.waiting, now,
					     consumer->due, count);
	if (due > 0)
		return exchange_fetch(exchange, batch, consumer->due, due, err);
	if (is_stalled(consumer))
		return 0;
	if (!consumer->history && waits_for_alone(consumer))
		return read_alone(consumer, batch, err);
	if (consumer->history)
		return exchange_history(exchange, batch,
					consumer->history_replays, count,
					consumer->history_id, err);
	/* By turns: what came back and what is new do not hold up each other.
	 */
	consumer->replays_read = consumer->replays && !consumer->replays_read;
	if (consumer->replays_read)
		return exchange_read_replay(exchange, batch, count, err);
	return exchange_read(exchange, batch, count,
			     block_msecs(consumer, now, urgent),
			     consumer->last_id, err);
}

/* On stopping: what a read that was cut off had been given, and no more. */
static int read_last(struct consumer *consumer, struct err *err)
{
	struct batch *batch = in_flight_free_batch(&consumer->in_flight);
	size_t count = room(consumer);

	if (!consumer->history || consumer->stalled || consumer->paused) {
		consumer->cut_off = false;
		return 0;
	}
	if (count == 0)
		return 0;
	return exchange_history(&consumer->exchange, batch,
				consumer->history_replays, count,
				consumer->history_id, err);
}

static bool beat_is_due(const struct consumer *consumer, int64_t now)
{
	return consumer->next_beat_msecs >= 0 &&
	       now >= consumer->next_beat_msecs;
}

static int beat(struct consumer *consumer, int64_t now, struct err *err)
{
	consumer->next_beat_msecs = now + consumer_beat_wait(consumer);
	if (exchange_beat(&consumer->exchange, false, err) < 0)
		return -1;
	return consumer->replay_count == 0
		       ? 0
		       : exchange_beat(&consumer->exchange, true, err);
}

/* Is this round trip only to see whether Redis is well (again)? */
static bool tries_only(const struct consumer *consumer)
{
	return consumer->held && exchange_is_busy(&consumer->exchange);
}

int consumer_exchange_begin(struct consumer *consumer, int64_t now,
			    struct err *err)
{
	bool settles = in_flight_has_decided(&consumer->in_flight);
	enum urgent urgent = !STAILQ_EMPTY(&consumer->in_flight.retry)
				     ? URGENT_RETRIES
				     : URGENT_NOTHING;

	consumer->failed = false;
	/* At the start and after a trouble a round trip without any entry shows
	   whether all is well. */
	if (consumer->held && !settles && !consumer->handler->groupless)
		consumer->next_beat_msecs = now;
	if (beat_is_due(consumer, now))
		urgent = URGENT_BEAT;
	if (exchange_settle(&consumer->exchange, err) < 0 ||
	    (urgent == URGENT_BEAT && beat(consumer, now, err) < 0))
		return -1;
	if (consumer->cut_off)
		return read_last(consumer, err);
	if (consumer->process.stop || consumer->paused || tries_only(consumer))
		return 0;
	return read_more(consumer, now, urgent, err);
}
