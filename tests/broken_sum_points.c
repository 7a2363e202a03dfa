/* Points without a ledger, credited and acknowledged in one script. No death
   can come in between, so what keeps them exact is the fence alone: a former
   owner that comes back with entries in hand is refused. Built with
   ORDERMQ_BROKEN_UNFENCED it is not. */

#include "config.h"

#include "lib/command.h"
#include "lib/consumer.h"
#include "lib/err.h"
#include "lib/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_ACCOUNT, WORD_POINTS, WORD_COUNT };

struct sum_event {
	struct text words[WORD_COUNT];
	char points[24];
};

static const char sum_lua[] =
#ifndef ORDERMQ_BROKEN_UNFENCED
#include "lib/scripts/fence.inc"
#endif
	"for n = 4, #ARGV, 3 do\n"
	"	if ARGV[n + 1] ~= '' then\n"
	"		redis.call('HINCRBY', KEYS[5], ARGV[n + 1], ARGV[n + "
	"2])\n"
	"	end\n"
	"	redis.call('XACK', KEYS[1], ARGV[1], ARGV[n])\n"
	"end\n"
	"return {'ok', 0}\n";

static void sum_head(const void *state, struct command *command)
{
	(void)state;
	(void)command;
}

static const struct handler_effect sum_effect = {
	.script = sum_lua,
	.keys = (const char *const[]){ "balance", NULL },
	.word_count = WORD_COUNT,
	.head = sum_head,
};

static void sum_handle(void *state, struct delivery *const *deliveries,
		       size_t count)
{
	struct consumer *consumer = *(struct consumer **)state;

	for (size_t i = 0; i < count; i++) {
		const struct order *order = &deliveries[i]->order;
		struct sum_event *event =
			consumer_memory(deliveries[i], sizeof(*event));

		if (event == NULL)
			abort();
		(void)snprintf(event->points, sizeof(event->points),
			       "%s%" PRId64,
			       order->type == ORDER_REFUNDED ? "-" : "",
			       order->amount / 100);
		event->words[WORD_ACCOUNT] = order->userid;
		event->words[WORD_POINTS] = text_of(event->points);
		consumer_apply(consumer, deliveries[i], event->words);
	}
}

static int sum_open(const struct handler_setup *setup, void **state_r,
		    struct err *err)
{
	struct consumer **state = malloc(sizeof(struct consumer *));

	if (state == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	*state = setup->consumer;
	*state_r = state;
	return 0;
}

static void sum_close(void **state)
{
	free(*state);
	*state = NULL;
}

static const struct handler sum_handler = {
	.name = "points",
	.effect = &sum_effect,
	.open = sum_open,
	.handle = sum_handle,
	.close = sum_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &sum_handler);
}
