#ifndef OMQ_CONSUMER_LINK_H
#define OMQ_CONSUMER_LINK_H

#include "lib/consumer/consumer_state.h"

/* The connection, from its opening to the end. Nothing here waits, but for a
   connection to open and, at the very end, for the lease to be given back. */

/* Connect if it is time, and take the answers that are there. */
void consumer_link_turn(struct consumer *consumer);

/* Begin the next round trip, if the last one is over. */
void consumer_link_begin(struct consumer *consumer);

/* Both while the handler is at work: connects to nothing and reads nothing. */
void consumer_link_pulse(struct consumer *consumer);

/* When consumer_link_turn() is due even if nothing arrives; -1: never. */
int64_t consumer_link_deadline(struct consumer *consumer);

/* We are told to stop, and maybe were before: from the first time on the time
   to finish runs. A blocking read is not waited for; what it was given is
   looked for anew. */
void consumer_drain_begin(struct consumer *consumer);
void consumer_drain_turn(struct consumer *consumer);

/* Give the lease back and say what is left. */
void consumer_leave(struct consumer *consumer);

#endif
