#ifndef OMQ_SOURCE_H
#define OMQ_SOURCE_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Where orders come from: arguments, a CSV file, JSON Lines, a generator. A
   source never waits; whoever asks it does, and can publish meanwhile what it
   has. One reader, no sharing. */

enum source_event {
	SOURCE_ORDER,  /* the item is an order */
	SOURCE_REJECT, /* the item is a line with a reason; go on asking */
	SOURCE_LATER,  /* nothing now; ask again when fd is readable */
	SOURCE_FLUSH,  /* finish with what was given, then ask again; the lines
			  begin anew */
	SOURCE_END,    /* there was all there is */
	SOURCE_FAILED, /* the source is of no use any more; err says why */
};

/* All of it is borrowed from the source until it is asked again. */
struct source_item {
	const struct text *pairs; /* name, value, name, value, ... */
	size_t pair_count;
	uint64_t line;      /* where the record begins, counted from 1 */
	const char *reason; /* of SOURCE_REJECT */
};

struct source {
	/* The next item. err is set with SOURCE_FAILED only: ERR_REJECT, or
	   ERR_RETRY when out of memory. */
	enum source_event (*next)(struct source *source,
				  struct source_item *item_r, struct err *err);
	/* All orders that were given are dealt with; some_bad: some were not
	   taken, or are published with other fields. NULL: of no interest. */
	void (*settled)(struct source *source, bool some_bad);
	/* Free the source. */
	void (*close)(struct source *source);

	const char *name; /* for "NAME:LINE: ..."; borrowed */
	int fd;           /* to wait for, or -1 */
	/* How far it is, in a unit of its own; total 0 means unknown. */
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
