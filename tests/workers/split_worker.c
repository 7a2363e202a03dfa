/* A consumer whose effect in Redis can be split: split.lua says how. */

#include "config.h"

#include "lib/consumer/consumer.h"
#include "lib/stream/order.h"

static const char split_script[] =
#include "lib/scripts/fence.inc"
#include "tests/workers/split.inc"
	;

static const struct handler_effect split_effect = {
	.script = split_script,
	.keys = (const char *const[]){ "settled", "calls", NULL },
};

static void split_handle(void *state, struct delivery *const *deliveries,
			 size_t count)
{
	for (size_t i = 0; i < count && consumer_touch(state, deliveries[i]);
	     i++) {
		const struct order *order = &deliveries[i]->order;
		struct handler_words *words =
			consumer_memory(deliveries[i], sizeof(*words));

		if (words == NULL) {
			consumer_postpone(state, deliveries[i], 1000,
					  "out of memory");
			continue;
		}
		*words = (struct handler_words){
			3,
			{ deliveries[i]->id, order->orderno,
			  order_field(order, text_of("word")) }
		};
		consumer_apply(state, deliveries[i], words);
	}
	(void)consumer_touch(state, NULL);
}

int main(int argc, char **argv)
{
	static const struct handler handler = {
		.name = "trial", /* the group of that name is configured */
		.effect = &split_effect,
		.handle = split_handle,
	};

	return consumer_main(argc, argv, &handler);
}
