/* How fast a count grows. keep_round.c notes counts of Redis in it, and puts
   the rates into the figures. */

#include "config.h"

#include "supervisor/keeper/rate.h"

#include <string.h>

void rate_note(struct rate *rate, int64_t msecs, int64_t count)
{
	size_t last = (rate->look_count + RATE_LOOKS - 1) % RATE_LOOKS;

	if (rate->look_count > 0 && count < rate->counts[last])
		memset(rate, 0, sizeof(*rate));
	if (count < 0)
		return;
	rate->msecs[rate->look_count % RATE_LOOKS] = msecs;
	rate->counts[rate->look_count % RATE_LOOKS] = count;
	rate->look_count++;
}

double rate_per_sec(const struct rate *rate)
{
	size_t last = (rate->look_count + RATE_LOOKS - 1) % RATE_LOOKS;
	size_t first = rate->look_count <= RATE_LOOKS
			       ? 0
			       : rate->look_count % RATE_LOOKS;

	if (rate->look_count < 2 || rate->msecs[last] <= rate->msecs[first])
		return -1;
	return (double)(rate->counts[last] - rate->counts[first]) * 1000 /
	       (double)(rate->msecs[last] - rate->msecs[first]);
}
