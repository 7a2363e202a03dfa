/* The only place where time comes from, so that a test can set it. */

#include "config.h"

#include "lib/base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t clock_fixed_msecs = -1;

static int64_t read_usecs(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_msecs(void)
{
	return clock_fixed_msecs >= 0 ? clock_fixed_msecs
				      : read_usecs(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_coarse_msecs(void)
{
	struct timespec now;

	if (clock_fixed_msecs >= 0)
		return clock_fixed_msecs;
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_usecs(void)
{
	return read_usecs(CLOCK_MONOTONIC);
}

int64_t clock_wall_msecs(void)
{
	return read_usecs(CLOCK_REALTIME) / 1000;
}

int clock_until(int64_t deadline_msecs)
{
	int64_t left;

	if (deadline_msecs < 0)
		return -1;
	left = deadline_msecs - clock_msecs();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int64_t clock_earlier(int64_t a_msecs, int64_t b_msecs)
{
	if (a_msecs < 0)
		return b_msecs;
	if (b_msecs < 0)
		return a_msecs;
	return a_msecs < b_msecs ? a_msecs : b_msecs;
}

void clock_set(int64_t msecs)
{
	clock_fixed_msecs = msecs;
}
