#ifndef OMQ_ORDER_STATE_H
#define OMQ_ORDER_STATE_H

#include "lib/base/text.h"

#include <stddef.h>
#include <stdint.h>

struct err;

/* How far a load is: the orders at the beginning of its input that are surely
   published, and a file that keeps that over an interruption. It only saves
   time: what it does not know is published again, once. */

/* A plain value; zeroed: nothing. */
struct order_state {
	uint64_t orders; /* so many */
	uint64_t line;   /* of the last one */
	uint32_t sum;    /* checksum of them all and their lines */
};

/* One more order belongs to it. */
void order_state_add(struct order_state *state, const struct text *pairs,
		     size_t pair_count, uint64_t line);

/* Where a state is kept and what it is of; all borrowed. */
struct order_state_file {
	const char *path;
	const char *redis; /* the URL */
	const char *stream;
};

/* Returns 1 with what the file says; 0 when there is no file; or -1 with
   ERR_REJECT: it is torn or changed, or is of another Redis or stream, or
   cannot be read. */
int order_state_load(const struct order_state_file *file,
		     struct order_state *state_r, struct err *err);

/* Put state into the place of what the file said, so that a crash leaves one or
   the other: written beside it, synced, renamed. Returns 0, or -1 with
   ERR_RETRY, and the file says what it said. */
int order_state_save(const struct order_state_file *file,
		     const struct order_state *state, struct err *err);

#endif
