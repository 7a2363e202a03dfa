/* Whether the next round trip waits for more entries. Told by consumer_link.c
   and consumer_answer.c how long Redis took. */

#include "config.h"

#include "lib/consumer/linger.h"

void linger_begin(struct linger *linger, int64_t now_usecs)
{
	*linger = (struct linger){
		.begun_usecs = now_usecs,
		.until_msecs = -1,
	};
}

void linger_settled(struct linger *linger, int64_t now_usecs)
{
	linger->settle_usecs = now_usecs - linger->begun_usecs;
}

void linger_read(struct linger *linger, size_t count, size_t room,
		 int64_t most_msecs, int64_t now_msecs)
{
	int64_t wait = 2 * (linger->settle_usecs / 1000);

	if (wait > most_msecs)
		wait = most_msecs;
	if (count < room && wait > 0)
		linger->until_msecs = now_msecs + wait;
}
