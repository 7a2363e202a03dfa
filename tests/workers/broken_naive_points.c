/* Points as one would write them first: credit the account, then acknowledge.
   Whoever dies in between credits twice. */

#include "config.h"

#include "lib/base/arena.h"
#include "lib/consumer/consumer.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/stream/order.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define NAIVE_ARENA_BYTES 4096
#define NAIVE_PAUSE_MSECS 50

struct naive {
	struct consumer *consumer;
	const struct settings *settings;
	struct redis *redis;
	struct arena *arena;
	char balance[KEYS_BYTES];
};

static int credit(struct naive *naive, const struct order *order,
		  struct err *err)
{
	char account[256], points[24];

	(void)snprintf(account, sizeof(account), "%.*s",
		       (int)order->userid.length, order->userid.data);
	(void)snprintf(points, sizeof(points), "%s%" PRId64,
		       order->type == ORDER_REFUNDED ? "-" : "",
		       order->amount / 100);
	arena_reset(naive->arena);
	if (naive->redis == NULL &&
	    redis_open(&naive->settings->redis, -1, &naive->redis, err) < 0)
		return -1;
	if (redis_command(naive->redis, naive->arena, err, "HINCRBY",
			  naive->balance, account, points, NULL) != NULL)
		return 0;
	redis_close(&naive->redis);
	return -1;
}

static void naive_handle(void *state, struct delivery *const *deliveries,
			 size_t count)
{
	struct naive *naive = state;
	struct err err;

	for (size_t i = 0; i < count; i++) {
		if (deliveries[i]->order.userid.length > 0 &&
		    credit(naive, &deliveries[i]->order, &err) < 0)
			consumer_postpone(naive->consumer, deliveries[i],
					  NAIVE_PAUSE_MSECS, err.text);
		else
			consumer_done(naive->consumer, deliveries[i],
				      OUTCOME_APPLIED);
	}
}

static int naive_open(const struct handler_setup *setup, void **state_r,
		      struct err *err)
{
	struct naive *naive = calloc(1, sizeof(*naive));

	if (naive == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	naive->consumer = setup->consumer;
	naive->settings = setup->settings;
	naive->arena = arena_open(NAIVE_ARENA_BYTES);
	(void)keys_of_group(setup->settings->stream_key, setup->group->name,
			    "balance", naive->balance);
	*state_r = naive;
	return 0;
}

static void naive_close(void **state)
{
	struct naive *naive = *state;

	redis_close(&naive->redis);
	arena_close(&naive->arena);
	free(naive);
	*state = NULL;
}

static const struct handler naive_handler = {
	.name = "points",
	.open = naive_open,
	.handle = naive_handle,
	.close = naive_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &naive_handler);
}
