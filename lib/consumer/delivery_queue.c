#include "config.h"

#include "lib/consumer/delivery_queue.h"

void delivery_queue_put_back(struct delivery_queue *queue,
			     struct delivery_queue *before)
{
	if (queue->first == NULL)
		return;
	queue->last->next = before->first;
	if (before->first == NULL)
		before->last = queue->last;
	before->first = queue->first;
	before->count += queue->count;
	*queue = (struct delivery_queue){ 0 };
}
