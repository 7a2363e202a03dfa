/* The clock of --rate. order_job.c asks it before it takes the next order. */

#include "config.h"

#include "producers/order/pace.h"

#include "lib/base/clock.h"

#define NSECS_PER_MSEC INT64_C(1000000)

void pace_start(struct pace *pace, int64_t millis)
{
	pace->interval_nsecs =
		millis == 0 ? 0 : INT64_C(1000000000000) / millis;
	pace->next_nsecs = clock_msecs() * NSECS_PER_MSEC;
}

int64_t pace_wait(struct pace *pace)
{
	int64_t now, earliest;

	if (pace->interval_nsecs == 0)
		return 0;
	now = clock_msecs() * NSECS_PER_MSEC;
	earliest = now - PACE_CATCH_UP_MSECS * NSECS_PER_MSEC;
	if (pace->next_nsecs < earliest)
		pace->next_nsecs = earliest;
	if (pace->next_nsecs <= now)
		return 0;
	return (pace->next_nsecs - now + NSECS_PER_MSEC - 1) / NSECS_PER_MSEC;
}

void pace_took(struct pace *pace)
{
	pace->next_nsecs += pace->interval_nsecs;
}
