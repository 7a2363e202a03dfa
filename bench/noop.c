/* A consumer on the same skeleton as points and push whose handler does
   nothing: what is left is the cost of the skeleton. */

#include "config.h"

#include "lib/consumer/consumer.h"
#include "lib/consumer/delivery.h"
#include "lib/consumer/handler.h"

#include <stddef.h>

static int noop_open(const struct handler_setup *setup, void **state_r,
		     struct err *err)
{
	(void)err;
	*state_r = setup->consumer;
	return 0;
}

static void noop_handle(void *state, struct delivery *const *deliveries,
			size_t count)
{
	for (size_t i = 0; i < count && consumer_touch(state, deliveries[i]);
	     i++)
		consumer_done(state, deliveries[i], OUTCOME_APPLIED);
	(void)consumer_touch(state, NULL);
}

static void noop_close(void **state)
{
	*state = NULL;
}

static const struct handler noop_handler = {
	.name = "noop",
	.open = noop_open,
	.handle = noop_handle,
	.close = noop_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &noop_handler);
}
