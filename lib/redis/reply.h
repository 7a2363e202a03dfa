#ifndef OMQ_REPLY_H
#define OMQ_REPLY_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One reply of Redis, as a tree of values in an arena. What came from the
   network may have any shape: use the functions below, which answer a shape
   that is not there with an empty value, and never follow a pointer before its
   type is checked. */

enum reply_type {
	REPLY_NIL,
	REPLY_INTEGER,
	REPLY_STRING, /* bulk string */
	REPLY_STATUS, /* +OK */
	REPLY_ERROR,  /* -ERR ... */
	REPLY_ARRAY,
};

struct reply {
	enum reply_type type;
	union {
		int64_t integer;
		struct text text; /* terminated, for convenience */
		struct {
			struct reply *elements;
			size_t count;
		} array;
	};
};

/* How many elements an array has; 0 for anything else. */
static inline size_t reply_count(const struct reply *reply)
{
	return reply->type == REPLY_ARRAY ? reply->array.count : 0;
}

/* Element number i, counted from 0, or a nil reply. Never NULL. */
static inline const struct reply *reply_at(const struct reply *reply, size_t i)
{
	static const struct reply nil = { .type = REPLY_NIL };

	return i < reply_count(reply) ? &reply->array.elements[i] : &nil;
}

/* The bytes of a string, a status or an error; of anything else the empty
   text. */
static inline struct text reply_text(const struct reply *reply)
{
	switch (reply->type) {
	case REPLY_STRING:
	case REPLY_STATUS:
	case REPLY_ERROR:
		return reply->text;
	default:
		return (struct text){ .data = "", .length = 0 };
	}
}

/* The number of an integer, or of a string of digits (with a minus in front or
   not); else fallback. */
int64_t reply_integer(const struct reply *reply, int64_t fallback);

/* The value behind a name in a flat array [name, value, ...], as XINFO and
   HGETALL answer; a nil reply when the name is not there. Never NULL. */
const struct reply *reply_field(const struct reply *reply, const char *name);

/* The elements of an array of strings, borrowed. Returns 0; or -1 when this is
   no array, or an element is no string. */
int reply_strings(const struct reply *reply, struct text_run *run_r);

bool reply_is_error(const struct reply *reply);

/* The first word of an error reply ("NOGROUP"), else the empty text. The rest
   of the line differs by server and version. */
struct text reply_error_word(const struct reply *reply);
bool reply_is_error_word(const struct reply *reply, const char *word);

#endif
