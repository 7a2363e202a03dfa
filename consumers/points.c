/* points: credits the customer of each paid order, and takes the same points
   back when it is refunded. */

#include "config.h"

#include "lib/clock.h"
#include "lib/command.h"
#include "lib/consumer.h"
#include "lib/err.h"
#include "lib/order.h"
#include "lib/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* From 2^53 on the numbers of a script are not exact any more. */
#define POINTS_MAX ((INT64_C(1) << 53) - 1)

/* When memory is short. */
#define POINTS_PAUSE_MSECS 1000

#define POINTS_RULE_BYTES 80
#define POINTS_NUMBER_BYTES 24

struct points {
	struct consumer *consumer;
	struct settings_points rule;
	char rule_text[POINTS_RULE_BYTES]; /* "1/100+0", for the ledger */
};

/* What the ledger wants to know of one event, in the order of
   consumers/ledger.lua, and the memory of it. */
enum points_word {
	WORD_KEY,
	WORD_ACCOUNT,
	WORD_AMOUNT,
	WORD_POINTS,
	WORD_COUNT,
};

struct points_event {
	struct text words[WORD_COUNT];
	char key[ORDER_KEY_BYTES];
	char amount[POINTS_NUMBER_BYTES];
	char points[POINTS_NUMBER_BYTES];
};

static const char ledger_lua[] =
#include "lib/scripts/fence.inc"
#include "consumers/ledger.inc"
	;

static void ledger_head(const void *state, struct command *command)
{
	const struct points *points = state;

	command_number(command, clock_wall_msecs());
	command_word(command, points->rule_text);
}

static const struct handler_effect ledger_effect = {
	.script = ledger_lua,
	.keys = (const char *const[]){ "ledger", "balance", NULL },
	.word_count = WORD_COUNT,
	.head = ledger_head,
};

/* floor(amount * earn / per) + flat, negative for a refund. Returns 0, or -1
   when it is out of the range of exact numbers. */
static int points_count(const struct settings_points *rule,
			const struct order *order, int64_t *count_r)
{
	__int128 count =
		(__int128)order->amount * rule->earn / rule->per + rule->flat;

	if (count > POINTS_MAX)
		return -1;
	*count_r = order->type == ORDER_REFUNDED ? -(int64_t)count
						 : (int64_t)count;
	return 0;
}

static struct text number_text(char *buf, int64_t number)
{
	int length = snprintf(buf, POINTS_NUMBER_BYTES, "%" PRId64, number);

	return (struct text){ .data = buf, .length = (size_t)length };
}

static void points_credit(struct points *points, struct delivery *delivery)
{
	const struct order *order = &delivery->order;
	struct points_event *event;
	int64_t count;

	if (points_count(&points->rule, order, &count) < 0) {
		consumer_reject(points->consumer, delivery, "range",
				"more points than can be counted exactly");
		return;
	}
	event = consumer_memory(delivery, sizeof(*event));
	if (event == NULL) {
		consumer_postpone(points->consumer, delivery,
				  POINTS_PAUSE_MSECS, "out of memory");
		return;
	}
	event->words[WORD_KEY] = order_key(order, event->key);
	event->words[WORD_ACCOUNT] = order->userid;
	event->words[WORD_AMOUNT] = number_text(event->amount, order->amount);
	event->words[WORD_POINTS] = number_text(event->points, count);
	consumer_apply(points->consumer, delivery, event->words);
}

static void points_handle(void *state, struct delivery *const *deliveries,
			  size_t count)
{
	struct points *points = state;

	for (size_t i = 0; i < count; i++) {
		struct delivery *delivery = deliveries[i];

		consumer_touch(points->consumer, delivery);
		if (delivery->order.type == ORDER_OTHER)
			consumer_done(points->consumer, delivery,
				      OUTCOME_OTHER);
		else if (delivery->order.userid.length == 0)
			consumer_done(points->consumer, delivery,
				      OUTCOME_GUEST);
		else
			points_credit(points, delivery);
	}
	consumer_touch(points->consumer, NULL);
}

static int points_open(const struct handler_setup *setup, void **state_r,
		       struct err *err)
{
	struct points *points = calloc(1, sizeof(*points));

	if (points == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	points->consumer = setup->consumer;
	points->rule = setup->group->points;
	(void)snprintf(points->rule_text, sizeof(points->rule_text),
		       "%" PRId64 "/%" PRId64 "+%" PRId64, points->rule.earn,
		       points->rule.per, points->rule.flat);
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
	.effect = &ledger_effect,
	.open = points_open,
	.handle = points_handle,
	.close = points_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &points_handler);
}
