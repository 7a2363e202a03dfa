#ifndef OMQ_DELIVERY_QUEUE_H
#define OMQ_DELIVERY_QUEUE_H

#include "lib/consumer/delivery.h"

#include <stddef.h>

/* A queue of deliveries, first in first out, through their next. */
struct delivery_queue {
	struct delivery *first;
	struct delivery *last;
	size_t count;
};

/* Put one at the end. */
static inline void delivery_queue_put(struct delivery_queue *queue,
				      struct delivery *delivery)
{
	delivery->next = NULL;
	if (queue->last == NULL)
		queue->first = delivery;
	else
		queue->last->next = delivery;
	queue->last = delivery;
	queue->count++;
}

/* Take out the first one; NULL when there is none. */
static inline struct delivery *delivery_queue_get(struct delivery_queue *queue)
{
	struct delivery *delivery = queue->first;

	if (delivery == NULL)
		return NULL;
	queue->first = delivery->next;
	if (queue->first == NULL)
		queue->last = NULL;
	queue->count--;
	delivery->next = NULL;
	return delivery;
}

/* Put a whole queue before another one, and empty it. */
void delivery_queue_put_back(struct delivery_queue *queue,
			     struct delivery_queue *before);

#endif
