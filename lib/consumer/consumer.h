#ifndef OMQ_CONSUMER_H
#define OMQ_CONSUMER_H

#include "lib/consumer/delivery.h"
#include "lib/consumer/handler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The skeleton that every consumer process runs in: options, signals, the
   connection, reading, retrying, claiming, acknowledging, dead-lettering,
   ready, heartbeat, drain. A service is a handler and one call in main(). */
struct consumer;

/* Run one consumer process until SIGTERM. Returns its exit status: 0 done, 64
   wrong options, 75 start me again later, 78 do not before the configuration
   changed. */
int consumer_main(int argc, char **argv, const struct handler *handler);

/* The entry has had its effect, or needs none: acknowledge and count it. */
void consumer_done(struct consumer *consumer, struct delivery *delivery,
		   enum outcome outcome);

/* The effect is one of Redis: run the handler's script, whose arguments follow
   from effect, which must live as long as the delivery (consumer_memory()). */
void consumer_apply(struct consumer *consumer, struct delivery *delivery,
		    void *effect);

/* The entry can never succeed: dead-letter it. Both texts are copied or
   constant. */
void consumer_reject(struct consumer *consumer, struct delivery *delivery,
		     const char *class, const char *reason);

/* It failed: give it to handle() again after a growing wait, or after
   wait_msecs when that is not negative (a gateway's own wish). After
   retry.max_deliveries such failures it is dead-lettered. The reason, which is
   copied, stands in P:<group>:tries meanwhile. */
void consumer_retry(struct consumer *consumer, struct delivery *delivery,
		    int64_t wait_msecs, const char *reason);

/* Not now, and through no fault of the entry's (a full disk, a gateway that is
   down): give it to handle() again after wait_msecs. It does not count as a
   failure. The reason is logged now and then. */
void consumer_postpone(struct consumer *consumer, struct delivery *delivery,
		       int64_t wait_msecs, const char *reason);

/* The handler is about to work on this entry: should the process die, this is
   the entry it died on. To be called before each entry, and with NULL behind
   the last one. It never waits, and it is a few instructions; but at most every
   100 ms it does what the skeleton would do: it gives the sign of life for
   which supervisor.hang_timeout waits, renews the lease, sends what is decided
   to be settled, and takes the answers. So a handler may block in its entries,
   for each of them less than hang_timeout and half of groups.owner_ttl; one
   that needs longer calls consumer_beat() meanwhile.

   Returns false when the handler is to return at once: it was told to stop, its
   time to finish ends, or another instance has or may have the lease. Then this
   entry, and what was not touched before, goes back as if nobody had looked at
   it; what was touched before and has no verdict yet may still get one.

   The memory of a delivery, consumer_memory() included, ends with the first
   touch or beat after its verdict. */
bool consumer_touch(struct consumer *consumer, struct delivery *delivery);

/* All that consumer_touch() does, in the middle of an entry that takes long;
   false: another instance may have the entry by now, or the time to finish
   ends. */
bool consumer_beat(struct consumer *consumer);

/* At most count entries are with the handler from now on; by default as
   many as batches allow. */
void consumer_window(struct consumer *consumer, size_t count);

/* Memory that lives as long as the delivery; NULL when out of memory. */
void *consumer_memory(struct delivery *delivery, size_t bytes);

#endif
