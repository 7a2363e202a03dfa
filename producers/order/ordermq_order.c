/* ordermq-order: publish orders from arguments, files, a generator or an
   outbox. main() opens what a job needs, and order_job.c does the work. */

#include "config.h"

#include "lib/base/err.h"
#include "producers/common/setup.h"
#include "producers/common/stop.h"
#include "producers/order/job.h"
#include "producers/order/order_fail.h"
#include "producers/order/order_job.h"
#include "producers/order/order_report.h"
#include "producers/order/order_setup.h"
#include "producers/publish/outbox.h"
#include "producers/publish/publish.h"
#include "producers/sources/source.h"

#include <stdio.h>
#include <sysexits.h>

static void print_id(struct job *job)
{
	if (puts(job->last_id) < 0 || fflush(stdout) != 0)
		job_say(job, "published as %s, which stdout did not take",
			job->last_id);
}

static int job_run(struct job *job)
{
	bool has_one = job->options.mode == ORDER_FROM_ARGS;
	struct err err;

	if (job_publish(job, &err) < 0)
		job_report_failure(job, &err);
	else if (job->rejected > 0 || job->others > 0)
		job->status = EX_DATAERR;
	if (has_one && job->last_id[0] != '\0')
		print_id(job);
	if (!job->options.quiet || job->status != 0)
		job_summarize(job);
	return job->status;
}

/* The exit status when the connection could not be made. */
static int redis_status(const struct err *err)
{
	if (stop_signal() != 0)
		return job_signal_status();
	return err->class == ERR_FATAL ? EX_CONFIG : EX_UNAVAILABLE;
}

static int job_carrier_open(struct job *job, struct err *err)
{
	const struct publish_settings set = {
		.redis = &job->settings.redis,
		.stream = job->settings.stream_key,
		.atomic = job->options.atomic,
		.once_msecs = job->options.once_msecs,
		.wake_fd = stop_fd(),
		.max_lag = job->options.max_lag,
		.ignore = &job->settings.retention.ignore,
	};

	if (job->options.outbox != NULL)
		return outbox_open(job->options.outbox, &job->outbox, err) < 0
			       ? job_fail(job, EX_TEMPFAIL)
			       : 0;
	return publish_open(&set, &job->publisher, err) < 0
		       ? job_fail(job, redis_status(err))
		       : 0;
}

static int job_open(struct job *job, struct err *err)
{
	const size_t batch = (size_t)job->options.batch;

	if (window_open(&job->windows[0], batch, err) < 0 ||
	    window_open(&job->windows[1], batch, err) < 0)
		return job_fail(job, EX_TEMPFAIL);
	job->window = &job->windows[0];
	job->sent = &job->windows[1];
	if (job_carrier_open(job, err) < 0)
		return -1;
	order_names_set(&job->names, &job->settings.fields);
	pace_start(&job->pace, job->options.rate_millis);
	progress_start(&job->progress, job->options.quiet
					       ? PROGRESS_NEVER
					       : job->options.progress);
	return 0;
}

static int job_resume(struct job *job, struct err *err)
{
	job->order_state_file = (struct order_state_file){
		.path = job->options.state,
		.redis = job->settings.redis.url,
		.stream = job->settings.stream_key,
	};
	if (job->options.state != NULL &&
	    order_state_load(&job->order_state_file, &job->resumed, err) < 0)
		return job_fail(job, EX_DATAERR);
	job->saved = job->resumed;
	return 0;
}

/* Everything that can be wrong before Redis is asked. */
static int job_prepare(struct job *job, struct err *err)
{
	const struct order_options *options = &job->options;

	if (order_settings_load(options, &job->settings, err) < 0)
		return job_fail(job, err->class == ERR_REJECT
					     ? EX_USAGE
					     : err_exit_status(err));
	if (order_source_open(options, &job->settings, &job->source, err) < 0)
		return job_fail(job, options->mode == ORDER_FROM_ARGS
					     ? EX_USAGE
					     : err_exit_status(err));
	if (job_resume(job, err) < 0)
		return -1;
	if (stop_open() < 0) {
		(void)err_errno(err, ERR_RETRY, "signals");
		return job_fail(job, EX_TEMPFAIL);
	}
	return job_open(job, err);
}

int main(int argc, char **argv)
{
	static struct job job;
	struct err err;
	int ret;

	setup_standard_fds();
	ret = order_options_parse(argc, argv, &job.options, &err);
	if (ret < 0) {
		job_say(&job, "%s (--help tells more)", err.text);
		return EX_USAGE;
	}
	if (ret > 0)
		return 0;
	if (job_prepare(&job, &err) < 0)
		job_say(&job, "%s", err.text);
	else
		job.status = job_run(&job);
	publish_close(&job.publisher);
	outbox_close(&job.outbox);
	window_close(&job.windows[0]);
	window_close(&job.windows[1]);
	source_close(&job.source);
	return job.status;
}
