#ifndef OMQ_NOTIFICATION_H
#define OMQ_NOTIFICATION_H

#include "lib/base/text.h"

#include <stdbool.h>

struct delivery;
struct settings_push;

/* What a customer's phone is told about one event of an order. Every text is
   valid UTF-8 and belongs to the notification. */
struct notification {
	struct text key;     /* event key: the receiver's protection against
				duplicates */
	struct text id;      /* of the entry */
	struct text account; /* empty for a guest */
	struct text title;
	struct text body;
	struct text trace; /* W3C traceparent, or empty */
	bool redelivered;  /* it may have been sent before */
};

/* Makes notifications, one at a time. */
struct notifier;

/* Returns NULL when out of memory. set is borrowed. */
struct notifier *notifier_open(const struct settings_push *set);
void notifier_close(struct notifier **notifier);

/* Render the notification of a paid or refunded event. What it points to lives
   until the next call. Returns 0, or -1 when out of memory. */
int notifier_render(struct notifier *notifier, const struct delivery *delivery,
		    struct notification *notification_r);

#endif
