#ifndef OMQ_HOUR_H
#define OMQ_HOUR_H

#include <stddef.h>
#include <stdint.h>

/* How much a count in Redis has grown in the last hour, or since it is looked
   at. A plain value; a zeroed one has not looked yet. */

#define HOUR_STEP_MSECS 300000
#define HOUR_MARKS 13 /* one each step */

struct hour {
	int64_t msecs[HOUR_MARKS];
	int64_t counts[HOUR_MARKS];
	size_t mark_count; /* ever; the last ones are kept */
	int64_t last_msecs;
	int64_t last;
};

/* At msecs (of clock_msecs()) it is count; negative: unknown. A count that
   falls is another one, which was begun anew. */
void hour_note(struct hour *hour, int64_t msecs, int64_t count);

/* How much it has grown, and over how many milliseconds: an hour at most, and 0
   when nothing is known. */
int64_t hour_grown(const struct hour *hour, int64_t *span_msecs_r);

#endif
