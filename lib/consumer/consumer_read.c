/* What a round trip asks for: what is decided is settled, the lease renewed,
   and more is read, by the table in reading_table.c. consumer_link.c begins a
   round trip; the answers come to consumer_answer.c. */

#include "config.h"

#include "lib/consumer/consumer_read.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/consumer/consumer_trouble.h"
#include "lib/consumer/exchange_read.h"
#include "lib/settings/settings.h"

#include <string.h>

/* At most this long passes between two beats, which renew the lease and look
   for entries that nobody holds. */
#define READ_BEAT_MSECS 3000

/* A read blocks at most this long while the handler still has entries, or while
   a retry is being noted. */
#define READ_SHORT_BLOCK_MSECS 50

/* What a round trip does that its read must not hold up. */
enum urgent {
	URGENT_NOTHING,
	URGENT_RETRIES, /* it notes what failed, and when that is due */
	URGENT_BEAT,    /* it may bring us the entries of others */
	URGENT_EFFECTS, /* the script may split them: then they come back */
};

int64_t consumer_beat_wait(const struct consumer *consumer)
{
	int64_t wait = consumer->process.group->owner_ttl_msecs / 3;

	return wait < READ_BEAT_MSECS ? wait : READ_BEAT_MSECS;
}

bool consumer_is_stalled(const struct consumer *consumer)
{
	return consumer->in_flight.waiting.count >=
	       CONSUMER_STALL_BATCHES * (size_t)consumer->process.group->batch;
}

void consumer_history_begin(struct consumer *consumer)
{
	consumer->history = HISTORY_STREAM;
	(void)strcpy(consumer->history_id, "-");
}

/* How many entries the handler would take now; 0 also when no batch is free. */
static size_t room(struct consumer *consumer)
{
	const struct in_flight *in_flight = &consumer->in_flight;
	size_t count = portion_count(&consumer->portion);

	if (in_flight_free_batch(&consumer->in_flight) == NULL ||
	    in_flight->handler_count >= consumer->window)
		return 0;
	return count < consumer->window - in_flight->handler_count
		       ? count
		       : consumer->window - in_flight->handler_count;
}

/* Is an entry on which workers died at it, alone? */
static bool runs_alone(const struct consumer *consumer)
{
	return consumer->last_reading == READING_ALONE &&
	       consumer->in_flight.open_count > 0;
}

int64_t consumer_next_due(struct consumer *consumer)
{
	if (consumer->drain != DRAIN_NOT || consumer->hold == HOLD_PAUSED ||
	    runs_alone(consumer) || room(consumer) == 0)
		return -1;
	return consumer->in_flight.waiting.next_due_msecs;
}

static unsigned int facts(struct consumer *consumer, int64_t now, size_t count)
{
	const struct in_flight *in_flight = &consumer->in_flight;
	const struct waiting *waiting = &in_flight->waiting;
	bool is_due =
		waiting->next_due_msecs >= 0 && waiting->next_due_msecs <= now;
	bool is_greeting = consumer->link == LINK_GREETING &&
			   exchange_is_busy(&consumer->exchange);

	return (count == 0 ? READING_IS_FULL : 0) |
	       (consumer->drain == DRAIN_LOOKING ? READING_IS_CUT_OFF : 0) |
	       (consumer->process.stop ? READING_IS_STOPPING : 0) |
	       (consumer->hold == HOLD_PAUSED ? READING_IS_PAUSED : 0) |
	       (in_flight_has_decided(in_flight) ? READING_IS_SETTLING : 0) |
	       (is_greeting ? READING_IS_GREETING : 0) |
	       (runs_alone(consumer) ? READING_RUNS_ALONE : 0) |
	       (is_due ? READING_HAS_DUE : 0) |
	       (consumer->hold == HOLD_STALLED ? READING_IS_STALLED : 0) |
	       (consumer->history != HISTORY_READ ? READING_HAS_HISTORY : 0) |
	       (waiting->alone_count > 0 ? READING_WANTS_ALONE : 0) |
	       (in_flight->open_count > 0 ? READING_HAS_OPEN : 0) |
	       (consumer->unread_replay_count > 0 ? READING_HAS_REPLAYS : 0) |
	       (consumer->last_reading == READING_REPLAY ? READING_DID_REPLAY
							 : 0);
}

/* How long a read may wait, until the next thing that is due; 0: not at all. */
static int64_t block_msecs(const struct consumer *consumer, int64_t now,
			   enum urgent urgent)
{
	const struct in_flight *in_flight = &consumer->in_flight;
	int64_t until = clock_earlier(consumer->next_beat_msecs,
				      in_flight->waiting.next_due_msecs);
	int64_t block = until < 0 ? READ_BEAT_MSECS : until - now;

	if (urgent == URGENT_EFFECTS)
		return 0;
	if ((in_flight->handler_count > 0 || urgent == URGENT_RETRIES) &&
	    block > READ_SHORT_BLOCK_MSECS)
		block = READ_SHORT_BLOCK_MSECS;
	/* After a trouble we want to know soon whether it is over. */
	return block < 1 || consumer->link == LINK_GREETING ||
			       consumer->unread_replay_count > 0 ||
			       urgent == URGENT_BEAT
		       ? 1
		       : block;
}

/* Why nothing new is read: says so when it begins and when it ends. What is
   with the handler is finished; what waits for its retry waits on. */
static void hold_turn(struct consumer *consumer)
{
	enum consumer_hold hold = consumer->paused > 0            ? HOLD_PAUSED
				  : consumer_is_stalled(consumer) ? HOLD_STALLED
								  : HOLD_NONE;
	size_t count = consumer->in_flight.waiting.count;
	enum consumer_hold former = consumer->hold;

	if (hold == former)
		return;
	consumer->hold = hold;
	if (former == HOLD_PAUSED)
		log_line(LOG_NOTICE, "resumed");
	else if (former == HOLD_STALLED && hold == HOLD_NONE)
		log_line(LOG_WARNING, "no longer stalled: %zu entries wait",
			 count);
	if (hold == HOLD_PAUSED)
		log_line(LOG_NOTICE, "paused by an operator: nothing is read");
	else if (hold == HOLD_STALLED)
		log_line(LOG_WARNING,
			 "stalled: %zu entries wait for their retry, "
			 "nothing more is read",
			 count);
	if (consumer->link == LINK_WELL)
		consumer_show(consumer);
}

static int read_history(struct consumer *consumer, size_t count,
			struct err *err)
{
	return exchange_history(&consumer->exchange,
				consumer->history == HISTORY_REPLAYS, count,
				portion_bytes(&consumer->portion),
				consumer->history_id, err);
}

static int read_waiting(struct consumer *consumer, size_t count,
			struct err *err)
{
	return exchange_fetch(&consumer->exchange, consumer->due, count,
			      portion_bytes(&consumer->portion), err);
}

static int read_more(struct consumer *consumer, int64_t now, enum urgent urgent,
		     struct err *err)
{
	struct exchange *exchange = &consumer->exchange;
	struct waiting *waiting = &consumer->in_flight.waiting;
	size_t count = room(consumer);
	enum reading reading = reading_next(facts(consumer, now, count));

	exchange->batch = in_flight_free_batch(&consumer->in_flight);
	if (reading != READING_NOTHING)
		consumer->last_reading = reading;
	switch (reading) {
	case READING_HISTORY:
		return read_history(consumer, count, err);
	case READING_DUE:
		count = waiting_take(waiting, now, consumer->due, count);
		return read_waiting(consumer, count, err);
	case READING_ALONE:
		count = waiting_take_alone(waiting, consumer->due);
		return read_waiting(consumer, count, err);
	case READING_REPLAY:
		return exchange_read_replay(exchange, count, err);
	case READING_NEW:
		return exchange_read(exchange, count,
				     block_msecs(consumer, now, urgent),
				     consumer->last_id, err);
	case READING_NOTHING:
	case READING_COUNT:
		break;
	}
	/* Once the history holds nothing more, all is known that a read which
	   was cut off had been given. */
	if (consumer->drain == DRAIN_LOOKING && count > 0)
		consumer->drain = DRAIN_FINISHING;
	return 0;
}

/* Is there more to take over, and is all that was taken over decided? What is
   decided is settled before the beat. */
static bool claims_next(const struct consumer *consumer)
{
	return (consumer->claims_more[0] || consumer->claims_more[1]) &&
	       !consumer->process.stop && consumer->hold == HOLD_NONE &&
	       consumer->history == HISTORY_READ &&
	       consumer->in_flight.handler_count == 0;
}

static bool beat_is_due(const struct consumer *consumer, int64_t now)
{
	return consumer->next_beat_msecs >= 0 &&
	       (now >= consumer->next_beat_msecs || claims_next(consumer));
}

static void renewal_note(struct consumer *consumer, int64_t now)
{
	consumer->renewing_msecs = now;
	consumer->next_renew_msecs = now + consumer_beat_wait(consumer);
}

static int beat(struct consumer *consumer, int64_t now, struct err *err)
{
	renewal_note(consumer, now);
	consumer->next_beat_msecs = consumer->next_renew_msecs;
	if (exchange_beat(&consumer->exchange, false, err) < 0)
		return -1;
	return consumer->replay_count == 0
		       ? 0
		       : exchange_beat(&consumer->exchange, true, err);
}

int consumer_exchange_begin(struct consumer *consumer, int64_t now,
			    struct err *err)
{
	const struct in_flight *in_flight = &consumer->in_flight;
	enum urgent urgent = !STAILQ_EMPTY(&in_flight->effect) ? URGENT_EFFECTS
			     : !STAILQ_EMPTY(&in_flight->retry)
				     ? URGENT_RETRIES
				     : URGENT_NOTHING;

	hold_turn(consumer);
	/* At the start and after a trouble a round trip without any entry shows
	   whether all is well. */
	if (consumer->link == LINK_GREETING &&
	    !in_flight_has_decided(in_flight) && !consumer->handler->groupless)
		consumer->next_beat_msecs = now;
	if (exchange_settle(&consumer->exchange, err) < 0)
		return -1;
	if (beat_is_due(consumer, now)) {
		urgent = urgent < URGENT_BEAT ? URGENT_BEAT : urgent;
		if (beat(consumer, now, err) < 0)
			return -1;
	}
	return read_more(consumer, now, urgent, err);
}

int consumer_exchange_begin_quiet(struct consumer *consumer, int64_t now,
				  struct err *err)
{
	if (exchange_settle(&consumer->exchange, err) < 0)
		return -1;
	if (consumer->next_beat_msecs < 0 || now < consumer->next_renew_msecs)
		return 0;
	renewal_note(consumer, now);
	return exchange_renew(&consumer->exchange, err);
}
