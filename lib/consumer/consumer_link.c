#include "config.h"

#include "lib/consumer/consumer_state.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/process/lifeline.h"
#include "lib/base/log.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <stdio.h>
#include <string.h>

static const char *trouble_action(enum redis_class class)
{
	switch (class) {
	case REDIS_WAIT:
		return "waiting";
	case REDIS_REFUSED:
		return "needs an operator; trying again now and then";
	case REDIS_REPAIR:
	case REDIS_RELOAD:
	case REDIS_RECONNECT:
		break;
	}
	return "connecting again";
}

static void status_say(struct consumer *consumer, const char *text)
{
	char lines[640];

	(void)snprintf(lines, sizeof(lines), "STATUS=%s", text);
	lifeline_notify(consumer->process.supervised, lines);
}

static void trouble_say(struct consumer *consumer, enum redis_class class,
			const char *text)
{
	/* A server that forgot our scripts is no trouble. */
	int level = class == REDIS_REFUSED  ? LOG_ALERT
		    : class == REDIS_RELOAD ? LOG_INFO
					    : LOG_ERR;

	log_line(level, "%s: %s", text, trouble_action(class));
	status_say(consumer, text);
}

void consumer_trouble(struct consumer *consumer, enum redis_class class,
		      const char *text)
{
	const struct settings_redis *set = &consumer->process.settings.redis;
	int64_t wait = class == REDIS_REFUSED
			       ? set->alarm_retry_msecs
			       : backoff_next(&consumer->backoff);

	if (!consumer->in_trouble || consumer->trouble != class)
		trouble_say(consumer, class, text);
	consumer->in_trouble = true;
	consumer->trouble = class;
	consumer->held = true;
	consumer->failed = true;
	consumer->next_try_msecs = clock_msecs() + wait;
	if (consumer->was_ready)
		board_set(&consumer->process.board->state, BOARD_DEGRADED);
	if (class == REDIS_WAIT)
		return;
	exchange_abort(&consumer->exchange);
	lease_disconnect(&consumer->lease);
}

void consumer_show(struct consumer *consumer)
{
	if (consumer->process.stop)
		return;
	if (consumer->paused) {
		status_say(consumer, "paused");
		board_set(&consumer->process.board->state, BOARD_PAUSED);
	} else {
		status_say(consumer, consumer->stalled ? "stalled" : "reading");
		board_set(&consumer->process.board->state,
			  consumer->stalled ? BOARD_STALLED : BOARD_READY);
	}
}

/* A whole round trip succeeded: it works, or works again. */
static void link_well(struct consumer *consumer)
{
	if (!consumer->was_ready) {
		process_ready(&consumer->process);
		log_line(LOG_INFO, "ready");
	} else if (consumer->in_trouble) {
		log_line(LOG_NOTICE, "redis is well again");
	}
	consumer_show(consumer);
	backoff_reset(&consumer->backoff);
	consumer->held = false;
	consumer->was_ready = true;
	consumer->in_trouble = false;
}

static void link_lost(struct consumer *consumer, const struct err *err)
{
	if (redis_too_big(consumer->lease.redis)) {
		consumer->skip = consumer->handler->groupless &&
				 consumer->read_count == 1;
		consumer->read_count = (consumer->read_count + 1) / 2;
		log_line(LOG_WARNING, "%s: reading at most %zu entries at once",
			 err->text, consumer->read_count);
	}
	board_add(consumer->process.board, BOARD_RECONNECTS, 1);
	consumer_trouble(consumer, REDIS_RECONNECT, err->text);
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
	(void)snprintf(consumer->last_id, sizeof(consumer->last_id), "%.*s",
		       id.length == 0 ? 1 : (int)id.length,
		       id.length == 0 ? "0" : id.data);
	arena_reset(lease->arena);
	return 0;
}

/* A reader without a group has no dead letters: it goes past an entry that no
   reply can hold. */
static int giant_skip(struct consumer *consumer, struct err *err)
{
	static const char script[] =
		"local entry = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], "
		"'+', 'COUNT', 1)[1] return entry and entry[1]";
	struct lease *lease = &consumer->lease;
	const struct reply *reply;
	struct text id;

	if (!consumer->skip)
		return 0;
	reply = redis_command(lease->redis, lease->arena, err, "EVAL", script,
			      "1", lease->keys.stream, consumer->last_id, NULL);
	if (reply == NULL)
		return -1;
	id = reply_text(reply);
	if (id.length > 0) {
		(void)snprintf(consumer->last_id, sizeof(consumer->last_id),
			       "%.*s", (int)id.length, id.data);
		log_line(LOG_WARNING,
			 "entry %s: skipped: larger than redis.max_reply",
			 consumer->last_id);
	}
	consumer->skip = false;
	arena_reset(lease->arena);
	return 0;
}

static int link_open(struct consumer *consumer, struct err *err)
{
	int kept = lease_connect(&consumer->lease, err);

	if (kept < 0)
		return -1;
	if (kept == 0)
		(void)in_flight_drop(&consumer->in_flight);
	consumer->lease_lost = false;
	if (consumer->handler->groupless)
		return last_id_resolve(consumer, err) < 0
			       ? -1
			       : giant_skip(consumer, err);
	if (consumer_suspect_note(consumer, err) < 0)
		return -1;
	consumer->alone = false;
	consumer->history = true;
	consumer->history_replays = false;
	(void)strcpy(consumer->history_id, "-");
	/* Whether something came back is for the first beat to say. */
	consumer->replay_count = 0;
	consumer->next_beat_msecs =
		clock_msecs() + consumer_beat_wait(consumer);
	return 0;
}

static void link_connect(struct consumer *consumer)
{
	struct err err;

	if (link_open(consumer, &err) == 0)
		return;
	process_woken(&consumer->process);
	consumer->cut_off = false;
	if (consumer->process.stop) {
		consumer->next_try_msecs =
			clock_msecs() + backoff_next(&consumer->backoff);
		return;
	}
	consumer_trouble(consumer,
			 err.class == ERR_FATAL ? REDIS_REFUSED
						: REDIS_RECONNECT,
			 err.text);
	consumer->node_taken = consumer->lease.taken;
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

/* The lease is gone: nothing that is still to be answered is ours. */
static void lease_renew(struct consumer *consumer)
{
	exchange_abort(&consumer->exchange);
	(void)in_flight_drop(&consumer->in_flight);
	lease_disconnect(&consumer->lease);
	consumer->lease.token[0] = '\0';
	consumer->held = true;
	consumer->next_try_msecs = clock_msecs();
}

static void exchange_turn(struct consumer *consumer)
{
	bool was_busy = exchange_is_busy(&consumer->exchange);
	struct err err;

	if (exchange_go_on(consumer, &err) < 0) {
		link_lost(consumer, &err);
		return;
	}
	if (consumer->lease.redis == NULL)
		return;
	if (consumer->lease_lost)
		lease_renew(consumer);
	else if (was_busy && !exchange_is_busy(&consumer->exchange) &&
		 !consumer->failed && consumer->held)
		link_well(consumer);
}

/* Between two round trips, when no read is under way. What is with the handler
   is finished; what waits for its retry waits on. */
static void pause_turn(struct consumer *consumer)
{
	if (consumer->pause_asked == consumer->paused)
		return;
	consumer->paused = consumer->pause_asked;
	log_line(LOG_NOTICE, consumer->paused
				     ? "paused by an operator: nothing is read"
				     : "resumed");
	consumer_show(consumer);
}

void consumer_link_turn(struct consumer *consumer)
{
	int64_t now = clock_msecs();
	struct err err;

	if (consumer->lease.redis != NULL)
		exchange_turn(consumer);
	else if (now >= consumer->next_try_msecs)
		link_connect(consumer);
	if (consumer->lease.redis == NULL ||
	    exchange_is_busy(&consumer->exchange) ||
	    now < consumer->linger.until_msecs ||
	    (consumer->failed && now < consumer->next_try_msecs))
		return;
	pause_turn(consumer);
	linger_begin(&consumer->linger, clock_usecs());
	if (consumer_exchange_begin(consumer, now, &err) < 0 ||
	    redis_flush(consumer->lease.redis, &err) < 0)
		link_lost(consumer, &err);
}

int64_t consumer_link_deadline(struct consumer *consumer)
{
	if (consumer->node_taken)
		return 0; /* there is nothing to wait for any more */
	if (exchange_is_busy(&consumer->exchange))
		return consumer->exchange.deadline_msecs;
	if (consumer->lease.redis == NULL || consumer->failed)
		return consumer->next_try_msecs;
	if (consumer->linger.until_msecs >= 0)
		return consumer->linger.until_msecs;
	return clock_earlier(consumer->next_beat_msecs,
			     consumer_next_due(consumer));
}

void consumer_link_stop(struct consumer *consumer)
{
	consumer->linger.until_msecs = -1;
	if (!exchange_only_reads(&consumer->exchange))
		return;
	exchange_abort(&consumer->exchange);
	lease_disconnect(&consumer->lease);
	consumer->next_try_msecs = clock_msecs();
	/* Without a group nobody was given anything. */
	consumer->cut_off = !consumer->handler->groupless;
	consumer_hurry(consumer);
}
