/* points: credits the customer of each paid order, and takes the same points
   back when it is refunded. */

#include "config.h"

#include "consumers/ledger.h"
#include "lib/base/clock.h"
#include "lib/consumer/consumer.h"
#include "lib/base/err.h"
#include "lib/stream/order.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* When memory is short. */
#define POINTS_PAUSE_MSECS 1000

#define POINTS_RULE_BYTES 80

struct points {
	struct consumer *consumer;
	struct settings_points rule;
	char rule_bytes[POINTS_RULE_BYTES];
	struct text rule_text; /* "1/100+0", for the ledger */
	struct ledger ledger;
};

static void points_call_begin(void *state)
{
	ledger_clear(&((struct points *)state)->ledger);
}

static bool points_call_add(void *state, void *effect)
{
	return ledger_add(&((struct points *)state)->ledger, effect) == 0;
}

static void points_call_write(void *state, struct command *command)
{
	ledger_write(&((struct points *)state)->ledger, clock_wall_msecs(),
		     command);
}

static const struct handler_effect points_effect = {
	.script = ledger_script,
	.keys = ledger_keys,
	.begin = points_call_begin,
	.add = points_call_add,
	.write = points_call_write,
};

/* floor(amount * earn / per) + flat, negative for a refund. Returns 0, or -1
   when it is out of the range of exact numbers. */
static int points_count(const struct settings_points *rule,
			const struct order *order, int64_t *count_r)
{
	__int128 count =
		(__int128)order->amount * rule->earn / rule->per + rule->flat;

	if (count > LEDGER_POINTS_MAX)
		return -1;
	*count_r = order->type == ORDER_REFUNDED ? -(int64_t)count
						 : (int64_t)count;
	return 0;
}

static void points_credit(struct points *points, struct delivery *delivery)
{
	const struct order *order = &delivery->order;
	struct ledger_event *event;
	int64_t count;

	if (points_count(&points->rule, order, &count) < 0) {
		consumer_reject(points->consumer, delivery, "range",
				"more points than can be counted exactly");
		return;
	}
	event = consumer_memory(
		delivery,
		ledger_event_bytes(order, delivery->id, points->rule_text));
	if (event == NULL) {
		consumer_postpone(points->consumer, delivery,
				  POINTS_PAUSE_MSECS, "out of memory");
		return;
	}
	ledger_event_set(event, order, delivery->id, count, points->rule_text);
	consumer_apply(points->consumer, delivery, event);
}

static void points_handle(void *state, struct delivery *const *deliveries,
			  size_t count)
{
	struct points *points = state;

	for (size_t i = 0; i < count; i++) {
		struct delivery *delivery = deliveries[i];

		if (!consumer_touch(points->consumer, delivery))
			return;
		if (delivery->order.type == ORDER_OTHER)
			consumer_done(points->consumer, delivery,
				      OUTCOME_OTHER);
		else if (delivery->order.userid.length == 0)
			consumer_done(points->consumer, delivery,
				      OUTCOME_GUEST);
		else
			points_credit(points, delivery);
	}
	(void)consumer_touch(points->consumer, NULL);
}

static int points_open(const struct handler_setup *setup, void **state_r,
		       struct err *err)
{
	struct points *points = calloc(1, sizeof(*points));

	if (points == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	points->consumer = setup->consumer;
	points->rule = setup->group->points;
	(void)snprintf(points->rule_bytes, sizeof(points->rule_bytes),
		       "%" PRId64 "/%" PRId64 "+%" PRId64, points->rule.earn,
		       points->rule.per, points->rule.flat);
	points->rule_text = text_of(points->rule_bytes);
	*state_r = points;
	return 0;
}

static void points_close(void **state)
{
	free(*state);
	*state = NULL;
}

static const struct handler points_handler = {
	.name = "points",
	.effect = &points_effect,
	.open = points_open,
	.handle = points_handle,
	.close = points_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &points_handler);
}
