#include "config.h"

#include "lib/consumer/in_flight.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"

#include <string.h>

int hand_open(struct hand *hand, size_t keep_bytes, size_t waiting_size)
{
	memset(hand, 0, sizeof(*hand));
	for (size_t i = 0; i < HAND_BATCHES_MAX; i++) {
		hand->batches[i].arena = arena_open(keep_bytes);
		if (hand->batches[i].arena == NULL)
			return -1;
	}
	return waiting_open(&hand->waiting, waiting_size);
}

void hand_close(struct hand *hand)
{
	for (size_t i = 0; i < HAND_BATCHES_MAX; i++)
		arena_close(&hand->batches[i].arena);
	waiting_close(&hand->waiting);
}

struct batch *hand_free_batch(struct hand *hand)
{
	for (size_t i = 0; i < HAND_BATCHES_MAX; i++) {
		if (!hand->batches[i].in_use)
			return &hand->batches[i];
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

bool hand_has(const struct hand *hand, const struct delivery *delivery)
{
	for (size_t i = 0; i < HAND_BATCHES_MAX; i++) {
		if (hand->batches[i].in_use &&
		    batch_has(&hand->batches[i], delivery))
			return true;
	}
	return waiting_has(&hand->waiting, delivery->id_msecs, delivery->id_seq,
			   delivery->replays);
}

static struct delivery_queue *queue_of(struct hand *hand,
				       enum delivery_state state)
{
	switch (state) {
	case DELIVERY_EFFECT:
		return &hand->effect;
	case DELIVERY_DONE:
		return &hand->done;
	case DELIVERY_REJECT:
		return &hand->reject;
	case DELIVERY_RETRY:
		return &hand->retry;
	case DELIVERY_WAITING:
	case DELIVERY_IN_HAND:
	case DELIVERY_SETTLED:
		break;
	}
	return NULL;
}

static void wait_put(struct hand *hand, const struct delivery *delivery)
{
	const struct waiting_entry entry = {
		.id_msecs = delivery->id_msecs,
		.id_seq = delivery->id_seq,
		.replays = delivery->replays,
		.due_msecs = delivery->wait_msecs < 0
				     ? -1
				     : clock_msecs() + delivery->wait_msecs,
	};

	if (hand->waiting.count < hand->waiting.size)
		waiting_put(&hand->waiting, &entry);
}

/* Put an entry of a new batch where it belongs. Returns true when it is for the
   handler. */
static bool accept_one(struct hand *hand, struct delivery *delivery,
		       bool may_repeat)
{
	struct batch *batch = delivery->batch;

	if (may_repeat && hand_has(hand, delivery)) {
		delivery->state = DELIVERY_SETTLED;
		batch->open_count--;
		return false;
	}
	if (delivery->state == DELIVERY_WAITING) {
		wait_put(hand, delivery);
		delivery->state = DELIVERY_SETTLED;
		batch->open_count--;
		return false;
	}
	if (delivery->state == DELIVERY_IN_HAND)
		return true;
	delivery_queue_put(queue_of(hand, delivery->state), delivery);
	return false;
}

size_t hand_accept(struct hand *hand, struct batch *batch, bool may_repeat,
		   struct delivery **list)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		if (accept_one(hand, &batch->deliveries[i], may_repeat))
			list[count++] = &batch->deliveries[i];
	}
	batch->in_use = batch->open_count > 0;
	hand->open_count += batch->open_count;
	hand->handler_count += count;
	if (!batch->in_use)
		arena_reset(batch->arena);
	return count;
}

void hand_wait(struct hand *hand, struct delivery *delivery)
{
	wait_put(hand, delivery);
	hand_settle(hand, delivery);
}

void hand_settle(struct hand *hand, struct delivery *delivery)
{
	struct batch *batch = delivery->batch;

	delivery->state = DELIVERY_SETTLED;
	hand->open_count--;
	if (--batch->open_count > 0)
		return;
	batch->in_use = false;
	batch->count = 0;
	arena_reset(batch->arena);
}

void hand_finish(struct hand *hand, struct delivery *delivery)
{
	hand->handler_count--;
	if (delivery->dropped)
		hand_settle(hand, delivery);
	else if (delivery->state == DELIVERY_WAITING)
		hand_wait(hand, delivery);
	else
		delivery_queue_put(queue_of(hand, delivery->state), delivery);
}

void hand_restore(struct hand *hand, struct delivery_queue *deliveries)
{
	if (deliveries->first != NULL)
		delivery_queue_put_back(
			deliveries, queue_of(hand, deliveries->first->state));
}

static void queue_drop(struct hand *hand, struct delivery_queue *queue)
{
	struct delivery *delivery;

	while ((delivery = delivery_queue_get(queue)) != NULL)
		hand_settle(hand, delivery);
}

size_t hand_drop(struct hand *hand)
{
	size_t count = hand->open_count;

	queue_drop(hand, &hand->effect);
	queue_drop(hand, &hand->done);
	queue_drop(hand, &hand->reject);
	queue_drop(hand, &hand->retry);
	waiting_clear(&hand->waiting);
	for (size_t i = 0; i < HAND_BATCHES_MAX; i++) {
		const struct batch *batch = &hand->batches[i];

		for (size_t j = 0; batch->in_use && j < batch->count; j++)
			batch->deliveries[j].dropped = true;
	}
	return count;
}

bool hand_has_decided(const struct hand *hand)
{
	return hand->effect.first != NULL || hand->done.first != NULL ||
	       hand->reject.first != NULL || hand->retry.first != NULL;
}
