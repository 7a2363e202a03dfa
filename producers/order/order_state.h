#ifndef OMQ_ORDER_STATE_H
#define OMQ_ORDER_STATE_H

#include "lib/base/text.h"

#include <stddef.h>
#include <stdint.h>

struct err;

/* The progress of a load: the orders at the beginning of its input that are
   surely published, and a file that keeps this over an interruption. It only
   saves time: orders that it does not know are published again, once. */

/* A plain value; zeroed: no orders. */
struct order_state {
	uint64_t orders; /* their number */
	uint64_t line;   /* of the last one */
	uint32_t sum;    /* checksum of all orders and their lines */
};

/* Add an order. */
void order_state_add(struct order_state *state, const struct text *pairs,
		     size_t pair_count, uint64_t line);

/* The file of a state, and of which stream it is; all borrowed. */
struct order_state_file {
	const char *path;
	const char *redis; /* the URL */
	const char *stream;
};

/* Read the file. Returns 1 with its state; 0 when there is no file; or -1 with
   ERR_REJECT: it is torn or changed, is about another Redis or stream, or
   cannot be read. */
int order_state_load(const struct order_state_file *file,
		     struct order_state *state_r, struct err *err);

/* Replace the state in the file: written to a new file, synced, renamed, so
   that a crash leaves one or the other. Returns 0; or -1 with ERR_RETRY, and
   the file is as it was. */
int order_state_save(const struct order_state_file *file,
		     const struct order_state *state, struct err *err);

#endif
