/* push: tells the customer's phone about each paid or refunded order. */

#include "config.h"

#include "consumers/notification.h"
#include "consumers/push_log.h"
#include "lib/base/append.h"
#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/consumer/consumer.h"
#include "lib/consumer/crash_point.h"
#include "lib/base/err.h"
#include "lib/stream/order.h"
#include "lib/settings/settings.h"

#include <stdlib.h>

/* The longest pause before the file is tried again. */
#define PUSH_PAUSE_MAX_MSECS 30000

struct push {
	struct consumer *consumer;
	const struct settings_push *set;
	struct notifier *notifier;
	struct push_log log;
	/* What is gathered for the log, and acknowledged once it is written. */
	struct delivery_queue gathered;
	struct backoff backoff; /* while the file cannot be written */
	int64_t retry_msecs;    /* the end of the pause; past: there is none */
	int64_t next_msecs;     /* when to try to write again; -1: nothing to */
};

static enum outcome sent_outcome(const struct delivery *delivery)
{
	return delivery->count > 1 ? OUTCOME_DUPLICATE : OUTCOME_APPLIED;
}

/* How long to wait for the file, or for memory. All entries that fail during
   one pause wait for its end: a pause grows with the time that the trouble
   lasts, and not with the number of entries. */
static int64_t trouble_wait(struct push *push)
{
	int64_t now = clock_msecs();

	if (now >= push->retry_msecs)
		push->retry_msecs = now + backoff_next(&push->backoff);
	return push->retry_msecs - now;
}

/* Write what is gathered. Another push instance may be writing: then the
   skeleton wakes us again soon. */
static void push_flush(struct push *push)
{
	struct delivery *delivery;
	struct err err;
	int64_t wait = 0;
	int written;

	crash_point("before-push-write");
	written = append_flush(&push->log.file, &err);
	if (written > 0)
		crash_point("after-push-write");
	push->next_msecs =
		written == 0 ? clock_msecs() + APPEND_BUSY_MSECS : -1;
	if (written == 0)
		return;
	if (written < 0) {
		append_clear(&push->log.file);
		wait = trouble_wait(push);
	} else {
		backoff_reset(&push->backoff);
		push->retry_msecs = 0;
	}
	while ((delivery = delivery_queue_take(&push->gathered)) != NULL) {
		if (written > 0)
			consumer_done(push->consumer, delivery,
				      sent_outcome(delivery));
		else
			consumer_postpone(push->consumer, delivery, wait,
					  err.text);
	}
}

static void push_send(struct push *push, struct delivery *delivery)
{
	struct notification notification;

	if (notifier_render(push->notifier, delivery, &notification) < 0 ||
	    push_log_put(&push->log, &notification) < 0)
		consumer_postpone(push->consumer, delivery, trouble_wait(push),
				  "out of memory");
	else
		STAILQ_INSERT_TAIL(&push->gathered, delivery, next);
}

/* Nobody wants to hear of an order of last week. The age is that of the entry's
   id. */
static bool is_too_old(const struct push *push, const struct delivery *delivery,
		       int64_t now)
{
	return push->set->max_age_msecs > 0 &&
	       now - delivery->id_msecs > push->set->max_age_msecs;
}

static void push_handle(void *state, struct delivery *const *deliveries,
			size_t count)
{
	struct push *push = state;
	int64_t now = clock_wall_msecs();

	for (size_t i = 0;
	     i < count && consumer_touch(push->consumer, deliveries[i]); i++) {
		struct delivery *delivery = deliveries[i];

		if (delivery->order.type == ORDER_OTHER)
			consumer_done(push->consumer, delivery, OUTCOME_OTHER);
		else if (is_too_old(push, delivery, now))
			consumer_done(push->consumer, delivery,
				      OUTCOME_EXPIRED);
		else
			push_send(push, delivery);
	}
	(void)consumer_touch(push->consumer, NULL);
	push_flush(push);
}

static size_t push_poll(void *state, struct pollfd *fds, size_t size,
			int64_t *deadline_msecs_r)
{
	const struct push *push = state;

	(void)fds;
	(void)size;
	*deadline_msecs_r = push->next_msecs;
	return 0;
}

static void push_wake(void *state, const struct pollfd *fds, size_t count)
{
	struct push *push = state;

	(void)fds;
	(void)count;
	if (push->next_msecs >= 0 && clock_msecs() >= push->next_msecs)
		push_flush(push);
}

static int push_open(const struct handler_setup *setup, void **state_r,
		     struct err *err)
{
	struct push *push = calloc(1, sizeof(*push));

	if (push == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	push->consumer = setup->consumer;
	push->set = &setup->group->push;
	push->next_msecs = -1;
	STAILQ_INIT(&push->gathered);
	push->backoff = (struct backoff){
		.first_msecs = setup->group->retry_base_msecs,
		.max_msecs = PUSH_PAUSE_MAX_MSECS,
	};
	push->notifier = notifier_open(push->set);
	*state_r = push;
	push_log_open(&push->log, push->set->file);
	if (push->notifier == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	return 0;
}

static void push_close(void **state)
{
	struct push *push = *state;

	*state = NULL;
	if (push == NULL)
		return;
	notifier_close(&push->notifier);
	push_log_close(&push->log);
	free(push);
}

static const struct handler push_handler = {
	.name = "push",
	.open = push_open,
	.handle = push_handle,
	.poll = push_poll,
	.wake = push_wake,
	.close = push_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &push_handler);
}
