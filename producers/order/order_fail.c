/* How a job of ordermq-order fails or waits before it tries again. order_job.c
   and order_lag.c call it when Redis, the outbox or a signal stopped them. */

#include "config.h"

#include "producers/order/order_fail.h"

#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "producers/common/stop.h"
#include "producers/order/job.h"
#include "producers/order/order_report.h"

#include <string.h>
#include <sysexits.h>

/* What a shell makes of a death by signal. */
#define SIGNAL_EXIT_BASE 128

int job_fail(struct job *job, int status)
{
	job->status = status;
	return -1;
}

int job_fail_redis(struct job *job, const struct err *err)
{
	return job_fail(job,
			err->class == ERR_FATAL ? EX_CONFIG : EX_UNAVAILABLE);
}

int job_signal_status(void)
{
	return SIGNAL_EXIT_BASE + stop_signal();
}

int job_fail_signal(struct job *job, struct err *err)
{
	(void)err_set(err, ERR_RETRY, "stopped by a signal: %s",
		      strsignal(stop_signal()));
	return job_fail(job, job_signal_status());
}

int job_wait_again(struct job *job, struct backoff *backoff,
		   int64_t *deadline_msecs, const struct err *err)
{
	if (stop_signal() != 0)
		return job_fail(job, job_signal_status());
	if (job->options.timeout_msecs == 0 ||
	    clock_until(*deadline_msecs) == 0)
		return job_fail(job, EX_TEMPFAIL);
	if (*deadline_msecs < 0) {
		*deadline_msecs = clock_msecs() + job->options.timeout_msecs;
		job_say(job, "%s; trying again", err->text);
	}
	stop_wait(-1, clock_earlier(backoff_next(backoff),
				    clock_until(*deadline_msecs)));
	return 0;
}
