#ifndef OMQ_RATE_H
#define OMQ_RATE_H

#include <stddef.h>
#include <stdint.h>

/* How fast a count in Redis grows, from the last looks at it. A plain value;
   zeroed: no look yet. */

/* Looks that are kept. With one a second they span ten seconds. */
#define RATE_LOOKS 11

struct rate {
	int64_t msecs[RATE_LOOKS];
	int64_t counts[RATE_LOOKS];
	size_t look_count; /* ever; the last ones are kept */
};

/* Note that the count is count at msecs of clock_msecs(); negative: unknown. A
   count that has fallen was begun anew: the looks before it are forgotten. */
void rate_note(struct rate *rate, int64_t msecs, int64_t count);

/* By how much it grows a second; -1: unknown. */
double rate_per_sec(const struct rate *rate);

#endif
