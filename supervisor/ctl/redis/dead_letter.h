#ifndef OMQ_LETTER_H
#define OMQ_LETTER_H

#include "lib/redis/reply.h"

#include <jansson.h>
#include <stdbool.h>

struct arena;
struct view;

/* One dead letter: what was noted of the entry, and the entry's own fields (see
   lib/scripts/dead_letter.lua). Borrowed from the reply it was read from, and from
   the arena. */
struct letter {
	struct text id;      /* of the letter, in P:dead */
	struct reply notes;  /* [name, value, ...] */
	struct reply fields; /* the same; nil: not there */
	bool cut;            /* they are, but no reply can hold them */
};

/* Read it from [id, [name, value, ...]]. Fields that are packed are unpacked
   into arena. */
void letter_read(const struct reply *entry, struct arena *arena,
		 struct letter *letter_r);

/* A note such as "group", "id" (of the entry), "reason"; else the empty text.
 */
struct text letter_note(const struct letter *letter, const char *name);

/* Why it has no fields, as the end of a sentence; NULL: it has. */
const char *letter_lacks(const struct letter *letter);

/* What was noted, as a record of kind "dead", with the order's number; without
   the entry's other fields. Notes that are not known here are kept by name. */
json_t *letter_record(const struct view *view, const struct letter *letter);

#endif
