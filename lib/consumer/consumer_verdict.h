#ifndef OMQ_CONSUMER_VERDICT_H
#define OMQ_CONSUMER_VERDICT_H

#include "lib/consumer/consumer_state.h"

/* What becomes of entries; the rest of it is the public side: consumer.h. */

/* Take what was read: what is for the handler waits in the list for
   consumer_handle(). */
void consumer_accept(struct consumer *consumer, bool may_repeat);

#endif
