/* ordermq-order --max-lag: before a window goes, wait until the slowest group
   is near enough. order_job.c calls it; producers/publish/lag.c keeps the
   count. */

#include "config.h"

#include "producers/order/order_lag.h"

#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "producers/common/stop.h"
#include "producers/order/job.h"
#include "producers/order/order_fail.h"
#include "producers/order/order_report.h"
#include "producers/publish/lag.h"
#include "producers/publish/publish.h"

#include <inttypes.h>

/* The waits between two looks: the groups work meanwhile. */
#define LOOK_FIRST_MSECS 5
#define LOOK_MAX_MSECS 100

/* A wait of more than that is told on stderr. */
#define TELL_MSECS 1000

static void wait_tell(struct job *job, const struct lag *lag)
{
	if (lag->is_exact)
		job_say(job, "group %s is %" PRId64 " entries behind; waiting",
			lag->group, lag->behind);
	else
		job_say(job,
			"nobody knows how far group %s is behind, %" PRId64
			" entries at most; waiting",
			lag->group, lag->behind);
}

/* Ask until Redis answers. Returns 0, or -1 with err and the status set. */
static int look(struct job *job, struct err *err)
{
	struct backoff backoff = { JOB_BACKOFF_FIRST_MSECS,
				   JOB_BACKOFF_MAX_MSECS, 0 };
	int64_t deadline = -1;
	int got;

	while ((got = publish_look(job->publisher, err)) == 1) {
		if (job_wait_again(job, &backoff, &deadline, err) < 0)
			return -1;
	}
	return got < 0 ? job_fail_redis(job, err) : 0;
}

static int wait_groups(struct job *job, const struct lag *lag, struct err *err)
{
	struct backoff backoff = { LOOK_FIRST_MSECS, LOOK_MAX_MSECS, 0 };
	int64_t tell_msecs = clock_msecs() + TELL_MSECS;

	for (;;) {
		if (look(job, err) < 0)
			return -1;
		if (!lag_holds(lag, job->window->count))
			return 0;
		if (stop_signal() != 0)
			return job_fail_signal(job, err);
		if (tell_msecs >= 0 && clock_msecs() >= tell_msecs) {
			wait_tell(job, lag);
			tell_msecs = -1;
		}
		stop_wait(-1, backoff_next(&backoff));
	}
}

int job_wait_groups(struct job *job, struct err *err)
{
	const struct lag *lag;

	if (job->outbox != NULL || job->window->count == 0)
		return 0;
	lag = publish_lag(job->publisher);
	return lag_holds(lag, job->window->count) ? wait_groups(job, lag, err)
						  : 0;
}
