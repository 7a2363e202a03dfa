#ifndef OMQ_DEAD_LETTER_H
#define OMQ_DEAD_LETTER_H

#include "lib/redis/reply.h"

#include <jansson.h>
#include <stdbool.h>

struct arena;
struct view;

/* One dead letter: the notes about the entry, and the entry's own fields (see
   lib/scripts/dead_letter.lua). Borrowed from the reply it was read from, and
   from the arena. */
struct dead_letter {
	struct text id;      /* of the letter, in P:dead */
	struct reply notes;  /* [name, value, ...] */
	struct reply fields; /* likewise, of the entry; nil: not there */
	bool cut;            /* they are, but no reply can hold them */
};

/* Read a letter from [id, [name, value, ...]]. Packed fields are unpacked into
   arena. */
void dead_letter_read(const struct reply *entry, struct arena *arena,
		      struct dead_letter *letter_r);

/* The note of this name, such as "group", "id" (of the entry) or "reason"; the
   empty text when there is none. */
struct text dead_letter_note(const struct dead_letter *letter,
			     const char *name);

/* Why the letter has no fields, as the end of a sentence; NULL: it has them. */
const char *dead_letter_lacks(const struct dead_letter *letter);

/* A record of kind "dead": the notes and the order's number, without the
   entry's other fields. Unknown notes are kept under their names. */
json_t *dead_letter_record(const struct view *view,
			   const struct dead_letter *letter);

#endif
