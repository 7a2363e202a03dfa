#ifndef OMQ_TALLY_H
#define OMQ_TALLY_H

#include "lib/base/text.h"

#include <stddef.h>
#include <stdint.h>

/* Numbers by name, for any number of accounts or events. */
struct tally;

#define TALLY_NUMBERS 4

struct tally_row {
	char *name; /* terminated; NULL: a free row */
	size_t length;
	int64_t numbers[TALLY_NUMBERS]; /* 0 at first */
};

/* Returns NULL when out of memory. */
struct tally *tally_open(void);
void tally_close(struct tally **tally);

/* The row of this name, made when there is none; valid until another row is
   made. NULL when out of memory. */
struct tally_row *tally_at(struct tally *tally, struct text name);

/* The row of this name, or NULL. */
struct tally_row *tally_find(const struct tally *tally, struct text name);

/* The row behind row, or the first one behind NULL, in no order; NULL behind
   the last. */
struct tally_row *tally_next(const struct tally *tally,
			     const struct tally_row *row);

/* How many rows there are. */
size_t tally_count(const struct tally *tally);

#endif
