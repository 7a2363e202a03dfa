#ifndef OMQ_CONSUMER_TROUBLE_H
#define OMQ_CONSUMER_TROUBLE_H

#include "lib/consumer/consumer_state.h"

/* What happens to the link, and what is told of it. */

/* Something happened to the link: do what follows from it. Returns the action,
   of which LINK_CONNECT alone is left to the caller. */
enum link_action consumer_link_event(struct consumer *consumer,
				     enum link_event event);

/* Something is wrong with Redis: say so once, put back what was under way, and
   wait. Closes the connection unless class is REDIS_WAIT. */
void consumer_trouble(struct consumer *consumer, enum redis_class class,
		      const char *text);

/* Show on the board, and to whoever started us, what we are doing. */
void consumer_show(struct consumer *consumer);

/* The lease is lost: drop all that is in flight, and what was on its way to
   handle(). Returns how many entries that were. */
size_t consumer_drop(struct consumer *consumer);

/* The handler has not taken this entry up: it stays pending as if nobody had
   looked at it. */
void consumer_give_back(struct consumer *consumer, struct delivery *delivery);

#endif
