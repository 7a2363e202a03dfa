/* Linked into the real points and push for the runs that measure latency: it
   takes the time when the answer to the settling call of an entry is there. The
   linker puts it around in_flight_settle(), which is called just then, so that
   not a line of theirs differs from what is shipped (-Wl,--wrap). */

#include "config.h"

#include "bench/latency.h"
#include "lib/base/clock.h"
#include "lib/consumer/delivery.h"
#include "lib/consumer/in_flight.h"
#include "lib/base/num.h"
#include "lib/stream/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void __real_in_flight_settle(struct in_flight *in_flight,
			     struct delivery *delivery);
void __wrap_in_flight_settle(struct in_flight *in_flight,
			     struct delivery *delivery);

/* One file a process, in the directory that the environment names. */
static struct latency *own_latency(void)
{
	static struct latency *latency;
	const char *dir = getenv("BENCH_LATENCY_DIR");
	char path[4096];

	if (latency != NULL || dir == NULL)
		return latency;
	(void)snprintf(path, sizeof(path), "%s/%d", dir, (int)getpid());
	latency = latency_open(path);
	return latency;
}

void __wrap_in_flight_settle(struct in_flight *in_flight,
			     struct delivery *delivery)
{
	struct text ts = order_field(&delivery->order, text_of("ts"));
	struct latency *latency = own_latency();
	int64_t published_usecs;

	if (latency != NULL &&
	    num_parse(ts.data, ts.length, &published_usecs) == 0)
		latency_add(latency, clock_usecs() - published_usecs);
	__real_in_flight_settle(in_flight, delivery);
}
