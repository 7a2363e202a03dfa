#ifndef OMQ_LETTER_H
#define OMQ_LETTER_H

#include "lib/reply.h"

#include <jansson.h>

struct view;

/* One dead letter: what was noted of the entry, and the entry's own fields (see
   lib/scripts/dead.lua). Borrowed from the reply it was read from. */
struct letter {
	struct text id;     /* of the letter, in P:dead */
	struct reply notes; /* [name, value, ...] */
	struct reply fields;
};

/* Read it from [id, [name, value, ...]]. */
void letter_read(const struct reply *entry, struct letter *letter_r);

/* A note such as "group", "id" (of the entry), "reason"; else the empty text.
 */
struct text letter_note(const struct letter *letter, const char *name);

/* What was noted, as a record of kind "dead", with the order's number; without
   the entry's other fields. Notes that are not known here are kept by name. */
json_t *letter_record(const struct view *view, const struct letter *letter);

#endif
