#ifndef OMQ_DRAIN_H
#define OMQ_DRAIN_H

#include <stdbool.h>

struct err;
struct source;

/* The orders of an outbox, the oldest first; the line of an order is the offset
   of its record in its segment. A segment is removed when all its orders are
   settled. It is set aside instead, under the name <number>.aside, when it has
   damage (what is no whole record is rejected with its offset) or orders that
   were bad. After an interruption in the middle of a segment all of it is given
   again.

   At most one process drains an outbox, while any number append to it. */

/* path is borrowed. With follow the source waits for more instead of ending.
   Returns 0 and a source that the caller must source_close(); or -1 with
   ERR_RETRY: another process drains the outbox, or it cannot be read. */
int drain_open(const char *path, bool follow, struct source **source_r,
	       struct err *err);

#endif
