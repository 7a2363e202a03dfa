#ifndef OMQ_WINDOW_H
#define OMQ_WINDOW_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;

/* Orders that go together, and how each of them fared. Not for sharing. */

enum window_state {
	WINDOW_WAITING, /* not sent */
	WINDOW_SENT,    /* sent, no answer: in doubt */
	WINDOW_REFUSED, /* answered with an error: not published */
	WINDOW_DONE,    /* published, now or before; or kept in the outbox */
};

/* The finding about an order that is published once. */
enum window_finding {
	WINDOW_NEW,   /* it is a new entry */
	WINDOW_KNOWN, /* its event key has an entry already */
	WINDOW_OTHER, /* as KNOWN, and that entry has other fields */
};

/* "18446744073709551615-18446744073709551615" */
#define WINDOW_ID_BYTES 48

struct window_order {
	enum window_state state;
	enum window_finding finding; /* of WINDOW_DONE */
	uint64_t line;               /* where it came from */
	/* These lie in the memory of the window. */
	const struct text *pairs; /* name, value, name, value, ... */
	size_t pair_count;
	struct text key;          /* event key; empty: none */
	char id[WINDOW_ID_BYTES]; /* of the entry; "" before */
};

struct window {
	struct window_order *orders;
	size_t count;
	size_t size;
	struct arena *arena;
};

/* Make room for size orders. Returns 0, and the caller must window_close(); or
   -1 with ERR_RETRY: out of memory. */
int window_open(struct window *window, size_t size, struct err *err);

/* Free the window; a zeroed one is fine. */
void window_close(struct window *window);

/* Put an order of pair_count pairs into the window, which must not be full. The
   pairs and the event key (empty: it has none) are copied. line is its place in
   the source. Returns 0, or -1 with ERR_RETRY: out of memory. */
int window_add(struct window *window, const struct text *pairs,
	       size_t pair_count, struct text key, uint64_t line,
	       struct err *err);

/* Is the window full? It holds at most size orders, and no more once they have
   1 MiB. */
bool window_is_full(const struct window *window);

/* Forget all orders. */
void window_clear(struct window *window);

/* Orders side by side in the window that fared alike. */
struct window_run {
	enum window_state state;
	uint64_t first_line;
	uint64_t last_line;
	size_t count;
};

/* Find the run that begins with order number *i, counted from 0. Returns true
   and moves *i behind it, or false at the end of the window. */
bool window_run(const struct window *window, size_t *i,
		struct window_run *run_r);

#endif
