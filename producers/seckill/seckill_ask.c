#include "config.h"

#include "producers/seckill/seckill_ask.h"

#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "producers/common/stop.h"

#include <stddef.h>

#define BACKOFF_FIRST_MSECS 50
#define BACKOFF_MAX_MSECS 2000

static int ask_once(const struct settings_redis *set, seckill_ask_fn *ask,
		    void *arg, struct err *err)
{
	struct redis *redis;
	int ret;

	if (redis_open(set, stop_fd(), &redis, err) < 0)
		return -1;
	ret = ask(redis, arg, err);
	redis_close(&redis);
	return ret;
}

int seckill_ask(const struct settings_redis *set, int64_t timeout_msecs,
		seckill_ask_fn *ask, void *arg, struct err *err)
{
	struct backoff backoff = { BACKOFF_FIRST_MSECS, BACKOFF_MAX_MSECS, 0 };
	const int64_t deadline = clock_msecs() + timeout_msecs;

	while (ask_once(set, ask, arg, err) < 0) {
		if (err->class != ERR_RETRY || stop_signal() != 0 ||
		    clock_until(deadline) == 0)
			return -1;
		stop_wait(-1, clock_earlier(backoff_next(&backoff),
					    clock_until(deadline)));
	}
	return 0;
}
