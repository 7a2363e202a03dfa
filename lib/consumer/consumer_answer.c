#include "config.h"

#include "lib/consumer/consumer_state.h"

#include "lib/base/arena.h"
#include "lib/process/board.h"
#include "lib/base/clock.h"
#include "lib/consumer/consumer.h"
#include "lib/consumer/crash_point.h"
#include "lib/base/log.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool status_is(const struct reply *reply, const char *status)
{
	return text_is(reply_text(reply_at(reply, 0)), status);
}

static void deliveries_settle(struct consumer *consumer, struct call *call)
{
	struct delivery *delivery;

	while ((delivery = delivery_queue_take(&call->deliveries)) != NULL)
		in_flight_settle(&consumer->in_flight, delivery);
}

/* Entries that were not pending any more: somebody else settled them, or the
   group is gone. The next beat tells which. */
static void look_after_short(struct consumer *consumer,
			     const struct reply *reply)
{
	int64_t missing = reply_integer(reply_at(reply, 1), 0);

	if (missing <= 0)
		return;
	board_add(consumer->process.board, BOARD_LOST_CLAIM, (uint64_t)missing);
	log_line(LOG_WARNING, "%" PRId64 " entries were not pending any more",
		 missing);
	consumer->next_beat_msecs = clock_msecs();
}

/* How long ago each was read: those of a batch at once. */
static void recent_note(struct recent *recent, const struct delivery *delivery,
			int64_t now_usecs)
{
	while (delivery != NULL) {
		const struct batch *batch = delivery->batch;
		uint64_t count = 0;

		for (; delivery != NULL && delivery->batch == batch;
		     delivery = STAILQ_NEXT(delivery, next))
			count++;
		recent_done(recent, now_usecs, now_usecs - batch->read_usecs,
			    count);
	}
}

static void answer_settled(struct consumer *consumer, struct call *call,
			   const struct reply *reply)
{
	struct board *board = consumer->process.board;
	int64_t now_usecs = clock_usecs();

	crash_point("after-settle");
	linger_settled(&consumer->linger, now_usecs);
	board_add(board, BOARD_HANDLED, call->count);
	recent_note(&board->recent, STAILQ_FIRST(&call->deliveries), now_usecs);
	look_after_short(consumer, reply);
	deliveries_settle(consumer, call);
}

static void answer_dead(struct consumer *consumer, struct call *call,
			const struct reply *reply)
{
	const struct delivery *delivery = STAILQ_FIRST(&call->deliveries);

	log_line(LOG_WARNING, "entry %.*s: dead-lettered: %s",
		 (int)delivery->id.length, delivery->id.data, delivery->reason);
	board_add(consumer->process.board, BOARD_DEAD, 1);
	answer_settled(consumer, call, reply);
}

/* The script named the positions, counted from 1 and ascending, of the entries
   that must go alone; it named none when it does not know them, and then all
   do. The others go again as one call, before them; among each other, both keep
   the sequence of the stream. */
static void effect_split(struct consumer *consumer, struct call *call,
			 const struct reply *reply)
{
	struct delivery_queue alone = STAILQ_HEAD_INITIALIZER(alone);
	struct delivery_queue others = STAILQ_HEAD_INITIALIZER(others);
	struct delivery *delivery;
	bool all = reply_count(reply) == 1;
	size_t named = 1;

	for (int64_t position = 1;
	     (delivery = delivery_queue_take(&call->deliveries)) != NULL;
	     position++) {
		if (reply_integer(reply_at(reply, named), 0) == position)
			named++;
		else if (!all) {
			STAILQ_INSERT_TAIL(&others, delivery, next);
			continue;
		}
		delivery->alone = true;
		STAILQ_INSERT_TAIL(&alone, delivery, next);
	}
	in_flight_restore(&consumer->in_flight, &alone);
	in_flight_restore(&consumer->in_flight, &others);
}

/* The script refused a single entry: dead-letter it. */
static void effect_refused(struct consumer *consumer, struct call *call,
			   const struct reply *reply)
{
	struct delivery *delivery = delivery_queue_take(&call->deliveries);
	struct text class = reply_text(reply_at(reply, 1));
	struct text reason = reply_text(reply_at(reply, 2));
	char class_text[32];
	char reason_text[512];

	(void)snprintf(class_text, sizeof(class_text), "%.*s",
		       (int)class.length, class.data);
	(void)snprintf(reason_text, sizeof(reason_text), "%.*s",
		       (int)reason.length, reason.data);
	/* As if the handler had it again and refused it. */
	consumer->in_flight.handler_count++;
	consumer_reject(consumer, delivery, class_text, reason_text);
}

static void answer_effect(struct consumer *consumer, struct call *call,
			  const struct reply *reply)
{
	if (status_is(reply, "split"))
		effect_split(consumer, call, reply);
	else if (status_is(reply, "reject") && call->count == 1)
		effect_refused(consumer, call, reply);
	else
		answer_settled(consumer, call, reply);
}

/* What failed is noted, and waits. */
static void answer_retry(struct consumer *consumer, struct call *call,
			 const struct reply *reply)
{
	struct delivery *delivery;

	look_after_short(consumer, reply);
	while ((delivery = delivery_queue_take(&call->deliveries)) != NULL)
		in_flight_wait(&consumer->in_flight, delivery);
}

static void history_begin(struct consumer *consumer)
{
	consumer->history = true;
	consumer->history_replays = false;
	(void)strcpy(consumer->history_id, "-");
}

/* One stream's history is read: the other's follows, if there is one. */
static void history_next(struct consumer *consumer, bool replays)
{
	consumer->history = !replays && consumer->replay_count > 0;
	consumer->history_replays = consumer->history;
	(void)strcpy(consumer->history_id, "-");
}

/* Pending for us in both streams, as the last beats said. */
static void pending_compare(struct consumer *consumer)
{
	int64_t known = (int64_t)(consumer->in_flight.open_count +
				  consumer->in_flight.waiting.count);
	int64_t pending = consumer->pending[0] + consumer->pending[1];

	/* A connection that died may have been given some, too. */
	if (pending > known && !consumer->history && !consumer->stalled)
		history_begin(consumer);
}

static void answer_beat(struct consumer *consumer, struct call *call,
			const struct reply *reply)
{
	int64_t claimed = reply_integer(reply_at(reply, 2), 0);
	int64_t replay_count = reply_integer(reply_at(reply, 3), 0);

	if (claimed > 0) {
		crash_point("in-claim");
		log_line(LOG_NOTICE,
			 "took over %" PRId64
			 " pending entries that nobody held",
			 claimed);
	}
	consumer->pending[call->replays] = reply_integer(reply_at(reply, 1), 0);
	if (replay_count == 0)
		consumer->pending[1] = 0;
	consumer->replays = replay_count > 0;
	consumer->replay_count = replay_count;
	pending_compare(consumer);
	consumer->pause_asked = reply_integer(reply_at(reply, 4), 0) > 0;
}

static void last_id_keep(char *buf, const struct reply *entries)
{
	const struct reply *last = reply_at(entries, reply_count(entries) - 1);
	struct text id = reply_text(reply_at(last, 0));

	(void)snprintf(buf, SETTINGS_NAME_BYTES, "%.*s", (int)id.length,
		       id.data);
}

/* After a giant reply fewer entries were asked for; small ones let it grow
   again. */
static void read_count_adapt(struct consumer *consumer)
{
	const struct settings *set = &consumer->process.settings;
	size_t used = arena_used(consumer->exchange.batch->arena);
	size_t most = (size_t)consumer->process.group->batch;

	if (used < (size_t)set->redis.max_reply_bytes / 8)
		consumer->read_count *= 2;
	if (consumer->read_count > most)
		consumer->read_count = most;
}

static int batch_take(struct consumer *consumer, const struct call *call,
		      const struct reply *entries)
{
	struct batch *batch = consumer->exchange.batch;

	if (reply_count(entries) == 0) {
		arena_reset(batch->arena);
		return 0;
	}
	crash_point(call->kind == CALL_READ ? "after-read" : "in-recovery");
	read_count_adapt(consumer);
	if (batch_fill(batch, entries, &consumer->process.settings.fields,
		       call->replays) < 0) {
		arena_reset(batch->arena);
		return -1;
	}
	consumer_accept(consumer, call->kind != CALL_READ);
	return 0;
}

/* [[stream, [entry, ...]]], or nil when none came in time. */
static int answer_read(struct consumer *consumer, const struct call *call,
		       const struct reply *reply)
{
	const struct reply *entries = reply_at(reply_at(reply, 0), 1);

	if (consumer->handler->groupless && reply_count(entries) > 0)
		last_id_keep(consumer->last_id, entries);
	linger_read(&consumer->linger, reply_count(entries),
		    consumer->read_count, consumer->process.group->linger_msecs,
		    clock_msecs());
	/* What came back is read without waiting, until nothing is left. */
	if (call->replays && reply_count(entries) == 0)
		consumer->replays = false;
	return batch_take(consumer, call, entries);
}

static int answer_history(struct consumer *consumer, const struct call *call,
			  const struct reply *reply)
{
	const struct reply *entries = reply_at(reply, 1);

	if (reply_count(entries) > 0)
		last_id_keep(consumer->history_id, entries);
	if (reply_integer(reply_at(reply, 2), 0) == 0)
		history_next(consumer, call->replays);
	return batch_take(consumer, call, entries);
}

/* What could not be fetched, or found no room in the answer, is found again. */
static int answer_fetch(struct consumer *consumer, const struct call *call,
			const struct reply *reply)
{
	if (reply_integer(reply_at(reply, 2), 0) > 0)
		history_begin(consumer);
	return batch_take(consumer, call, reply_at(reply, 1));
}

static void answer_lost(struct consumer *consumer, struct call *call)
{
	size_t count;

	deliveries_settle(consumer, call);
	count = in_flight_drop(&consumer->in_flight);
	if (!consumer->lease_lost)
		log_line(LOG_ERR,
			 "lease lost: dropped %zu entries in hand, "
			 "whoever has the lease finishes them",
			 count);
	consumer->lease_lost = true;
}

/* Answers that cannot be of a wrong shape: what is missing counts as 0. */
static void (*const answers[])(struct consumer *, struct call *,
			       const struct reply *) = {
	[CALL_EFFECT] = answer_effect, [CALL_SETTLE] = answer_settled,
	[CALL_DEAD] = answer_dead,     [CALL_RETRY] = answer_retry,
	[CALL_BEAT] = answer_beat,
};

static int answer_good(struct consumer *consumer, struct call *call,
		       const struct reply *reply)
{
	if (call->kind != CALL_READ && status_is(reply, "lost"))
		answer_lost(consumer, call);
	if (call_is_read(call->kind) && consumer->lease_lost) {
		/* It is pending for whoever has the lease now. */
		arena_reset(consumer->exchange.batch->arena);
		return 0;
	}
	if (call->kind == CALL_READ)
		return answer_read(consumer, call, reply);
	if (call->kind == CALL_HISTORY)
		return answer_history(consumer, call, reply);
	if (call->kind == CALL_FETCH)
		return answer_fetch(consumer, call, reply);
	if (!consumer->lease_lost)
		answers[call->kind](consumer, call, reply);
	else
		deliveries_settle(consumer, call);
	return 0;
}

int consumer_answer(struct consumer *consumer, struct call *call,
		    const struct reply *reply)
{
	struct text line = reply_text(reply);

	if (!reply_is_error(reply)) {
		if (answer_good(consumer, call, reply) == 0)
			return 0;
		line = text_of("an answer of a strange shape");
	}
	in_flight_restore(&consumer->in_flight, &call->deliveries);
	if (call->kind == CALL_FETCH)
		history_begin(consumer);
	consumer_trouble(consumer, redis_error_class(line), line.data);
	/* The error lies where the entries would have. */
	if (call_is_read(call->kind))
		arena_reset(consumer->exchange.batch->arena);
	return consumer->lease.redis == NULL ? -1 : 0;
}
