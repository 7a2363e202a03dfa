/* The work of ordermq-order: take orders from the source, fill one window while
   the other is under way, and settle it. main() (ordermq_order.c) opened what
   it works with; publish.c or outbox.c carries a window on. */

#include "config.h"

#include "producers/order/order_job.h"

#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/stream/order.h"
#include "producers/common/stop.h"
#include "producers/order/job.h"
#include "producers/order/order_fail.h"
#include "producers/order/order_lag.h"
#include "producers/order/order_report.h"
#include "producers/publish/once.h"
#include "producers/publish/outbox.h"
#include "producers/publish/publish.h"
#include "producers/sources/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

/* At most once in that time the state is written. */
#define SAVE_MSECS 1000

/* Count the orders that are done, and note the line up to which all are. */
static void window_count(struct job *job)
{
	const struct window *window = job->sent;
	const char *last_id = NULL;
	bool sure = true;

	for (size_t i = 0; i < window->count; i++) {
		const struct window_order *order = &window->orders[i];

		if (order->state != WINDOW_DONE) {
			sure = false;
			continue;
		}
		if (sure)
			job->sure_line = order->line;
		last_id = order->id;
		job->published += order->finding == WINDOW_NEW;
		job->known += order->finding != WINDOW_NEW;
		if (order->finding == WINDOW_OTHER) {
			job->others++;
			job_report_other(job, order);
		}
	}
	if (last_id != NULL)
		(void)snprintf(job->last_id, sizeof(job->last_id), "%s",
			       last_id);
}

/* Save the state. A failure is no reason to stop: orders that the file does not
   know are published again, once. */
static void state_write(struct job *job)
{
	struct err err;

	if (job->order_state_file.path == NULL ||
	    job->done.orders <= job->saved.orders)
		return;
	if (order_state_save(&job->order_state_file, &job->done, &err) < 0)
		job_say(job, "%s", err.text);
	else
		job->saved = job->done;
	job->save_msecs = clock_msecs() + SAVE_MSECS;
}

static void window_done(struct job *job)
{
	window_count(job);
	window_clear(job->sent);
	job->done = job->behind;
	/* With nothing in the other window, every order of the source is
	   settled. */
	if (job->window->count == 0) {
		if (job->source->settled != NULL)
			job->source->settled(job->source,
					     job->rejected + job->others >
						     job->bad);
		job->bad = job->rejected + job->others;
	}
	if (clock_msecs() >= job->save_msecs)
		state_write(job);
	progress_show(&job->progress, job->published + job->known,
		      job->source->done, job->source->total);
}

static int job_carry(struct job *job, struct err *err)
{
	return job->outbox != NULL
		       ? outbox_flush(job->outbox, job->sent, err)
		       : publish_flush(job->publisher, job->sent, err);
}

/* The window under way was tried with the result got: try again as long as
   Redis cannot take it. Returns 0, or -1 with err and the status set. */
static int sent_settle(struct job *job, int got, struct err *err)
{
	struct backoff backoff = { JOB_BACKOFF_FIRST_MSECS,
				   JOB_BACKOFF_MAX_MSECS, 0 };
	int64_t deadline = -1;

	while (got == 1 && job_wait_again(job, &backoff, &deadline, err) == 0)
		got = job_carry(job, err);
	if (got == 0) {
		window_done(job);
		return 0;
	}
	window_count(job);
	if (got > 0)
		return -1;
	if (job->outbox != NULL)
		return job_fail(job, EX_TEMPFAIL);
	return job_fail_redis(job, err);
}

/* Wait until no window is under way. */
static int job_settle(struct job *job, struct err *err)
{
	int got = job->outbox != NULL ? 0 : publish_finish(job->publisher, err);

	return sent_settle(job, got, err);
}

/* Send the window that was filled as soon as the one before it is settled, so
   that the orders keep their sequence. */
static int window_go(struct job *job, struct err *err)
{
	struct window *filled = job->window;
	int got;

	if (job->outbox == NULL)
		publish_prepare(job->publisher, filled);
	if (job_settle(job, err) < 0 || job_wait_groups(job, err) < 0)
		return -1;
	job->window = job->sent;
	job->sent = filled;
	job->behind = job->given;
	got = job->outbox != NULL ? job_carry(job, err)
				  : publish_begin(job->publisher, filled, err);
	return got == 0 ? 0 : sent_settle(job, got, err);
}

/* Publish everything that was gathered. */
static int job_flush(struct job *job, struct err *err)
{
	return window_go(job, err) < 0 ? -1 : job_settle(job, err);
}

static int not_the_input(struct job *job, struct err *err)
{
	(void)err_set(err, ERR_REJECT,
		      "%s is not what state %s is of: its first %" PRIu64
		      " orders are others",
		      job->source->name, job->order_state_file.path,
		      job->resumed.orders);
	return job_fail(job, EX_DATAERR);
}

/* Does the state know this order as done? Returns 1 if so, 0 if not, or -1: the
   input is another one. */
static int is_resumed(struct job *job, const struct source_item *item,
		      struct err *err)
{
	if (job->order_state_file.path == NULL)
		return 0;
	order_state_add(&job->given, item->pairs, item->pair_count, item->line);
	if (job->given.orders > job->resumed.orders)
		return 0;
	if (job->given.orders == job->resumed.orders &&
	    (job->given.line != job->resumed.line ||
	     job->given.sum != job->resumed.sum))
		return not_the_input(job, err);
	return 1;
}

/* Is it an order, as the services see it? */
static int order_check(struct job *job, const struct source_item *item,
		       char *key_buf, struct text *key_r, struct err *err)
{
	const struct text_run run =
		text_run_of(item->pairs, 2 * item->pair_count);
	struct order order;

	*key_r = text_of("");
	if (order_read(&job->names, &run, &order, err) < 0)
		return -1;
	return job->options.once_msecs == 0 && job->outbox == NULL
		       ? 0
		       : once_key(&job->settings.fields, &order, key_buf, key_r,
				  err);
}

static int take_order(struct job *job, const struct source_item *item,
		      struct err *err)
{
	char buf[ONCE_KEY_BYTES];
	int resumed = is_resumed(job, item, err);
	struct text key;

	if (resumed < 0)
		return -1;
	if (order_check(job, item, buf, &key, err) < 0) {
		job_reject(job, item->line, err->text);
		return 0;
	}
	if (resumed)
		return 0;
	pace_took(&job->pace);
	if (window_add(job->window, item->pairs, item->pair_count, key,
		       item->line, err) < 0)
		return job_fail(job, EX_TEMPFAIL);
	return window_is_full(job->window) ? window_go(job, err) : 0;
}

/* The source failed, as err says. The orders that it gave before are
   published. */
static int give_up_source(struct job *job, struct err *err)
{
	const struct err cause = *err;

	if (job_flush(job, err) < 0) {
		job_say(job, "%s", cause.text);
		return -1;
	}
	*err = cause;
	return job_fail(job, err_exit_status(err));
}

/* Before a wait, publish the orders that were gathered. */
static int flush_and_wait(struct job *job, int fd, int64_t msecs,
			  struct err *err)
{
	if (job_flush(job, err) < 0)
		return -1;
	stop_wait(fd, msecs);
	return 0;
}

static int job_finish(struct job *job, struct err *err)
{
	if (job->given.orders < job->resumed.orders)
		return not_the_input(job, err);
	return job_flush(job, err);
}

/* The source is at the end of a part, such as a segment. */
static int finish_part(struct job *job, struct err *err)
{
	if (job_flush(job, err) < 0)
		return -1;
	job->sure_line = 0;
	return 1;
}

/* Take one item from the source. Returns 1, 0 at its end, or -1. */
static int job_step(struct job *job, struct err *err)
{
	int64_t wait_msecs = pace_wait(&job->pace);
	struct source_item item;

	if (wait_msecs > 0)
		return flush_and_wait(job, -1, wait_msecs, err) < 0 ? -1 : 1;
	switch (job->source->next(job->source, &item, err)) {
	case SOURCE_ORDER:
		return take_order(job, &item, err) < 0 ? -1 : 1;
	case SOURCE_REJECT:
		job_reject(job, item.line, item.reason);
		return 1;
	case SOURCE_LATER:
		return flush_and_wait(job, job->source->fd, -1, err) < 0 ? -1
									 : 1;
	case SOURCE_FLUSH:
		return finish_part(job, err);
	case SOURCE_END:
		return job_finish(job, err);
	case SOURCE_FAILED:
		break;
	}
	return give_up_source(job, err);
}

static int publish_until_end(struct job *job, struct err *err)
{
	int more = 1;

	while (more > 0 && stop_signal() == 0)
		more = job_step(job, err);
	if (more <= 0)
		return more;
	if (job_flush(job, err) < 0)
		return -1;
	return job_fail_signal(job, err);
}

int job_publish(struct job *job, struct err *err)
{
	int ret = publish_until_end(job, err);

	state_write(job);
	return ret;
}
