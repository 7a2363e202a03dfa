#ifndef OMQ_ORDER_TRAIL_PARTS_H
#define OMQ_ORDER_TRAIL_PARTS_H

#include "lib/redis/reply.h"
#include "supervisor/ctl/redis/view.h"

#include <jansson.h>
#include <stdbool.h>

/* Where an order is: its entries, and how far each group is with each of them.
   It is read step by step while the groups go on working; the sequence of the
   steps is such that an entry may be shown where it was a moment ago, but a
   dead one never as done. */
struct order_trail {
	struct view *view;
	const char *orderno;
	json_t *entries; /* of the stream: {"id", "event"} */
	json_t *places;  /* records of kind "place": an entry in a group */
	json_t *events;  /* a set: the event keys that may be in a ledger */
	json_t *ledger;  /* records: see ledger_line.h */
};

/* Shared by the two files that fill it in. */

/* Set a member of a place to value, which is taken over. */
void order_trail_set(json_t *place, const char *name, json_t *value);

/* Are these the fields of an entry with that order number? */
bool order_trail_is_ours(const struct order_trail *trail,
			 const struct reply *fields);

/* The event key of an entry; null when it is no order, or of another type. The
   key is also noted, to be looked up in the ledgers. */
json_t *order_trail_event(struct order_trail *trail,
			  const struct reply *fields);

/* A new place: the entry id in group, in this state; all else is null. id and
   event are taken over. */
json_t *order_trail_place(const char *state, struct text group, json_t *id,
			  json_t *event);

/* Set which consumer holds the entry, since when, and how often it failed. row
   is of XPENDING. */
void order_trail_set_pending(json_t *place, const struct reply *row,
			     struct view_tries tries);

/* In order_trail_letters.c: read the dead letters, and the entries that came
   back to the groups. Both change the places that these belong to, and add
   places that nothing else tells of. They return 0, or -1 with the view's
   err. */
int order_trail_letters(struct order_trail *trail);
int order_trail_replays(struct order_trail *trail);

#endif
