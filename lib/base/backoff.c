/* How long to wait before the next try. Whatever connects, publishes or
   restarts asks here. */

#include "config.h"

#include "lib/base/backoff.h"

#include <stdint.h>
#include <sys/random.h>

#define BACKOFF_JITTER_PERCENT 20

static int backoff_fixed;

void backoff_fix(int on)
{
	backoff_fixed = on;
}

/* A random percentage between 100 - jitter and 100 + jitter. */
static int64_t jitter_percent(void)
{
	uint32_t number;

	if (backoff_fixed ||
	    getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return 100;
	return 100 - BACKOFF_JITTER_PERCENT +
	       (int64_t)(number % (2 * BACKOFF_JITTER_PERCENT + 1));
}

/* The wait of this step; the step count moves on. */
static int64_t step_take(struct backoff *backoff)
{
	int64_t wait = backoff->first_msecs;

	for (unsigned int i = 0;
	     i < backoff->step_count && wait < backoff->max_msecs; i++)
		wait *= 2;
	backoff->step_count++;
	return wait > backoff->max_msecs ? backoff->max_msecs : wait;
}

int64_t backoff_next(struct backoff *backoff)
{
	int64_t wait = step_take(backoff) * jitter_percent() / 100;

	return wait < 1 ? 1 : wait;
}

int64_t backoff_next_spread(struct backoff *backoff)
{
	int64_t most = step_take(backoff);
	uint32_t number;

	if (backoff_fixed || most <= 1 ||
	    getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return most < 1 ? 1 : most;
	return 1 + number % most;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->step_count = 0;
}
