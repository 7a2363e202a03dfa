#ifndef OMQ_DRAIN_H
#define OMQ_DRAIN_H

#include <stdbool.h>

struct err;
struct source;

/* The orders of an outbox, the oldest first; a line is the offset of a record
   in its segment. A segment is removed when all its orders are settled. One
   with damage (what is no whole record is rejected with its offset), or with
   orders that were bad, is set aside instead, under the name <number>.aside.
   Who stops in the middle of a segment gets all of it again.

   One process at a time drains an outbox, while any number append to it. */

/* path is borrowed. follow: wait for more where it would end. Returns 0 and a
   source that the caller must source_close(); or -1 with ERR_RETRY: another
   process drains it, or it cannot be read. */
int drain_open(const char *path, bool follow, struct source **source_r,
	       struct err *err);

#endif
