#ifndef OMQ_ORDER_TRAIL_H
#define OMQ_ORDER_TRAIL_H

#include <jansson.h>

struct view;

/* Where an order is: what was published of it, and how far each group is with
   it. Read step by step while the groups go on working; the steps are in an
   order in which an entry may be seen where it was, but never as done when it
   is dead. */
struct order_trail {
	struct view *view;
	const char *orderno;
	json_t *entries; /* of the stream: {"id", "event"} */
	json_t *places;  /* records of kind "place": an entry in a group */
	json_t *events;  /* a set: the event keys that may be in a ledger */
	json_t *ledger;  /* records: see ledger_line.h */
};

/* Find out. Returns 0, or -1 with the view's err. Either way the caller must
   order_trail_close(). */
int order_trail_open(struct order_trail *trail, struct view *view,
		     const char *orderno);
void order_trail_close(struct order_trail *trail);

#endif
