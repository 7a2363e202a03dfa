/* What becomes of an entry: it is accepted from a read, and the handler says
   one of done, apply, reject, retry and postpone. Before this comes
   consumer_answer.c, after it exchange_settle.c. */

#include "config.h"

#include "lib/consumer/consumer_verdict.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/consumer/consumer.h"
#include "lib/settings/settings.h"

#include <string.h>

/* A retry is told about at most this often. */
#define VERDICT_SAY_MSECS 1000

void consumer_accept(struct consumer *consumer, bool may_repeat)
{
	struct board *board = consumer->process.board;
	struct batch *batch = consumer->exchange.batch;

	consumer->counted_entries += batch->count;
	batch->read_usecs = clock_usecs();
	board_add(board, BOARD_DELIVERED, batch->count);
	portion_seen(&consumer->portion, batch->count, batch->largest_bytes);
	consumer->list_count = in_flight_accept(&consumer->in_flight, batch,
						may_repeat, consumer->list);
}

void consumer_done(struct consumer *consumer, struct delivery *delivery,
		   enum outcome outcome)
{
	delivery->state = DELIVERY_DONE;
	delivery->outcome = outcome;
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_apply(struct consumer *consumer, struct delivery *delivery,
		    void *effect)
{
	delivery->state = DELIVERY_EFFECT;
	delivery->effect = effect;
	in_flight_finish(&consumer->in_flight, delivery);
}

/* A copy that lives as long as the delivery. */
static const char *text_keep(struct delivery *delivery, const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = consumer_memory(delivery, bytes);

	return copy == NULL ? "out of memory" : memcpy(copy, text, bytes);
}

static void reject(struct consumer *consumer, struct delivery *delivery,
		   enum outcome outcome, const char *class, const char *reason)
{
	delivery->state = DELIVERY_REJECT;
	delivery->outcome = outcome;
	delivery->class = text_keep(delivery, class);
	delivery->reason = text_keep(delivery, reason);
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_reject(struct consumer *consumer, struct delivery *delivery,
		     const char *class, const char *reason)
{
	reject(consumer, delivery, OUTCOME_REJECTED, class, reason);
}

/* Say now and then that something is tried again, and count it. */
static void retry_say(struct consumer *consumer,
		      const struct delivery *delivery, const char *reason)
{
	int64_t now = clock_msecs();

	board_add(consumer->process.board, BOARD_RETRIED, 1);
	if (now < consumer->retry_said_msecs + VERDICT_SAY_MSECS)
		return;
	consumer->retry_said_msecs = now;
	log_line(LOG_WARNING, "entry %.*s: %s: again later",
		 (int)delivery->id.length, delivery->id.data, reason);
}

void consumer_retry(struct consumer *consumer, struct delivery *delivery,
		    int64_t wait_msecs, const char *reason)
{
	const struct settings_group *group = consumer->process.group;
	struct backoff backoff = {
		.first_msecs = group->retry_base_msecs,
		.max_msecs = group->retry_max_msecs,
		.step_count = (unsigned int)delivery->attempts,
	};

	delivery->attempts++;
	if (delivery->attempts >= group->max_deliveries) {
		reject(consumer, delivery, OUTCOME_DEAD, "exhausted", reason);
		return;
	}
	retry_say(consumer, delivery, reason);
	delivery->state = DELIVERY_RETRY;
	delivery->reason = text_keep(delivery, reason);
	delivery->wait_msecs =
		wait_msecs >= 0 ? wait_msecs : backoff_next_spread(&backoff);
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_postpone(struct consumer *consumer, struct delivery *delivery,
		       int64_t wait_msecs, const char *reason)
{
	retry_say(consumer, delivery, reason);
	delivery->state = DELIVERY_WAITING;
	delivery->wait_msecs = wait_msecs;
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_window(struct consumer *consumer, size_t count)
{
	consumer->window = count;
}

void *consumer_memory(struct delivery *delivery, size_t bytes)
{
	return arena_take(delivery->batch->arena, bytes);
}
