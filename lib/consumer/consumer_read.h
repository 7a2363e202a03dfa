#ifndef OMQ_CONSUMER_READ_H
#define OMQ_CONSUMER_READ_H

#include "lib/consumer/consumer_state.h"

struct err;

/* What a round trip asks for. */

/* Begin the next round trip: settle, renew the lease, read. Returns 0, or -1
   with ERR_RETRY. */
int consumer_exchange_begin(struct consumer *consumer, int64_t now,
			    struct err *err);

/* Begin one while the handler is at work: settle and renew the lease, where
   there is anything to settle or it is time. Nothing is read, and nothing is
   claimed. Returns 0, or -1 with ERR_RETRY. */
int consumer_exchange_begin_quiet(struct consumer *consumer, int64_t now,
				  struct err *err);

/* Look through what is pending for us, from the beginning. */
void consumer_history_begin(struct consumer *consumer);

/* From one beat to the next: a lease outlives two that are missed. */
int64_t consumer_beat_wait(const struct consumer *consumer);

/* Does too much wait for its retry? */
bool consumer_is_stalled(const struct consumer *consumer);

/* When something that waits is due, and could be read; -1: never. */
int64_t consumer_next_due(struct consumer *consumer);

#endif
