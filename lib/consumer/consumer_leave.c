#include "config.h"

#include "lib/consumer/consumer_state.h"

#include "lib/base/clock.h"
#include "lib/consumer/crash_point.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <inttypes.h>

/* Giving the lease back may take this long even when the time is over. */
#define LEAVE_MSECS 200

void consumer_hurry(struct consumer *consumer)
{
	struct settings_redis *set = &consumer->process.settings.redis;
	int64_t left = consumer->drain_deadline_msecs - clock_msecs();

	left = left < LEAVE_MSECS ? LEAVE_MSECS : left;
	set->connect_timeout_msecs =
		clock_earlier(left, set->connect_timeout_msecs);
	set->reply_timeout_msecs =
		clock_earlier(left, set->reply_timeout_msecs);
	if (consumer->lease.redis != NULL)
		redis_hurry(consumer->lease.redis, left);
}

static int64_t lease_give_back(struct consumer *consumer, struct err *err)
{
	/* A server that owes us answers would not answer this either. */
	if (exchange_is_busy(&consumer->exchange))
		return err_set(err, ERR_RETRY, "redis: no answer in time");
	if (consumer->lease.redis == NULL &&
	    lease_connect(&consumer->lease, err) < 0)
		return -1;
	return lease_release(&consumer->lease, err);
}

void consumer_leave(struct consumer *consumer)
{
	int64_t left;
	struct err err;

	if (consumer->handler->groupless || consumer->lease.token[0] == '\0')
		return;
	crash_point("before-release");
	consumer_hurry(consumer);
	left = lease_give_back(consumer, &err);
	if (left < 0)
		log_line(LOG_WARNING, "lease not given back: %s", err.text);
	else if (left > 0)
		log_line(LOG_NOTICE, "left %" PRId64 " entries for others",
			 left);
}
