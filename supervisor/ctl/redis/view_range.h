#ifndef OMQ_VIEW_RANGE_H
#define OMQ_VIEW_RANGE_H

#include "supervisor/ctl/redis/view.h"

/* How ordermqctl reads a stream: without a group, so that no group loses an
   entry to it. */

/* The entries of a stream between two ids, page by page. */
struct view_range {
	const char *key;
	char from[WHEN_ID_BYTES + 1]; /* moves on; "(" stands for behind it */
	char to[WHEN_ID_BYTES];
	size_t count; /* a page: smaller where entries are large */
	bool letters; /* of a letter that is too large, the notes are read */
};

/* From "-" to "+"; either can be set to an id afterwards. */
void view_range(struct view_range *range, const char *key);

/* The next page, an array of at most VIEW_PAGE times [id, [name, value, ...]].
   An entry that alone is larger than redis.max_reply has nil for its fields;
   such a dead letter has its notes without the fields of the entry. Returns 1;
   0 at the end; or -1. */
int view_next(struct view *view, struct view_range *range,
	      const struct reply **entries_r);

/* Write the id of the last entry of a stream into id_r, which is WHEN_ID_BYTES
   long; "0-0" when there is none. Returns 0, or -1. */
int view_last_id(struct view *view, const char *key, char *id_r);

/* Is an entry beyond another one? False when one of them is no id. */
bool view_is_beyond(struct text id, struct text last);

/* Is the field "name=value" among [name, value, ...]? */
bool view_has(const struct reply *fields, const char *field);

#endif
