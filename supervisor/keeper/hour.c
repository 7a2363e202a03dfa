/* Looks that the keeper takes once a round become a number for the last hour,
   which finding_make.c judges. */
#include "config.h"

#include "supervisor/keeper/hour.h"

#include <string.h>

void hour_note(struct hour *hour, int64_t msecs, int64_t count)
{
	size_t newest = (hour->mark_count + HOUR_MARKS - 1) % HOUR_MARKS;

	if (count < 0)
		return;
	if (hour->mark_count > 0 && count < hour->last) {
		memset(hour, 0, sizeof(*hour));
		newest = HOUR_MARKS - 1;
	}
	hour->last_msecs = msecs;
	hour->last = count;
	if (hour->mark_count > 0 &&
	    msecs - hour->msecs[newest] < HOUR_STEP_MSECS)
		return;
	hour->msecs[hour->mark_count % HOUR_MARKS] = msecs;
	hour->counts[hour->mark_count % HOUR_MARKS] = count;
	hour->mark_count++;
}

int64_t hour_grown(const struct hour *hour, int64_t *span_msecs_r)
{
	size_t oldest = hour->mark_count <= HOUR_MARKS
				? 0
				: hour->mark_count % HOUR_MARKS;

	*span_msecs_r = hour->mark_count == 0
				? 0
				: hour->last_msecs - hour->msecs[oldest];
	return *span_msecs_r == 0 ? 0 : hour->last - hour->counts[oldest];
}
