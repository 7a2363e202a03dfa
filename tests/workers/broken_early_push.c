/* A push that acknowledges first and writes a moment later. Whoever dies in
   between has told nobody. */

#include "config.h"

#include "consumers/notification.h"
#include "consumers/push_log.h"
#include "lib/base/append.h"
#include "lib/base/clock.h"
#include "lib/consumer/consumer.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"

#include <stdlib.h>

#define EARLY_MSECS 20

struct early {
	struct consumer *consumer;
	struct notifier *notifier;
	struct push_log log;
	int64_t next_msecs; /* when to write; -1: nothing to */
};

static void early_handle(void *state, struct delivery *const *deliveries,
			 size_t count)
{
	struct early *early = state;
	struct notification notification;

	for (size_t i = 0; i < count; i++) {
		if (notifier_render(early->notifier, deliveries[i],
				    &notification) < 0 ||
		    push_log_put(&early->log, &notification) < 0)
			abort();
		consumer_done(early->consumer, deliveries[i], OUTCOME_APPLIED);
	}
	early->next_msecs = clock_msecs() + EARLY_MSECS;
}

static size_t early_poll(void *state, struct pollfd *fds, size_t size,
			 int64_t *deadline_msecs_r)
{
	const struct early *early = state;

	(void)fds;
	(void)size;
	*deadline_msecs_r = early->next_msecs;
	return 0;
}

static void early_wake(void *state, const struct pollfd *fds, size_t count)
{
	struct early *early = state;
	struct err err;

	(void)fds;
	(void)count;
	if (early->next_msecs < 0 || clock_msecs() < early->next_msecs)
		return;
	early->next_msecs = append_flush(&early->log.file, &err) > 0
				    ? -1
				    : clock_msecs() + EARLY_MSECS;
}

static int early_open(const struct handler_setup *setup, void **state_r,
		      struct err *err)
{
	struct early *early = calloc(1, sizeof(*early));

	if (early == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	early->consumer = setup->consumer;
	early->next_msecs = -1;
	early->notifier = notifier_open(&setup->group->push);
	push_log_open(&early->log, setup->group->push.file);
	*state_r = early;
	return 0;
}

/* All that is gathered is written at a stop in order. */
static void early_close(void **state)
{
	struct early *early = *state;
	struct err err;

	while (append_flush(&early->log.file, &err) == 0)
		continue;
	notifier_close(&early->notifier);
	push_log_close(&early->log);
	free(early);
	*state = NULL;
}

static const struct handler early_handler = {
	.name = "push",
	.open = early_open,
	.handle = early_handle,
	.poll = early_poll,
	.wake = early_wake,
	.close = early_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &early_handler);
}
