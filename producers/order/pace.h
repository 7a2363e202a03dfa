#ifndef OMQ_PACE_H
#define OMQ_PACE_H

#include <stdint.h>

/* When the next order may go, so that orders go evenly at a given rate. After a
   stall at most PACE_CATCH_UP_MSECS are caught up on, so that no burst follows.
   A plain value. */
#define PACE_CATCH_UP_MSECS 100

struct pace {
	int64_t interval_nsecs; /* 0: no limit */
	int64_t next_nsecs;     /* on the clock of clock_msecs() */
};

/* Begin now, with millis orders per 1,000 seconds (1 to 10^9, that is up to a
   million a second); 0: without any limit. */
void pace_start(struct pace *pace, int64_t millis);

/* Milliseconds until the next order may go, 0: now. */
int64_t pace_wait(struct pace *pace);

/* An order went. */
void pace_took(struct pace *pace);

#endif
