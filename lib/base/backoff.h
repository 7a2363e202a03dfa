#ifndef OMQ_BACKOFF_H
#define OMQ_BACKOFF_H

#include <stdint.h>

/* How long to wait before the next try: doubled each time between two limits,
   with ±20 % of jitter so that many processes do not try in step. A plain
   value. */
struct backoff {
	int64_t first_msecs;
	int64_t max_msecs;
	unsigned int step_count;
};

/* The next wait in milliseconds, at least 1. */
int64_t backoff_next(struct backoff *backoff);

/* A wait for entries that failed: evenly spread between 1 and the wait of
   backoff_next() without its jitter, so that entries that failed together do
   not come again together. */
int64_t backoff_next_spread(struct backoff *backoff);

/* Success: the next wait is the first one again. */
void backoff_reset(struct backoff *backoff);

/* For tests: no jitter while on is not 0. */
void backoff_fix(int on);

#endif
