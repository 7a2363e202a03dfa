#ifndef OMQ_CONSUMER_HANDLE_H
#define OMQ_CONSUMER_HANDLE_H

#include "lib/consumer/consumer_state.h"

struct pollfd;

/* The handler at work; what it may call meanwhile is in consumer.h. */

/* Give it what was read. */
void consumer_handle(struct consumer *consumer);

/* Wake it, where it wants that, with its descriptors. */
void consumer_wake(struct consumer *consumer, const struct pollfd *fds,
		   size_t count);

/* Count the time since it was counted last: busy is what passed with entries in
   flight, whether we worked on them or waited, for a gateway or for Redis. */
void consumer_time_pass(struct consumer *consumer);

/* Show on the board what is in flight. */
void consumer_show_entries(struct consumer *consumer);

#endif
