#ifndef OMQ_CONSUMER_H
#define OMQ_CONSUMER_H

#include "lib/consumer/delivery.h"
#include "lib/consumer/handler.h"

#include <stddef.h>

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

/* The handler is about to work on this entry (NULL: on none): should the
   process die, this is the entry it died on. */
void consumer_touch(struct consumer *consumer, const struct delivery *delivery);

/* A sign of life of a handler that computes for long: without one for
   supervisor.hang_timeout it would be taken for hung. */
void consumer_beat(struct consumer *consumer);

/* At most count entries are in the handler's hands from now on; by default as
   many as batches allow. */
void consumer_window(struct consumer *consumer, size_t count);

/* Memory that lives as long as the delivery; NULL when out of memory. */
void *consumer_memory(struct delivery *delivery, size_t bytes);

#endif
