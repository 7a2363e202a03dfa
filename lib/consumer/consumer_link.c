/* The connection, from its opening to the giving back of the lease: it carries
   one round trip after the other. Before this comes consumer_main.c;
   after it consumer_read.c, which says what a round trip asks for, and
   consumer_answer.c, which obeys the answers. */

#include "config.h"

#include "lib/consumer/consumer_link.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/consumer/consumer_answer.h"
#include "lib/consumer/consumer_read.h"
#include "lib/consumer/consumer_suspect.h"
#include "lib/consumer/consumer_trouble.h"
#include "lib/consumer/crash_point.h"
#include "lib/process/lifeline.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Giving the lease back may take this long even when the time is over. */
#define LINK_LEAVE_MSECS 200

/* Part of supervisor.drain that we take for finishing; then what is left is
   left to others, before ordermqd loses its patience. */
#define LINK_DRAIN_PERCENT 80

/* In the last second of the drain, or its second half where that is shorter, no
   entry is taken up. */
#define LINK_REFUSE_MSECS 1000

static void link_lost(struct consumer *consumer, const struct err *err)
{
	if (redis_too_big(consumer->lease.redis)) {
		portion_too_large(&consumer->portion);
		log_line(LOG_WARNING, "%s: reading at most %zu entries at once",
			 err->text, portion_count(&consumer->portion));
	}
	board_add(consumer->process.board, BOARD_RECONNECTS, 1);
	consumer_trouble(consumer, REDIS_RECONNECT, err->text);
}

static void last_id_set(struct consumer *consumer, struct text id)
{
	(void)snprintf(consumer->last_id, sizeof(consumer->last_id), "%.*s",
		       (int)id.length, id.data);
}

/* A reader without a group begins at the last entry there is: "$" in every read
   would skip what arrives in between. */
static int last_id_resolve(struct consumer *consumer, struct err *err)
{
	struct lease *lease = &consumer->lease;
	const struct reply *reply;
	struct text id;

	if (strcmp(consumer->last_id, "$") != 0)
		return 0;
	reply = redis_command(lease->redis, lease->arena, err, "XREVRANGE",
			      lease->keys.stream, "+", "-", "COUNT", "1", NULL);
	if (reply == NULL)
		return -1;
	id = reply_text(reply_at(reply_at(reply, 0), 0));
	last_id_set(consumer, id.length == 0 ? text_of("0") : id);
	arena_reset(lease->arena);
	return 0;
}

/* A reader without a group has no dead letters: it goes past an entry that no
   reply can hold. */
static int giant_skip(struct consumer *consumer, struct err *err)
{
	static const char script[] =
#include "lib/scripts/giant.inc"
		;
	struct lease *lease = &consumer->lease;
	const struct reply *reply;

	if (consumer->portion.giant_count > 0)
		return 0;
	reply = redis_command(lease->redis, lease->arena, err, "EVAL", script,
			      "1", lease->keys.stream, consumer->last_id, NULL);
	if (reply == NULL)
		return -1;
	if (reply_text(reply).length > 0) {
		last_id_set(consumer, reply_text(reply));
		log_line(LOG_WARNING,
			 "entry %s: skipped: larger than redis.max_reply",
			 consumer->last_id);
	}
	portion_step_over(&consumer->portion);
	arena_reset(lease->arena);
	return 0;
}

static int link_open(struct consumer *consumer, struct err *err)
{
	int64_t now = clock_msecs();
	int kept = lease_connect(&consumer->lease, err);

	if (kept < 0)
		return -1;
	if (kept == 0)
		(void)consumer_drop(consumer);
	if (consumer->handler->groupless)
		return last_id_resolve(consumer, err) < 0
			       ? -1
			       : giant_skip(consumer, err);
	if (consumer_suspect_note(consumer, err) < 0)
		return -1;
	consumer_history_begin(consumer);
	/* Whether something came back is for the first beat to say. */
	consumer->replay_count = 0;
	consumer->renewed_msecs = now;
	consumer->next_beat_msecs = now + consumer_beat_wait(consumer);
	consumer->next_renew_msecs = consumer->next_beat_msecs;
	return 0;
}

static void link_connect(struct consumer *consumer)
{
	struct err err;

	if (link_open(consumer, &err) == 0) {
		(void)consumer_link_event(consumer, LINK_OPENED);
		return;
	}
	process_woken(&consumer->process);
	if (!consumer->process.stop) {
		consumer_trouble(consumer,
				 err.class == ERR_FATAL ? REDIS_REFUSED
							: REDIS_RECONNECT,
				 err.text);
		return;
	}
	(void)consumer_link_event(consumer, LINK_BROKEN);
	if (consumer->drain == DRAIN_LOOKING)
		consumer->drain = DRAIN_FINISHING;
}

/* Take all answers that are there. */
static int answers_take(struct consumer *consumer, struct err *err)
{
	while (exchange_is_busy(&consumer->exchange)) {
		const struct reply *reply;
		struct call *call;
		int whole =
			exchange_next(&consumer->exchange, &call, &reply, err);

		if (whole <= 0)
			return whole;
		if (consumer_answer(consumer, call, reply) < 0)
			return 0;
		if (!call_is_read(call->kind))
			arena_reset(consumer->lease.arena);
	}
	exchange_end(&consumer->exchange);
	return 0;
}

static int exchange_go_on(struct consumer *consumer, struct err *err)
{
	if (redis_pump(consumer->lease.redis, err) < 0 ||
	    answers_take(consumer, err) < 0)
		return -1;
	if (consumer->lease.redis != NULL &&
	    exchange_is_busy(&consumer->exchange) &&
	    clock_msecs() >= consumer->exchange.deadline_msecs)
		return err_set(err, ERR_RETRY, "redis: no answer in time");
	return 0;
}

static void exchange_turn(struct consumer *consumer)
{
	bool was_busy = exchange_is_busy(&consumer->exchange);
	struct err err;

	if (exchange_go_on(consumer, &err) < 0)
		link_lost(consumer, &err);
	else if (was_busy && !exchange_is_busy(&consumer->exchange))
		(void)consumer_link_event(consumer, LINK_ROUND);
	/* Should a portion be too large to be borne, it is this one. */
	board_set(&consumer->process.board->in_flight_bytes,
		  in_flight_bytes(&consumer->in_flight));
}

/* Does the link wait for a time, and has it come? */
static bool time_has_come(const struct consumer *consumer)
{
	return (consumer->link != LINK_WAITING ||
		!exchange_is_busy(&consumer->exchange)) &&
	       clock_msecs() >= consumer->next_try_msecs;
}

void consumer_link_turn(struct consumer *consumer)
{
	if (consumer->lease.redis != NULL)
		exchange_turn(consumer);
	if (time_has_come(consumer) &&
	    consumer_link_event(consumer, LINK_TIME) == LINK_CONNECT)
		link_connect(consumer);
}

static bool can_begin(const struct consumer *consumer)
{
	return (consumer->link == LINK_WELL ||
		consumer->link == LINK_GREETING) &&
	       !exchange_is_busy(&consumer->exchange);
}

void consumer_link_begin(struct consumer *consumer)
{
	int64_t now = clock_msecs();
	struct err err;

	if (!can_begin(consumer) || now < consumer->linger.until_msecs)
		return;
	linger_begin(&consumer->linger, clock_usecs());
	if (consumer_exchange_begin(consumer, now, &err) < 0 ||
	    redis_flush(consumer->lease.redis, &err) < 0)
		link_lost(consumer, &err);
}

void consumer_link_pulse(struct consumer *consumer)
{
	struct err err;

	if (consumer->lease.redis != NULL)
		exchange_turn(consumer);
	if (consumer->link == LINK_WAITING && time_has_come(consumer))
		(void)consumer_link_event(consumer, LINK_TIME);
	if (!can_begin(consumer) || consumer->handler->groupless)
		return;
	if (consumer_exchange_begin_quiet(consumer, clock_msecs(), &err) < 0 ||
	    redis_flush(consumer->lease.redis, &err) < 0)
		link_lost(consumer, &err);
}

int64_t consumer_link_deadline(struct consumer *consumer)
{
	if (exchange_is_busy(&consumer->exchange))
		return consumer->exchange.deadline_msecs;
	if (consumer->link != LINK_WELL && consumer->link != LINK_GREETING)
		return consumer->next_try_msecs;
	if (consumer->linger.until_msecs >= 0)
		return consumer->linger.until_msecs;
	return clock_earlier(consumer->next_beat_msecs,
			     consumer_next_due(consumer));
}

/* What is left of the time to finish goes for every answer from now on. */
static void hurry(struct consumer *consumer)
{
	struct settings_redis *set = &consumer->process.settings.redis;
	int64_t left = consumer->drain_deadline_msecs - clock_msecs();

	left = left < LINK_LEAVE_MSECS ? LINK_LEAVE_MSECS : left;
	set->connect_timeout_msecs =
		clock_earlier(left, set->connect_timeout_msecs);
	set->reply_timeout_msecs =
		clock_earlier(left, set->reply_timeout_msecs);
	if (consumer->lease.redis != NULL)
		redis_hurry(consumer->lease.redis, left);
}

void consumer_drain_begin(struct consumer *consumer)
{
	int64_t drain = consumer->process.settings.supervisor.drain_msecs *
			LINK_DRAIN_PERCENT / 100;
	int64_t refuse =
		drain / 2 < LINK_REFUSE_MSECS ? drain / 2 : LINK_REFUSE_MSECS;

	if (consumer->drain != DRAIN_NOT)
		return;
	consumer->drain = DRAIN_FINISHING;
	consumer->drain_deadline_msecs = clock_msecs() + drain;
	consumer->drain_refuse_msecs = consumer->drain_deadline_msecs - refuse;
	board_set(&consumer->process.board->state, BOARD_STOPPING);
	lifeline_notify(consumer->process.supervised,
			"STOPPING=1\nSTATUS=finishing");
	log_line(LOG_INFO, "stopping");
}

void consumer_drain_turn(struct consumer *consumer)
{
	consumer->linger.until_msecs = -1;
	/* Other calls of a round trip are answered before its read. */
	if (!exchange_only_reads(&consumer->exchange))
		return;
	(void)consumer_link_event(consumer, LINK_CUT);
	/* Without a group nobody was given anything. */
	if (!consumer->handler->groupless)
		consumer->drain = DRAIN_LOOKING;
	hurry(consumer);
}

static int64_t lease_give_back(struct consumer *consumer, struct err *err)
{
	/* A server that owes us answers would not answer this either. */
	if (exchange_is_busy(&consumer->exchange))
		return err_set(err, ERR_RETRY, "redis: no answer in time");
	if (consumer->lease.redis == NULL &&
	    lease_connect(&consumer->lease, err) < 0)
		return -1;
	return lease_release(&consumer->lease, err);
}

void consumer_leave(struct consumer *consumer)
{
	int64_t left;
	struct err err;

	if (consumer->handler->groupless || consumer->lease.token[0] == '\0')
		return;
	crash_point("before-release");
	hurry(consumer);
	left = lease_give_back(consumer, &err);
	if (left < 0)
		log_line(LOG_WARNING, "lease not given back: %s", err.text);
	else if (left > 0)
		log_line(LOG_NOTICE, "left %" PRId64 " entries for others",
			 left);
}
