#ifndef OMQ_ORDER_TRAIL_PARTS_H
#define OMQ_ORDER_TRAIL_PARTS_H

#include "lib/redis/reply.h"
#include "supervisor/ctl/redis/view.h"

#include <jansson.h>
#include <stdbool.h>

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

/* What the parts of it share. */

/* Give a member of a place that value, which is taken. */
void order_trail_set(json_t *place, const char *name, json_t *value);

/* Are these the fields of an entry with that order number? */
bool order_trail_is_ours(const struct order_trail *trail,
			 const struct reply *fields);

/* The event key of an entry, or null: it is no order, or of another type. A key
   is noted, to be looked for in the ledgers. */
json_t *order_trail_event(struct order_trail *trail,
			  const struct reply *fields);

/* A place of which nothing is known but where and how it is. id and event are
   taken. */
json_t *order_trail_place(const char *state, struct text group, json_t *id,
			  json_t *event);

/* Who has it, since when, and how often it failed. row is that of XPENDING. */
void order_trail_set_pending(json_t *place, const struct reply *row,
			     struct view_tries tries);

/* In order_trail_letters.c: look among the dead letters, and among what came
   back to the groups: change the places that these tell more of, and add those
   that nothing else tells of. Both return 0, or -1 with the view's err. */
int order_trail_letters(struct order_trail *trail);
int order_trail_replays(struct order_trail *trail);

#endif
