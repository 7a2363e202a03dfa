/* xread: a plain XREAD reader without a consumer group. Every instance sees
   every entry: the duplicate delivery that groups are there to avoid. */

#include "config.h"

#include "lib/base/append.h"
#include "lib/base/clock.h"
#include "lib/consumer/consumer.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/settings/settings.h"

#include <stdlib.h>

struct xread {
	struct consumer *consumer;
	const char *instance;
	struct append file; /* what it saw: "id instance", a line an entry */
	bool writes;
	int64_t next_msecs; /* when to try to write again; -1: nothing to */
};

static void xread_flush(struct xread *xread)
{
	struct err err;
	int written = append_flush(&xread->file, &err);

	xread->next_msecs =
		written == 0 ? clock_msecs() + APPEND_BUSY_MSECS : -1;
	if (written >= 0)
		return;
	log_line(LOG_WARNING, "%s: what was seen is not written down",
		 err.text);
	append_clear(&xread->file);
}

static void xread_handle(void *state, struct delivery *const *deliveries,
			 size_t count)
{
	struct xread *xread = state;

	for (size_t i = 0;
	     i < count && consumer_touch(xread->consumer, deliveries[i]); i++) {
		const struct text line[] = { deliveries[i]->id, text_of(" "),
					     text_of(xread->instance),
					     text_of("\n") };

		for (size_t j = 0; xread->writes && j < 4; j++)
			(void)append_put(&xread->file, line[j]);
		consumer_done(xread->consumer, deliveries[i], OUTCOME_APPLIED);
	}
	(void)consumer_touch(xread->consumer, NULL);
	xread_flush(xread);
}

static size_t xread_poll(void *state, struct pollfd *fds, size_t size,
			 int64_t *deadline_msecs_r)
{
	const struct xread *xread = state;

	(void)fds;
	(void)size;
	*deadline_msecs_r = xread->next_msecs;
	return 0;
}

static void xread_wake(void *state, const struct pollfd *fds, size_t count)
{
	struct xread *xread = state;

	(void)fds;
	(void)count;
	if (xread->next_msecs >= 0 && clock_msecs() >= xread->next_msecs)
		xread_flush(xread);
}

static int xread_open(const struct handler_setup *setup, void **state_r,
		      struct err *err)
{
	struct xread *xread = calloc(1, sizeof(*xread));

	if (xread == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	xread->consumer = setup->consumer;
	xread->instance = setup->instance;
	xread->writes = setup->group->xread.file[0] != '\0';
	xread->next_msecs = -1;
	append_open(&xread->file, setup->group->xread.file);
	*state_r = xread;
	return 0;
}

static void xread_close(void **state)
{
	struct xread *xread = *state;

	*state = NULL;
	if (xread == NULL)
		return;
	xread_flush(xread);
	append_close(&xread->file);
	free(xread);
}

static const struct handler xread_handler = {
	.name = "xread",
	.groupless = true,
	.open = xread_open,
	.handle = xread_handle,
	.poll = xread_poll,
	.wake = xread_wake,
	.close = xread_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &xread_handler);
}
