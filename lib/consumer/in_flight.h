#ifndef OMQ_IN_FLIGHT_H
#define OMQ_IN_FLIGHT_H

#include "lib/consumer/delivery.h"
#include "lib/consumer/waiting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything that one consumer has in hand: the batches, and for each entry
   where it is on its way. Nothing here talks to Redis. */

/* At most as many batches have something unsettled; with the last one taken
   nothing more is read. */
#define IN_FLIGHT_BATCHES_MAX 5

struct in_flight {
	struct batch batches[IN_FLIGHT_BATCHES_MAX];
	struct delivery_queue effect; /* to settle with the handler's script */
	struct delivery_queue done;   /* to acknowledge and count */
	struct delivery_queue reject; /* to dead-letter */
	struct delivery_queue retry;  /* failed: to be noted */
	struct waiting waiting;       /* for their retry */
	size_t open_count;            /* all that is not settled */
	size_t handler_count;         /* of these, with the handler */
};

/* keep_bytes: what each batch's arena may hold on to. waiting_size: how many
   entries can wait for their retry. Returns 0, or -1 when out of memory. */
int in_flight_open(struct in_flight *in_flight, size_t keep_bytes,
		   size_t waiting_size);
void in_flight_close(struct in_flight *in_flight);

/* Memory of all batches, also of one that is being read into. */
size_t in_flight_bytes(const struct in_flight *in_flight);

/* An empty batch to read into, or NULL when all are in use. It is not in use
   until in_flight_accept(). */
struct batch *in_flight_free_batch(struct in_flight *in_flight);

/* Take a filled batch: rejects and lost content are queued, what is not due yet
   waits (or is left out where no room is), the rest is for the handler: its
   deliveries are written to list, which has room for the whole batch. Where the
   batch may hold what is in hand already, that is left out. Returns how many.
 */
size_t in_flight_accept(struct in_flight *in_flight, struct batch *batch,
			bool may_repeat, struct delivery **list);

/* Is this entry in hand already, or does it wait for its retry? */
bool in_flight_has(const struct in_flight *in_flight,
		   const struct delivery *delivery);

/* The handler has finished with it: put it where its state says. One that was
   dropped, or only waits, is settled at once. */
void in_flight_finish(struct in_flight *in_flight, struct delivery *delivery);

/* What failed is noted: let it wait. */
void in_flight_wait(struct in_flight *in_flight, struct delivery *delivery);

/* Nothing is left to do for it; its batch is free when it was the last. */
void in_flight_settle(struct in_flight *in_flight, struct delivery *delivery);

/* Put deliveries of an unanswered call back to where they came from. */
void in_flight_restore(struct in_flight *in_flight,
		       struct delivery_queue *deliveries);

/* The lease is lost: drop everything that is queued, and mark what the handler
   has, so that it is dropped when it comes back. Returns how many entries that
   were. */
size_t in_flight_drop(struct in_flight *in_flight);

/* Is there an entry that is decided on, and only has to be settled? */
bool in_flight_has_decided(const struct in_flight *in_flight);

#endif
