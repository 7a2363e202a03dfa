/* Points without a ledger, credited and acknowledged in one script. No death
   can come in between, so what keeps them exact is the fence alone: a former
   owner that comes back with entries in hand is refused. Built with
   ORDERMQ_BROKEN_UNFENCED it is not. */

#include "config.h"

#include "lib/redis/command.h"
#include "lib/consumer/consumer.h"
#include "lib/base/err.h"
#include "lib/stream/order.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct sum_event {
	struct text id;
	struct text account;
	char points[24];
};

struct sum {
	struct consumer *consumer;
	const struct sum_event *events[HANDLER_ENTRIES_MAX];
	size_t count;
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

static void sum_begin(void *state)
{
	((struct sum *)state)->count = 0;
}

static bool sum_add(void *state, void *event)
{
	struct sum *sum = state;

	sum->events[sum->count++] = event;
	return true;
}

static void sum_write(void *state, struct command *command)
{
	const struct sum *sum = state;

	for (size_t i = 0; i < sum->count; i++) {
		command_text(command, sum->events[i]->id);
		command_text(command, sum->events[i]->account);
		command_word(command, sum->events[i]->points);
	}
}

static const struct handler_effect sum_effect = {
	.script = sum_lua,
	.keys = (const char *const[]){ "balance", NULL },
	.begin = sum_begin,
	.add = sum_add,
	.write = sum_write,
};

static void sum_handle(void *state, struct delivery *const *deliveries,
		       size_t count)
{
	struct consumer *consumer = ((struct sum *)state)->consumer;

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
		event->id = deliveries[i]->id;
		event->account = order->userid;
		consumer_apply(consumer, deliveries[i], event);
	}
}

static int sum_open(const struct handler_setup *setup, void **state_r,
		    struct err *err)
{
	struct sum *sum = calloc(1, sizeof(*sum));

	if (sum == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	sum->consumer = setup->consumer;
	*state_r = sum;
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
