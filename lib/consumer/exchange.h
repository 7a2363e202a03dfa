#ifndef OMQ_EXCHANGE_H
#define OMQ_EXCHANGE_H

#include "lib/consumer/delivery.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct err;
struct handler_effect;
struct in_flight;
struct reply;
struct lease;

/* One round trip: what has been decided about entries is settled, the lease is
   renewed when it is time, and more is read, all in one write, answered in
   order. The next one begins when all is answered. */

enum call_kind {
	CALL_EFFECT,  /* the handler's script, for some entries */
	CALL_SETTLE,  /* acknowledge and count */
	CALL_DEAD,    /* dead-letter one entry */
	CALL_RETRY,   /* note entries that failed */
	CALL_BEAT,    /* renew the lease, look after orphans */
	CALL_RENEW,   /* only renew the lease */
	CALL_READ,    /* new entries */
	CALL_HISTORY, /* what is pending for us already */
	CALL_FETCH,   /* what has waited for its retry */
};

/* Does the answer go into a batch? */
static inline bool call_is_read(enum call_kind kind)
{
	return kind == CALL_READ || kind == CALL_HISTORY || kind == CALL_FETCH;
}

struct call {
	enum call_kind kind;
	bool replays;                     /* on P:<group>:replay */
	struct delivery_queue deliveries; /* that it is about ... */
	size_t count;                     /* ... at first */
};

#define EXCHANGE_ID_BYTES 48 /* two numbers of 20 digits and a dash */

struct exchange {
	struct lease *lease;
	struct in_flight *in_flight;
	const struct handler_effect *effect;
	void *handler_state;
	struct call *calls;
	size_t call_count;
	size_t call_size;
	size_t answered_count;
	int64_t deadline_msecs; /* for the last answer */
	struct batch *batch;    /* set before a read: its answer goes here */
	char (*ids)[EXCHANGE_ID_BYTES]; /* of what is fetched */
};

/* Everything is borrowed. Returns 0, or -1 with ERR_RETRY when out of
   memory. */
int exchange_open(struct exchange *exchange, struct lease *lease,
		  struct in_flight *in_flight,
		  const struct handler_effect *effect, struct err *err);
void exchange_close(struct exchange *exchange);

/* A new call of this round trip; and its end, when its words are in the lease's
   command. For the functions below. */
struct call *exchange_call_begin(struct exchange *exchange,
				 enum call_kind kind);
int exchange_call_send(struct exchange *exchange, int64_t block_msecs,
		       struct err *err);

/* The next three functions, and those of exchange_read.h, queue calls. They
   return 0; or -1 with ERR_RETRY: the connection is of no use any more.

   Settle what is decided (exchange_settle.c). Behind a call of several effects,
   which may come back in parts, the next ones wait for its answer: they are
   then still what in_flight_has_decided() tells of. */
int exchange_settle(struct exchange *exchange, struct err *err);

int exchange_beat(struct exchange *exchange, bool replays, struct err *err);
int exchange_renew(struct exchange *exchange, struct err *err);

/* True while an answer is missing. */
bool exchange_is_busy(const struct exchange *exchange);

/* True while nothing but the answer to a blocking read is missing. */
bool exchange_only_reads(const struct exchange *exchange);

/* The next answer, and the call it is for (until the next one is taken).
   Returns 1; 0 when it is not there yet; or -1 with ERR_RETRY. */
int exchange_next(struct exchange *exchange, struct call **call_r,
		  const struct reply **reply_r, struct err *err);

/* All is answered, or the connection is gone: put the entries of the calls that
   failed or have no answer back where they came from, all at once, so that they
   keep their sequence. To settle an entry twice does no harm. */
void exchange_end(struct exchange *exchange);

#endif
