/* Everything that one consumer has in hand. Filled by consumer_verdict.c and
   the handler's verdicts, emptied by exchange_settle.c and the answers. */

#include "config.h"

#include "lib/consumer/in_flight.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"

#include <string.h>

int in_flight_open(struct in_flight *in_flight, size_t keep_bytes,
		   size_t waiting_size)
{
	memset(in_flight, 0, sizeof(*in_flight));
	STAILQ_INIT(&in_flight->effect);
	STAILQ_INIT(&in_flight->done);
	STAILQ_INIT(&in_flight->reject);
	STAILQ_INIT(&in_flight->retry);
	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++) {
		in_flight->batches[i].arena = arena_open(keep_bytes);
		if (in_flight->batches[i].arena == NULL)
			return -1;
	}
	return waiting_open(&in_flight->waiting, waiting_size);
}

void in_flight_close(struct in_flight *in_flight)
{
	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++)
		arena_close(&in_flight->batches[i].arena);
	waiting_close(&in_flight->waiting);
}

size_t in_flight_bytes(const struct in_flight *in_flight)
{
	size_t bytes = 0;

	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++)
		bytes += arena_used(in_flight->batches[i].arena);
	return bytes;
}

struct batch *in_flight_free_batch(struct in_flight *in_flight)
{
	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++) {
		if (!in_flight->batches[i].in_use)
			return &in_flight->batches[i];
	}
	return NULL;
}

static bool is_same(const struct delivery *a, const struct delivery *b)
{
	return a->id_msecs == b->id_msecs && a->id_seq == b->id_seq &&
	       a->replays == b->replays;
}

static bool batch_has(const struct batch *batch,
		      const struct delivery *delivery)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (is_same(&batch->deliveries[i], delivery) &&
		    batch->deliveries[i].state != DELIVERY_SETTLED)
			return true;
	}
	return false;
}

bool in_flight_has(const struct in_flight *in_flight,
		   const struct delivery *delivery)
{
	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++) {
		if (in_flight->batches[i].in_use &&
		    batch_has(&in_flight->batches[i], delivery))
			return true;
	}
	return waiting_has(&in_flight->waiting, delivery->id_msecs,
			   delivery->id_seq, delivery->replays);
}

static struct delivery_queue *queue_of(struct in_flight *in_flight,
				       enum delivery_state state)
{
	switch (state) {
	case DELIVERY_EFFECT:
		return &in_flight->effect;
	case DELIVERY_DONE:
		return &in_flight->done;
	case DELIVERY_REJECT:
		return &in_flight->reject;
	case DELIVERY_RETRY:
		return &in_flight->retry;
	case DELIVERY_WAITING:
	case DELIVERY_WITH_HANDLER:
	case DELIVERY_SETTLED:
		break;
	}
	return NULL;
}

static void wait_put(struct in_flight *in_flight,
		     const struct delivery *delivery)
{
	const struct waiting_entry entry = {
		.id_msecs = delivery->id_msecs,
		.id_seq = delivery->id_seq,
		.replays = delivery->replays,
		.due_msecs = delivery->wait_msecs < 0
				     ? -1
				     : clock_msecs() + delivery->wait_msecs,
	};

	if (in_flight->waiting.count < in_flight->waiting.size)
		waiting_put(&in_flight->waiting, &entry);
}

/* Put an entry of a new batch where it belongs. Returns true when it is for the
   handler. */
static bool accept_one(struct in_flight *in_flight, struct delivery *delivery,
		       bool may_repeat)
{
	struct batch *batch = delivery->batch;

	if (may_repeat && in_flight_has(in_flight, delivery)) {
		delivery->state = DELIVERY_SETTLED;
		batch->open_count--;
		return false;
	}
	if (delivery->state == DELIVERY_WAITING) {
		wait_put(in_flight, delivery);
		delivery->state = DELIVERY_SETTLED;
		batch->open_count--;
		return false;
	}
	if (delivery->state == DELIVERY_WITH_HANDLER)
		return true;
	STAILQ_INSERT_TAIL(queue_of(in_flight, delivery->state), delivery,
			   next);
	return false;
}

size_t in_flight_accept(struct in_flight *in_flight, struct batch *batch,
			bool may_repeat, struct delivery **list)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		if (accept_one(in_flight, &batch->deliveries[i], may_repeat))
			list[count++] = &batch->deliveries[i];
	}
	batch->in_use = batch->open_count > 0;
	in_flight->open_count += batch->open_count;
	in_flight->handler_count += count;
	if (!batch->in_use)
		arena_reset(batch->arena);
	return count;
}

void in_flight_wait(struct in_flight *in_flight, struct delivery *delivery)
{
	wait_put(in_flight, delivery);
	in_flight_settle(in_flight, delivery);
}

void in_flight_settle(struct in_flight *in_flight, struct delivery *delivery)
{
	struct batch *batch = delivery->batch;

	delivery->state = DELIVERY_SETTLED;
	in_flight->open_count--;
	if (--batch->open_count > 0)
		return;
	batch->in_use = false;
	batch->count = 0;
	arena_reset(batch->arena);
}

void in_flight_finish(struct in_flight *in_flight, struct delivery *delivery)
{
	in_flight->handler_count--;
	if (delivery->dropped)
		in_flight_settle(in_flight, delivery);
	else if (delivery->state == DELIVERY_WAITING)
		in_flight_wait(in_flight, delivery);
	else
		STAILQ_INSERT_TAIL(queue_of(in_flight, delivery->state),
				   delivery, next);
}

void in_flight_restore(struct in_flight *in_flight,
		       struct delivery_queue *deliveries)
{
	struct delivery_queue *queue;

	if (STAILQ_EMPTY(deliveries))
		return;
	queue = queue_of(in_flight, STAILQ_FIRST(deliveries)->state);
	STAILQ_CONCAT(deliveries, queue);
	STAILQ_CONCAT(queue, deliveries);
}

static void queue_drop(struct in_flight *in_flight,
		       struct delivery_queue *queue)
{
	struct delivery *delivery;

	while ((delivery = delivery_queue_take(queue)) != NULL)
		in_flight_settle(in_flight, delivery);
}

size_t in_flight_drop(struct in_flight *in_flight)
{
	size_t count = in_flight->open_count;

	queue_drop(in_flight, &in_flight->effect);
	queue_drop(in_flight, &in_flight->done);
	queue_drop(in_flight, &in_flight->reject);
	queue_drop(in_flight, &in_flight->retry);
	waiting_clear(&in_flight->waiting);
	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++) {
		const struct batch *batch = &in_flight->batches[i];

		for (size_t j = 0; batch->in_use && j < batch->count; j++)
			batch->deliveries[j].dropped = true;
	}
	return count;
}

bool in_flight_has_decided(const struct in_flight *in_flight)
{
	return !STAILQ_EMPTY(&in_flight->effect) ||
	       !STAILQ_EMPTY(&in_flight->done) ||
	       !STAILQ_EMPTY(&in_flight->reject) ||
	       !STAILQ_EMPTY(&in_flight->retry);
}
