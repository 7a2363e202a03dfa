#ifndef OMQ_DELIVERY_H
#define OMQ_DELIVERY_H

#include "lib/stream/order.h"
#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct arena;
struct batch;
struct reply;
struct settings_fields;

/* What became of an entry, and the book (P:<group>:books) that counts it. */
enum outcome {
	OUTCOME_APPLIED,   /* "applied": the effect took place */
	OUTCOME_DUPLICATE, /* "duplicate": it had taken place before */
	OUTCOME_GUEST,     /* "guest": nobody to credit */
	OUTCOME_OTHER,     /* "other": a type that is none of our business */
	OUTCOME_IGNORED,   /* "ignored": no event, and shown to no handler */
	OUTCOME_EXPIRED,   /* "expired": too old to be of use */
	OUTCOME_LOST,      /* "lost": content deleted while pending */
	OUTCOME_REJECTED,  /* "rejected": dead-lettered at once */
	OUTCOME_DEAD,      /* "dead": dead-lettered after all its tries */
	OUTCOME_COUNT,
};

/* The name of the book. */
const char *outcome_book(enum outcome outcome);

/* Where a delivery is on its way through a consumer. */
enum delivery_state {
	DELIVERY_WITH_HANDLER, /* the handler has it */
	DELIVERY_RETRY,        /* failed: to be noted, and then to wait */
	DELIVERY_WAITING,      /* to wait, without a note */
	DELIVERY_EFFECT,       /* to be settled with the handler's own script */
	DELIVERY_DONE,         /* to be acknowledged and counted */
	DELIVERY_REJECT,       /* to be dead-lettered */
	DELIVERY_SETTLED,      /* nothing left to do */
};

/* One entry, delivered to this consumer. It lives as long as its batch has
   anything unsettled. */
struct delivery {
	/* The skeleton's, side by side: it goes through them several times. */
	struct batch *batch;
	STAILQ_ENTRY(delivery) next;
	enum delivery_state state;
	enum outcome outcome;
	bool alone;       /* settle in a call of its own */
	bool dropped;     /* forgotten here: lost to another owner, or given
			     back */
	bool contentless; /* dead-letter it without its fields */
	bool touched;     /* the handler has taken it up */

	/* For handlers. */
	bool replays;   /* it came back by an operator's will */
	struct text id; /* "1714060800000-0" */
	int64_t id_msecs;
	uint64_t id_seq;
	unsigned int count; /* times delivered: 1 at first */
	int64_t attempts;   /* that failed, at most INT32_MAX */
	struct text
		origin; /* its first id; another than id when it came back */
	struct order order; /* of no use when the entry was rejected */

	/* The rest is the skeleton's again. */
	int64_t wait_msecs; /* before the next one; -1: until alone */
	void *effect;       /* the handler's, for its script */
	const char *class;  /* of a reject */
	const char *reason;
};

/* A queue of deliveries, first in first out: STAILQ_INIT() comes first. */
STAILQ_HEAD(delivery_queue, delivery);

/* Take out the first one; NULL when there is none. */
static inline struct delivery *delivery_queue_take(struct delivery_queue *queue)
{
	struct delivery *delivery = STAILQ_FIRST(queue);

	if (delivery != NULL)
		STAILQ_REMOVE_HEAD(queue, next);
	return delivery;
}

/* The entries of one reply, and the memory they lie in. */
#define BATCH_ENTRIES_MAX 1024 /* the largest groups.batch */
struct batch {
	struct arena *arena;
	struct delivery *deliveries;
	size_t count;
	size_t open_count;    /* not settled yet */
	size_t largest_bytes; /* of names and values of an entry */
	int64_t read_usecs;   /* when, by clock_usecs() */
	bool in_use;
};

/* Turn the entries of a reply, which lives in batch->arena, into deliveries:
   [id, [name, value, ...]], and behind them maybe the times delivered and the
   attempts that failed: see lib/scripts/entries.lua. One that is no valid order
   becomes a reject, and so does one with no fields at all, which no reply can
   hold; one with nil for fields is lost; one with a number waits that many
   milliseconds, or to be alone. When replays they are of P:<group>:replay, with
   their former dead letter around them. Returns 0, or -1 when the shape is
   wrong, there are more than were ever asked for, or memory is out; the batch
   is then empty. */
int batch_fill(struct batch *batch, const struct reply *entries,
	       const struct settings_fields *fields, bool replays);

/* Parse "ms-seq". Returns 0, or -1. */
int delivery_parse_id(struct text id, int64_t *msecs_r, uint64_t *seq_r);

#endif
