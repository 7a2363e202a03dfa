/* What ordermq-order writes to stderr: rejected records, failures and the
   summary. order_job.c and main() call it. */

#include "config.h"

#include "producers/order/order_report.h"

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "producers/order/job.h"
#include "producers/sources/source.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* At most that much of a reason is shown. */
#define REASON_BYTES 1024

void job_say(struct job *job, const char *fmt, ...)
{
	va_list args;

	progress_clear(&job->progress);
	(void)fputs("ordermq-order: ", stderr);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

void job_reject(struct job *job, uint64_t line, const char *reason)
{
	char shown[REASON_BYTES];

	progress_clear(&job->progress);
	job->rejected++;
	(void)fprintf(stderr, "%s:%" PRIu64 ": %s\n", job->source->name, line,
		      text_show(text_of(reason), shown, sizeof(shown)));
}

void job_report_other(struct job *job, const struct window_order *order)
{
	char shown[REASON_BYTES];

	progress_clear(&job->progress);
	(void)fprintf(stderr,
		      "%s:%" PRIu64 ": %s is entry %s already, with other "
		      "fields, which stay\n",
		      job->source->name, order->line,
		      text_show(order->key, shown, sizeof(shown)), order->id);
}

static const char *state_words(const struct job *job, enum window_state state)
{
	static const char *const published[] = {
		[WINDOW_WAITING] = "not sent",
		[WINDOW_SENT] = "in doubt: sent, but not answered",
		[WINDOW_REFUSED] = "not published",
		[WINDOW_DONE] = "published",
	};
	static const char *const accepted[] = {
		[WINDOW_WAITING] = "not accepted",
		[WINDOW_SENT] = "in doubt: not accepted, but may be there",
		[WINDOW_REFUSED] = "not accepted",
		[WINDOW_DONE] = "accepted",
	};

	return job->outbox == NULL ? published[state] : accepted[state];
}

static const char *done_word(const struct job *job)
{
	return job->outbox == NULL ? "published" : "accepted";
}

static void report_run(const struct job *job, const struct window_run *run)
{
	(void)fprintf(stderr, "%s:%" PRIu64, job->source->name,
		      run->first_line);
	if (run->count > 1)
		(void)fprintf(stderr, "-%" PRIu64, run->last_line);
	(void)fprintf(stderr, ": %zu %s %s\n", run->count,
		      run->count == 1 ? "order" : "orders",
		      state_words(job, run->state));
}

/* Find the run that begins with order number *i of both windows, counted from
   0: first those of the window that was under way, then those of the other. */
static bool job_run_next(const struct job *job, size_t *i,
			 struct window_run *run_r)
{
	const size_t sent = job->sent->count;
	size_t at = *i < sent ? 0 : *i - sent;
	struct window_run run;

	if (*i >= sent || !window_run(job->sent, i, run_r)) {
		if (!window_run(job->window, &at, run_r))
			return false;
		*i = sent + at;
		return true;
	}
	if (*i == sent && window_run(job->window, &at, &run) &&
	    run.state == run_r->state) {
		run_r->last_line = run.last_line;
		run_r->count += run.count;
		*i += at;
	}
	return true;
}

void job_report_failure(struct job *job, const struct err *err)
{
	struct window_run run;
	size_t i = 0;

	job_say(job, "%s", err->text);
	if (job->sure_line > 0)
		(void)fprintf(stderr, "%s:%" PRIu64 ": %s up to here\n",
			      job->source->name, job->sure_line,
			      done_word(job));
	while (job_run_next(job, &i, &run))
		report_run(job, &run);
}

static size_t in_doubt(const struct job *job)
{
	struct window_run run;
	size_t count = 0;
	size_t i = 0;

	while (window_run(job->sent, &i, &run))
		count += run.state == WINDOW_SENT ? run.count : 0;
	return count;
}

/* ", WORD COUNT" behind text, when there are any. */
static void count_put(char *text, size_t bytes, const char *word,
		      uint64_t count)
{
	size_t used = strlen(text);

	if (count > 0)
		(void)snprintf(text + used, bytes - used, ", %s %" PRIu64, word,
			       count);
}

void job_summarize(struct job *job)
{
	double secs = (double)progress_msecs(&job->progress) / 1000;
	uint64_t skipped = job->given.orders < job->resumed.orders
				   ? job->given.orders
				   : job->resumed.orders;
	char more[160] = "";

	count_put(more, sizeof(more), "known", job->known);
	count_put(more, sizeof(more), "with other fields", job->others);
	count_put(more, sizeof(more), "skipped", skipped);
	count_put(more, sizeof(more), "in doubt", in_doubt(job));
	job_say(job,
		"%s %" PRIu64 ", rejected %" PRIu64 "%s in %.3f s (%.0f/s)",
		done_word(job), job->published, job->rejected, more, secs,
		(double)(job->published + job->known) /
			(secs > 0.001 ? secs : 0.001));
}
