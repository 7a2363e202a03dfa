#ifndef OMQ_SOURCE_H
#define OMQ_SOURCE_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* A source of orders: arguments, a CSV file, JSON Lines, a generator, an
   outbox. A source never waits; its caller does, and can publish meanwhile what
   it has. One reader, no sharing. */

enum source_event {
	SOURCE_ORDER,  /* the item is an order */
	SOURCE_REJECT, /* the item is a line with a reason; go on asking */
	SOURCE_LATER,  /* nothing now; ask again when fd is readable */
	SOURCE_FLUSH,  /* publish what was given, then ask again; lines are
			  counted anew from there */
	SOURCE_END,    /* there was all there is */
	SOURCE_FAILED, /* the source is of no use any more; err says why */
};

/* Everything is borrowed from the source until it is asked again. */
struct source_item {
	const struct text *pairs; /* name, value, name, value, ... */
	size_t pair_count;
	uint64_t line;      /* where the record begins, counted from 1 */
	const char *reason; /* of SOURCE_REJECT */
};

struct source {
	/* Give the next item. err is set with SOURCE_FAILED only: ERR_REJECT,
	   or ERR_RETRY when out of memory. */
	enum source_event (*next)(struct source *source,
				  struct source_item *item_r, struct err *err);
	/* Every order that was given is settled; some_bad: some were rejected,
	   or are published with other fields. NULL: the source does not need to
	   know. */
	void (*settled)(struct source *source, bool some_bad);
	/* Free the source. */
	void (*close)(struct source *source);

	const char *name; /* for "NAME:LINE: ..."; borrowed */
	int fd;           /* to wait for, or -1 */
	/* The progress, in a unit of the source's own; total 0: unknown. */
	uint64_t done;
	uint64_t total;
};

/* Close the source and set *source to NULL. NULL is fine. */
static inline void source_close(struct source **source)
{
	if (*source != NULL)
		(*source)->close(*source);
	*source = NULL;
}

#endif
