/* What happens to the link, and what is told of it: the actions of the table in
   link_table.c. Told of it by consumer_answer.c (what Redis said) and
   consumer_link.c (what the connection did). */

#include "config.h"

#include "lib/consumer/consumer_trouble.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/process/lifeline.h"
#include "lib/settings/settings.h"

#include <stdio.h>

void consumer_give_back(struct consumer *consumer, struct delivery *delivery)
{
	delivery->dropped = true;
	in_flight_finish(&consumer->in_flight, delivery);
}

size_t consumer_drop(struct consumer *consumer)
{
	size_t count = in_flight_drop(&consumer->in_flight);

	while (consumer->list_count > 0)
		consumer_give_back(consumer,
				   consumer->list[--consumer->list_count]);
	return count;
}

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

static bool was_well(const struct consumer *consumer)
{
	return board_get(&consumer->process.board->state) != BOARD_STARTING;
}

void consumer_show(struct consumer *consumer)
{
	static const struct {
		const char *status;
		enum board_state state;
	} holds[] = {
		[HOLD_NONE] = { "reading", BOARD_READY },
		[HOLD_PAUSED] = { "paused", BOARD_PAUSED },
		[HOLD_STALLED] = { "stalled", BOARD_STALLED },
	};

	if (consumer->process.stop)
		return;
	status_say(consumer, holds[consumer->hold].status);
	board_set(&consumer->process.board->state, holds[consumer->hold].state);
}

/* A whole round trip succeeded: it works, or works again. */
static void link_praise(struct consumer *consumer)
{
	if (!was_well(consumer)) {
		process_ready(&consumer->process);
		log_line(LOG_INFO, "ready");
	} else if (consumer->trouble != CONSUMER_WELL) {
		log_line(LOG_NOTICE, "redis is well again");
	}
	consumer_show(consumer);
	backoff_reset(&consumer->backoff);
	consumer->trouble = CONSUMER_WELL;
}

static void link_rest(struct consumer *consumer)
{
	const struct settings_redis *set = &consumer->process.settings.redis;
	int64_t wait = consumer->trouble == REDIS_REFUSED
			       ? set->alarm_retry_msecs
			       : backoff_next(&consumer->backoff);

	consumer->next_try_msecs = clock_msecs() + wait;
}

static void link_hang_up(struct consumer *consumer)
{
	exchange_end(&consumer->exchange);
	lease_disconnect(&consumer->lease);
	consumer->next_try_msecs = clock_msecs();
}

static void link_close(struct consumer *consumer)
{
	link_hang_up(consumer);
	link_rest(consumer);
}

/* Whatever is still to be answered on this connection is not ours. */
static void link_drop(struct consumer *consumer)
{
	log_line(LOG_ERR,
		 "lease lost: dropped %zu entries in hand, "
		 "whoever has the lease finishes them",
		 consumer_drop(consumer));
	consumer->next_try_msecs = clock_msecs();
}

static void link_renew(struct consumer *consumer)
{
	link_hang_up(consumer);
	(void)consumer_drop(consumer);
	consumer->lease.token[0] = '\0';
}

static void link_nothing(struct consumer *consumer)
{
	(void)consumer;
}

static void (*const actions[LINK_ACTION_COUNT])(struct consumer *) = {
	[LINK_NOTHING] = link_nothing, [LINK_CONNECT] = link_nothing,
	[LINK_PRAISE] = link_praise,   [LINK_REST] = link_rest,
	[LINK_CLOSE] = link_close,     [LINK_DROP] = link_drop,
	[LINK_HANG_UP] = link_hang_up, [LINK_RENEW] = link_renew,
};

enum link_action consumer_link_event(struct consumer *consumer,
				     enum link_event event)
{
	struct link_step step = link_step(consumer->link, event);

	consumer->link = step.next;
	actions[step.action](consumer);
	return step.action;
}

void consumer_trouble(struct consumer *consumer, enum redis_class class,
		      const char *text)
{
	if (consumer->trouble != (int)class)
		trouble_say(consumer, class, text);
	consumer->trouble = (int)class;
	if (was_well(consumer) && !consumer->process.stop)
		board_set(&consumer->process.board->state, BOARD_DEGRADED);
	(void)consumer_link_event(consumer, class == REDIS_WAIT ? LINK_PUT_OFF
								: LINK_BROKEN);
}
