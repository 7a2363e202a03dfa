#ifndef OMQ_CLOCK_H
#define OMQ_CLOCK_H

#include <stdint.h>

/* The only place where time comes from. */

/* Milliseconds of CLOCK_MONOTONIC: for every deadline and every duration. */
int64_t clock_msecs(void);

/* The same clock, at most a few milliseconds behind: it costs a fifth. */
int64_t clock_coarse_msecs(void);

/* Microseconds of CLOCK_MONOTONIC: for latencies. */
int64_t clock_usecs(void);

/* Milliseconds since 1970 of the wall clock: only to compare with entry ids
   and to show to people; it may jump. */
int64_t clock_wall_msecs(void);

/* Milliseconds from now until deadline (of clock_msecs()), never negative, at
   most INT_MAX: what poll() takes. A negative deadline means none: returns
   -1. */
int clock_until(int64_t deadline_msecs);

/* The earlier of two deadlines, where a negative one means none. */
int64_t clock_earlier(int64_t a_msecs, int64_t b_msecs);

/* For tests: from now on clock_msecs() is msecs, until called with -1. */
void clock_set(int64_t msecs);

#endif
