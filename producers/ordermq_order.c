/* ordermq-order: publish orders from arguments, files or a generator. */

#include "config.h"

#include "lib/backoff.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/order.h"
#include "lib/settings.h"
#include "lib/text.h"
#include "producers/order_options.h"
#include "producers/order_setup.h"
#include "producers/pace.h"
#include "producers/progress.h"
#include "producers/publish.h"
#include "producers/source.h"
#include "producers/stop.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define BACKOFF_FIRST_MSECS 50
#define BACKOFF_MAX_MSECS 2000

/* What a shell makes of a death by signal. */
#define SIGNAL_EXIT_BASE 128

/* How much of a reason is shown. */
#define REASON_BYTES 1024

struct job {
	struct order_options options;
	struct settings settings;
	struct source *source;
	struct publisher *publisher;
	struct pace pace;
	struct progress progress;
	uint64_t rejected;
	int status; /* to exit with, when something failed */
};

__attribute__((format(printf, 2, 3))) static void say(struct job *job,
						      const char *fmt, ...)
{
	va_list args;

	progress_clear(&job->progress);
	(void)fputs("ordermq-order: ", stderr);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

/* One order that nobody could use: say where it is, and go on. */
static void reject(struct job *job, uint64_t line, const char *reason)
{
	char shown[REASON_BYTES];

	progress_clear(&job->progress);
	job->rejected++;
	(void)fprintf(stderr, "%s:%" PRIu64 ": %s\n", job->source->name, line,
		      text_show(text_of(reason), shown, sizeof(shown)));
}

static int fail(struct job *job, int status)
{
	job->status = status;
	return -1;
}

/* Publish what was gathered, trying again as long as Redis cannot take it.
   Returns 0, or -1 with err and the status set. */
static int flush(struct job *job, struct err *err)
{
	struct backoff backoff = { BACKOFF_FIRST_MSECS, BACKOFF_MAX_MSECS, 0 };
	int64_t deadline = -1;
	int got;

	while ((got = publish_flush(job->publisher, err)) == 1) {
		if (stop_signal() != 0)
			return fail(job, SIGNAL_EXIT_BASE + stop_signal());
		if (job->options.timeout_msecs == 0 ||
		    clock_until(deadline) == 0)
			return fail(job, EX_TEMPFAIL);
		if (deadline < 0) {
			deadline = clock_msecs() + job->options.timeout_msecs;
			say(job, "%s; trying again", err->text);
		}
		stop_wait(-1, clock_earlier(backoff_next(&backoff),
					    clock_until(deadline)));
	}
	if (got < 0)
		return fail(job, err->class == ERR_FATAL ? EX_CONFIG
							 : EX_UNAVAILABLE);
	progress_show(&job->progress, publish_count(job->publisher),
		      job->source->done, job->source->total);
	return 0;
}

static int take_order(struct job *job, const struct source_item *item,
		      struct err *err)
{
	struct order order;

	if (order_parse(&job->settings.fields, item->pairs, item->pair_count,
			&order, err) < 0) {
		reject(job, item->line, err->text);
		return 0;
	}
	pace_took(&job->pace);
	if (publish_add(job->publisher, item->pairs, item->pair_count,
			item->line, err) < 0)
		return fail(job, EX_TEMPFAIL);
	return publish_is_full(job->publisher) ? flush(job, err) : 0;
}

/* The source broke, and err says how. What it gave before is published. */
static int give_up_source(struct job *job, struct err *err)
{
	const struct err cause = *err;

	if (flush(job, err) < 0) {
		say(job, "%s", cause.text);
		return -1;
	}
	*err = cause;
	return fail(job, err_exit_status(err));
}

/* Publish what is there rather than let it wait, and then wait. */
static int flush_and_wait(struct job *job, int fd, int64_t msecs,
			  struct err *err)
{
	if (flush(job, err) < 0)
		return -1;
	stop_wait(fd, msecs);
	return 0;
}

/* Take one item from the source. Returns 1, 0 at its end, or -1. */
static int step(struct job *job, struct err *err)
{
	int64_t wait_msecs = pace_wait(&job->pace);
	struct source_item item;

	if (wait_msecs > 0)
		return flush_and_wait(job, -1, wait_msecs, err) < 0 ? -1 : 1;
	switch (job->source->next(job->source, &item, err)) {
	case SOURCE_ORDER:
		return take_order(job, &item, err) < 0 ? -1 : 1;
	case SOURCE_REJECT:
		reject(job, item.line, item.reason);
		return 1;
	case SOURCE_LATER:
		return flush_and_wait(job, job->source->fd, -1, err) < 0 ? -1
									 : 1;
	case SOURCE_END:
		return flush(job, err);
	case SOURCE_FAILED:
		break;
	}
	return give_up_source(job, err);
}

/* Publish everything. Returns 0, or -1 with err and the status set. */
static int publish_all(struct job *job, struct err *err)
{
	int more = 1;

	while (more > 0 && stop_signal() == 0)
		more = step(job, err);
	if (more <= 0)
		return more;
	if (flush(job, err) < 0)
		return -1;
	(void)err_set(err, ERR_RETRY, "stopped by a signal: %s",
		      strsignal(stop_signal()));
	return fail(job, SIGNAL_EXIT_BASE + stop_signal());
}

static void report_run(const struct job *job, const struct publish_run *run)
{
	static const char *const words[] = {
		[PUBLISH_WAITING] = "not sent",
		[PUBLISH_SENT] = "in doubt: sent, but not answered",
		[PUBLISH_REFUSED] = "not published",
		[PUBLISH_DONE] = "published",
	};

	(void)fprintf(stderr, "%s:%" PRIu64, job->source->name,
		      run->first_line);
	if (run->count > 1)
		(void)fprintf(stderr, "-%" PRIu64, run->last_line);
	(void)fprintf(stderr, ": %zu %s %s\n", run->count,
		      run->count == 1 ? "order" : "orders", words[run->state]);
}

/* How the orders of the window fared that could not be finished. Returns how
   many are in doubt. */
static size_t report_window(const struct job *job)
{
	struct publish_run run;
	size_t doubtful = 0;
	size_t i = 0;

	while (publish_run(job->publisher, &i, &run)) {
		report_run(job, &run);
		if (run.state == PUBLISH_SENT)
			doubtful += run.count;
	}
	return doubtful;
}

/* Where it ended before its end, so that nobody has to guess what to publish
   again. Returns how many orders are in doubt. */
static size_t report_failure(struct job *job, const struct err *err)
{
	uint64_t line = publish_sure_line(job->publisher);

	say(job, "%s", err->text);
	if (line > 0)
		(void)fprintf(stderr, "%s:%" PRIu64 ": published up to here\n",
			      job->source->name, line);
	return report_window(job);
}

static void summarize(struct job *job, size_t doubtful)
{
	uint64_t count = publish_count(job->publisher);
	double secs = (double)progress_msecs(&job->progress) / 1000;
	char doubt[48] = "";

	if (doubtful > 0)
		(void)snprintf(doubt, sizeof(doubt), ", in doubt %zu",
			       doubtful);
	say(job,
	    "published %" PRIu64 ", rejected %" PRIu64 "%s in %.3f s (%.0f/s)",
	    count, job->rejected, doubt, secs,
	    (double)count / (secs > 0.001 ? secs : 0.001));
}

static int job_run(struct job *job)
{
	bool has_one = job->options.mode == ORDER_FROM_ARGS;
	size_t doubtful = 0;
	struct err err;

	if (publish_all(job, &err) < 0)
		doubtful = report_failure(job, &err);
	else if (job->rejected > 0)
		job->status = EX_DATAERR;
	if (has_one && publish_count(job->publisher) == 1 &&
	    (puts(publish_last_id(job->publisher)) < 0 || fflush(stdout) != 0))
		say(job, "published as %s, which stdout did not take",
		    publish_last_id(job->publisher));
	if (!job->options.quiet || job->status != 0)
		summarize(job, doubtful);
	return job->status;
}

static int redis_status(const struct err *err)
{
	if (stop_signal() != 0)
		return SIGNAL_EXIT_BASE + stop_signal();
	return err->class == ERR_FATAL ? EX_CONFIG : EX_UNAVAILABLE;
}

static int job_open(struct job *job, struct err *err)
{
	const struct publish_settings set = {
		.redis = &job->settings.redis,
		.stream = job->settings.stream_key,
		.batch_count = (size_t)job->options.batch,
		.atomic = job->options.atomic,
		.wake_fd = stop_fd(),
	};

	if (publish_open(&set, &job->publisher, err) < 0)
		return fail(job, redis_status(err));
	pace_start(&job->pace, job->options.rate_millis);
	progress_start(&job->progress, job->options.quiet
					       ? PROGRESS_NEVER
					       : job->options.progress);
	return 0;
}

/* Everything that can be wrong before Redis is asked. */
static int job_prepare(struct job *job, struct err *err)
{
	const struct order_options *options = &job->options;

	if (order_settings_load(options, &job->settings, err) < 0)
		return fail(job, err->class == ERR_REJECT
					 ? EX_USAGE
					 : err_exit_status(err));
	if (order_source_open(options, &job->settings, &job->source, err) < 0)
		return fail(job, options->mode == ORDER_FROM_ARGS
					 ? EX_USAGE
					 : err_exit_status(err));
	if (stop_open() < 0) {
		(void)err_errno(err, ERR_RETRY, "signals");
		return fail(job, EX_TEMPFAIL);
	}
	return job_open(job, err);
}

int main(int argc, char **argv)
{
	static struct job job;
	struct err err;

	if (order_options_parse(argc, argv, &job.options, &err) < 0) {
		say(&job, "%s (--help tells more)", err.text);
		return EX_USAGE;
	}
	if (job.options.done)
		return 0;
	if (job_prepare(&job, &err) < 0)
		say(&job, "%s", err.text);
	else
		job.status = job_run(&job);
	publish_close(&job.publisher);
	source_close(&job.source);
	return job.status;
}
