/* What an answer of Redis means. Before this comes consumer_link.c, which takes
   the answers; after it consumer_handle.c for what was read, and the next round
   trip for what was settled only in part. */

#include "config.h"

#include "lib/consumer/consumer_answer.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/consumer/consumer.h"
#include "lib/consumer/consumer_read.h"
#include "lib/consumer/consumer_trouble.h"
#include "lib/consumer/consumer_verdict.h"
#include "lib/consumer/crash_point.h"
#include "lib/process/board.h"
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

/* All that was read is settled: the portion was not too large to be borne. */
static void portion_note(struct consumer *consumer)
{
	if (consumer->in_flight.open_count == 0 &&
	    portion_settled(&consumer->portion))
		board_set(&consumer->process.board->halvings,
			  consumer->portion.halvings);
}

static void deliveries_settle(struct consumer *consumer, struct call *call)
{
	struct delivery *delivery;

	while ((delivery = delivery_queue_take(&call->deliveries)) != NULL)
		in_flight_settle(&consumer->in_flight, delivery);
	portion_note(consumer);
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

/* Does a list of positions, counted from 1 and growing, name this one? Then *at
   is that of the next. */
static bool position_is(const struct reply *reply, size_t *at, size_t position)
{
	if (reply_integer(reply_at(reply, *at), 0) != (int64_t)position)
		return false;
	(*at)++;
	return true;
}

/* Some entries of the call, at the positions in the reply, have to go alone;
   where it names none, or none that fit, all of them. They go back to their
   places: what stands behind them has not gone yet (exchange_settle.c). */
static void effect_split(struct consumer *consumer, struct call *call,
			 const struct reply *reply)
{
	size_t position = 0, at = 1;
	bool is_known;
	struct delivery *d;

	STAILQ_FOREACH (d, &call->deliveries, next)
		d->alone = position_is(reply, &at, ++position);
	is_known = at > 1 && at == reply_count(reply);
	STAILQ_FOREACH (d, &call->deliveries, next)
		d->alone = d->alone || !is_known;
	in_flight_restore(&consumer->in_flight, &call->deliveries);
}

/* Copy a text of the answer into buf; where there is none, what stands for it.
 */
static const char *text_copy(struct text text, const char *other, char *buf,
			     size_t bytes)
{
	if (text.length == 0)
		return other;
	(void)snprintf(buf, bytes, "%.*s", (int)text.length, text.data);
	return buf;
}

/* The script refused a single entry: dead-letter it. */
static void effect_refused(struct consumer *consumer, struct call *call,
			   const struct reply *reply)
{
	struct delivery *delivery = delivery_queue_take(&call->deliveries);
	char class[32];
	char reason[512];

	/* As if the handler had it again and refused it. */
	consumer->in_flight.handler_count++;
	consumer_reject(consumer, delivery,
			text_copy(reply_text(reply_at(reply, 1)), "effect",
				  class, sizeof(class)),
			text_copy(reply_text(reply_at(reply, 2)),
				  "its script does not settle it", reason,
				  sizeof(reason)));
}

static void answer_effect(struct consumer *consumer, struct call *call,
			  const struct reply *reply)
{
	if (status_is(reply, "ok"))
		answer_settled(consumer, call, reply);
	else if (call->count > 1)
		effect_split(consumer, call, reply);
	else
		effect_refused(consumer, call, reply);
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

/* One stream's history is read: the other's follows, if there is one. */
static void history_next(struct consumer *consumer)
{
	consumer->history = consumer->history == HISTORY_STREAM &&
					    consumer->replay_count > 0
				    ? HISTORY_REPLAYS
				    : HISTORY_READ;
	(void)strcpy(consumer->history_id, "-");
}

/* Pending for us in both streams, as the last beats said. */
static void pending_compare(struct consumer *consumer)
{
	int64_t known = (int64_t)(consumer->in_flight.open_count +
				  consumer->in_flight.waiting.count);
	int64_t pending = consumer->pending[0] + consumer->pending[1];

	/* A connection that died may have been given some, too. */
	if (pending > known && consumer->history == HISTORY_READ &&
	    !consumer_is_stalled(consumer))
		consumer_history_begin(consumer);
}

/* Portions that follow each other are told as one, when there is no more. */
static void claims_note(struct consumer *consumer, bool replays, int64_t count,
			bool more)
{
	consumer->claims_more[replays] = more;
	consumer->claimed_count += count;
	if (consumer->claims_more[0] || consumer->claims_more[1] ||
	    consumer->claimed_count == 0)
		return;
	log_line(LOG_NOTICE,
		 "took over %" PRId64 " pending entries that nobody held",
		 consumer->claimed_count);
	consumer->claimed_count = 0;
}

static void answer_beat(struct consumer *consumer, struct call *call,
			const struct reply *reply)
{
	int64_t claimed = reply_integer(reply_at(reply, 2), 0);
	int64_t replay_count = reply_integer(reply_at(reply, 3), 0);

	if (claimed > 0)
		crash_point("in-claim");
	claims_note(consumer, call->replays, claimed,
		    reply_integer(reply_at(reply, 5), 0) > 0);
	consumer->pending[call->replays] = reply_integer(reply_at(reply, 1), 0);
	if (replay_count == 0) {
		consumer->pending[1] = 0;
		consumer->claims_more[1] = false;
	}
	consumer->unread_replay_count = replay_count;
	consumer->replay_count = replay_count;
	pending_compare(consumer);
	consumer->renewed_msecs = consumer->renewing_msecs;
	consumer->paused = reply_integer(reply_at(reply, 4), 0);
}

static void answer_renew(struct consumer *consumer, struct call *call,
			 const struct reply *reply)
{
	(void)call;
	(void)reply;
	consumer->renewed_msecs = consumer->renewing_msecs;
}

static void last_id_keep(char *buf, const struct reply *entries)
{
	const struct reply *last = reply_at(entries, reply_count(entries) - 1);
	struct text id = reply_text(reply_at(last, 0));

	(void)snprintf(buf, SETTINGS_NAME_BYTES, "%.*s", (int)id.length,
		       id.data);
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
		    portion_count(&consumer->portion),
		    consumer->process.group->linger_msecs, clock_msecs());
	/* What came back is read without waiting, until nothing is left. */
	if (call->replays && reply_count(entries) == 0)
		consumer->unread_replay_count = 0;
	return batch_take(consumer, call, entries);
}

static int answer_history(struct consumer *consumer, const struct call *call,
			  const struct reply *reply)
{
	const struct reply *entries = reply_at(reply, 1);

	if (reply_count(entries) > 0)
		last_id_keep(consumer->history_id, entries);
	if (reply_integer(reply_at(reply, 2), 0) == 0)
		history_next(consumer);
	return batch_take(consumer, call, entries);
}

/* What could not be fetched, or found no room in the answer, is found again. */
static int answer_fetch(struct consumer *consumer, const struct call *call,
			const struct reply *reply)
{
	if (reply_integer(reply_at(reply, 2), 0) > 0)
		consumer_history_begin(consumer);
	return batch_take(consumer, call, reply_at(reply, 1));
}

/* Answers that cannot be of a wrong shape: what is missing counts as 0. */
static void (*const answers[])(struct consumer *, struct call *,
			       const struct reply *) = {
	[CALL_EFFECT] = answer_effect, [CALL_SETTLE] = answer_settled,
	[CALL_DEAD] = answer_dead,     [CALL_RETRY] = answer_retry,
	[CALL_BEAT] = answer_beat,     [CALL_RENEW] = answer_renew,
};

/* The lease is another one's: all that is pending belongs to it now. */
static int answer_lost(struct consumer *consumer, struct call *call)
{
	deliveries_settle(consumer, call);
	if (call_is_read(call->kind))
		arena_reset(consumer->exchange.batch->arena);
	return 0;
}

static int answer_good(struct consumer *consumer, struct call *call,
		       const struct reply *reply)
{
	if (call->kind != CALL_READ && status_is(reply, "lost"))
		(void)consumer_link_event(consumer, LINK_ROBBED);
	if (consumer->link == LINK_LOST)
		return answer_lost(consumer, call);
	if (call->kind == CALL_READ)
		return answer_read(consumer, call, reply);
	if (call->kind == CALL_HISTORY)
		return answer_history(consumer, call, reply);
	if (call->kind == CALL_FETCH)
		return answer_fetch(consumer, call, reply);
	answers[call->kind](consumer, call, reply);
	return 0;
}

/* The entries of a call that failed go back at the end of the round trip. */
int consumer_answer(struct consumer *consumer, struct call *call,
		    const struct reply *reply)
{
	struct text line = reply_text(reply);

	if (!reply_is_error(reply)) {
		if (answer_good(consumer, call, reply) == 0)
			return 0;
		line = text_of("an answer of a strange shape");
	}
	if (call->kind == CALL_FETCH)
		consumer_history_begin(consumer);
	consumer_trouble(consumer, redis_error_class(line), line.data);
	/* The error lies where the entries would have. */
	if (call_is_read(call->kind))
		arena_reset(consumer->exchange.batch->arena);
	return consumer->lease.redis == NULL ? -1 : 0;
}
