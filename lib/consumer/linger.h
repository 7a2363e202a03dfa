#ifndef OMQ_LINGER_H
#define OMQ_LINGER_H

#include <stddef.h>
#include <stdint.h>

/* Whether the next round trip should wait for more entries to come together.
   Redis is asked to settle and then to read. If it takes long even to settle,
   it has more to do than it can, and every call is one more: what comes
   together meanwhile is read, and settled, in one. Where it settles within a
   millisecond nothing waits. */
struct linger {
	int64_t begun_usecs;  /* when the last round trip began */
	int64_t settle_usecs; /* what Redis took to settle in it; 0: unknown */
	int64_t until_msecs;  /* begin no other before; -1: at any time */
};

/* A round trip begins. Times are of lib/base/clock.h. */
void linger_begin(struct linger *linger, int64_t now_usecs);

/* Something was settled in it. */
void linger_settled(struct linger *linger, int64_t now_usecs);

/* Its read brought count entries of the room for as many. Wait for twice as
   long as it took to settle, at most for most_msecs; not at all after a full
   batch, or when nothing was settled. */
void linger_read(struct linger *linger, size_t count, size_t room,
		 int64_t most_msecs, int64_t now_msecs);

#endif
