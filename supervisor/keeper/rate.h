#ifndef OMQ_RATE_H
#define OMQ_RATE_H

#include <stddef.h>
#include <stdint.h>

/* How fast a count in Redis grows, from the last looks at it. A plain value; a
   zeroed one has not looked yet. */

/* Looks: with one a second, the last ten seconds. */
#define RATE_LOOKS 11

struct rate {
	int64_t msecs[RATE_LOOKS];
	int64_t counts[RATE_LOOKS];
	size_t look_count; /* ever; the last ones are kept */
};

/* At msecs (of clock_msecs()) it is count; negative: unknown. A count that
   falls is another one, which was begun anew. */
void rate_note(struct rate *rate, int64_t msecs, int64_t count);

/* How much it has grown a second; -1: unknown. */
double rate_per_sec(const struct rate *rate);

#endif
