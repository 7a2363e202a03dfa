/* audit: the running total of each day and country, in minor units: what was
   paid less what was refunded. Also an example of a service: see README.md. */

#include "config.h"

#include "lib/consumer/consumer.h"
#include "lib/base/num.h"
#include "lib/stream/order.h"

#include <time.h>

#define AMOUNT_MAX ((INT64_C(1) << 53) - 1) /* exact in a script */
#define COUNTRY_BYTES_MAX 64
#define PAUSE_MSECS 1000 /* when memory is short */

/* The arguments of one entry, and the memory of those we make. */
struct audit_event {
	struct handler_words words;
	char key[ORDER_KEY_BYTES];
	char day[sizeof("2026-11-20")];
	char amount[NUM_BYTES];
};

static const char audit_script[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/early.inc"
#include "consumers/audit.inc"
	;

static const struct handler_effect audit_effect = {
	.script = audit_script,
	.keys = (const char *const[]){ "events", "totals", NULL },
};

/* The day of the entry, also of one that came back, in UTC. Empty when its id
   is no time. */
static struct text day_of(const struct delivery *delivery, char *buf)
{
	struct tm tm;
	int64_t msecs;
	uint64_t seq;

	if (delivery_parse_id(delivery->origin, &msecs, &seq) < 0 ||
	    gmtime_r(&(time_t){ msecs / 1000 }, &tm) == NULL)
		return text_of("");
	return (struct text){ buf, strftime(buf, 11, "%Y-%m-%d", &tm) };
}

static void audit_count(struct consumer *consumer, struct delivery *delivery,
			struct audit_event *event)
{
	const struct order *order = &delivery->order;
	int64_t sign = order->type == ORDER_REFUNDED ? -1 : 1;
	struct text key = order_key(order, event->key);
	struct text day = day_of(delivery, event->day);
	struct text country = order_field(order, text_of("country"));
	struct text amount = { event->amount, 0 };

	amount.length = num_format(sign * order->amount, event->amount);
	if (country.length == 0)
		country = text_of("-");
	event->words = (struct handler_words){
		5, { delivery->id, key, day, country, amount }
	};
	if (day.length == 0 || order->amount > AMOUNT_MAX ||
	    country.length > COUNTRY_BYTES_MAX || text_has_control(country))
		consumer_reject(consumer, delivery, "range",
				"amount, country or day cannot be counted");
	else
		consumer_apply(consumer, delivery, event);
}

static void audit_handle(void *state, struct delivery *const *deliveries,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct audit_event *event;

		if (!consumer_touch(state, deliveries[i]))
			return;
		event = consumer_memory(deliveries[i], sizeof(*event));
		if (deliveries[i]->order.type == ORDER_OTHER)
			consumer_done(state, deliveries[i], OUTCOME_OTHER);
		else if (event == NULL)
			consumer_postpone(state, deliveries[i], PAUSE_MSECS,
					  "out of memory");
		else
			audit_count(state, deliveries[i], event);
	}
	(void)consumer_touch(state, NULL);
}

int main(int argc, char **argv)
{
	static const struct handler handler = {
		.name = "audit",
		.effect = &audit_effect,
		.handle = audit_handle,
	};

	return consumer_main(argc, argv, &handler);
}
