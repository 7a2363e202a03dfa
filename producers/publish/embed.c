/* libordermq-publish: what ordermq-publish.h promises, built from the window,
   the publisher and the outbox of ordermq-order. A program in another process
   image calls it; nothing here may end that program. */

#include "config.h"

#include "producers/publish/ordermq-publish.h"

#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/stream/order.h"
#include "producers/publish/embed_options.h"
#include "producers/publish/once.h"
#include "producers/publish/outbox.h"
#include "producers/publish/publish.h"
#include "producers/publish/window.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST_MSECS 20
#define BACKOFF_MAX_MSECS 2000
#define WINDOW_ORDERS 128

struct ordermq_publisher {
	struct embed_options options;
	struct publisher *publisher; /* NULL when there is an outbox */
	struct outbox *outbox;
	struct window window;
	struct err err; /* text "": none */

	/* While a batch is under way. The line of an order is its index
	   there. */
	const struct ordermq_order *orders;
	struct ordermq_result *results; /* may be NULL */
	bool all_there;
	struct text *pairs; /* of the order that is being taken */
	struct order_names names;
};

static void *embed_fail(struct ordermq_publisher *self, const struct err *err,
			char *reason, size_t reason_bytes)
{
	if (reason_bytes > 0)
		(void)snprintf(reason, reason_bytes, "%s", err->text);
	ordermq_publish_close(self);
	return NULL;
}

static int embed_carrier_open(struct ordermq_publisher *self, struct err *err)
{
	const struct publish_settings set = {
		.redis = &self->options.settings.redis,
		.stream = self->options.settings.stream_key,
		.once_msecs = self->options.once_msecs,
		.is_lazy = true,
		.wake_fd = -1,
	};

	return self->options.outbox[0] != '\0'
		       ? outbox_open(self->options.outbox, &self->outbox, err)
		       : publish_open(&set, &self->publisher, err);
}

static struct ordermq_publisher *embed_new(const char *const *options,
					   char *reason, size_t reason_bytes)
{
	struct ordermq_publisher *self = calloc(1, sizeof(*self));
	struct err err = { .text = "out of memory" };

	if (self == NULL)
		return embed_fail(self, &err, reason, reason_bytes);
	self->pairs =
		calloc((size_t)2 * ORDER_FIELDS_MAX, sizeof(*self->pairs));
	if (self->pairs == NULL ||
	    embed_options_parse(options, &self->options, &err) < 0 ||
	    window_open(&self->window, WINDOW_ORDERS, &err) < 0 ||
	    embed_carrier_open(self, &err) < 0)
		return embed_fail(self, &err, reason, reason_bytes);
	order_names_set(&self->names, &self->options.settings.fields);
	return self;
}

int ordermq_publish_open(const char *const *options,
			 struct ordermq_publisher **publisher_r, char *reason,
			 size_t reason_bytes)
{
	struct ordermq_publisher *self =
		embed_new(options, reason, reason_bytes);

	if (self == NULL)
		return -1;
	*publisher_r = self;
	return 0;
}

void ordermq_publish_close(struct ordermq_publisher *self)
{
	if (self == NULL)
		return;
	publish_close(&self->publisher);
	outbox_close(&self->outbox);
	window_close(&self->window);
	free(self->pairs);
	free(self);
}

static void result_put(struct ordermq_publisher *self, size_t i, int outcome,
		       const char *id, const char *reason)
{
	struct ordermq_result *result;

	if (outcome < ORDERMQ_PUBLISHED || outcome == ORDERMQ_OTHER)
		self->all_there = false;
	if (self->results == NULL)
		return;
	result = &self->results[i];
	result->outcome = outcome;
	(void)snprintf(result->id, sizeof(result->id), "%s", id);
	(void)snprintf(result->reason, sizeof(result->reason), "%.*s",
		       (int)sizeof(result->reason) - 1, reason);
}

static int order_outcome(const struct ordermq_publisher *self,
			 const struct window_order *order)
{
	static const int undone[] = {
		[WINDOW_WAITING] = ORDERMQ_NOT_SENT,
		[WINDOW_SENT] = ORDERMQ_IN_DOUBT,
		[WINDOW_REFUSED] = ORDERMQ_REFUSED,
	};
	static const int done[] = {
		[WINDOW_NEW] = ORDERMQ_PUBLISHED,
		[WINDOW_KNOWN] = ORDERMQ_KNOWN,
		[WINDOW_OTHER] = ORDERMQ_OTHER,
	};

	if (order->state != WINDOW_DONE)
		return undone[order->state];
	return self->outbox != NULL ? ORDERMQ_ACCEPTED : done[order->finding];
}

static void window_finish(struct ordermq_publisher *self)
{
	for (size_t i = 0; i < self->window.count; i++) {
		const struct window_order *order = &self->window.orders[i];

		result_put(self, (size_t)order->line,
			   order_outcome(self, order), order->id, "");
	}
	window_clear(&self->window);
}

static int embed_carry(struct ordermq_publisher *self)
{
	return self->outbox != NULL
		       ? outbox_flush(self->outbox, &self->window, &self->err)
		       : publish_flush(self->publisher, &self->window,
				       &self->err);
}

/* Publish the window, and try again until the timeout. Returns 0, or -1 and the
   reason is set. */
static int embed_flush(struct ordermq_publisher *self)
{
	struct backoff backoff = { BACKOFF_FIRST_MSECS, BACKOFF_MAX_MSECS, 0 };
	int64_t deadline = clock_msecs() + self->options.timeout_msecs;
	int got;

	while ((got = embed_carry(self)) == 1 && clock_until(deadline) > 0) {
		int64_t wait = clock_earlier(backoff_next(&backoff),
					     clock_until(deadline));

		(void)poll(NULL, 0, (int)wait);
	}
	window_finish(self);
	if (got == 0)
		self->err.text[0] = '\0';
	return got == 0 ? 0 : -1;
}

/* Take the fields as texts. Returns 0; or -1 with ERR_REJECT: there are too
   many, or one has no name or no value. */
static int embed_fields_take(struct ordermq_publisher *self,
			     const struct ordermq_order *order, struct err *err)
{
	if (order->field_count > ORDER_FIELDS_MAX)
		return err_set(err, ERR_REJECT, "%zu fields, more than %d",
			       order->field_count, ORDER_FIELDS_MAX);
	for (size_t i = 0; i < order->field_count; i++) {
		const struct ordermq_field *field = &order->fields[i];

		if (field->name == NULL ||
		    (field->value == NULL && field->length > 0))
			return err_set(err, ERR_REJECT,
				       "field %zu has no name or no value", i);
		self->pairs[2 * i] = text_of(field->name);
		self->pairs[2 * i + 1] =
			field->length == 0
				? text_of("")
				: (struct text){ field->value, field->length };
	}
	return 0;
}

/* Put the order into the window. Returns 0; or -1 with ERR_REJECT, or ERR_RETRY
   when out of memory. */
static int embed_order_take(struct ordermq_publisher *self,
			    const struct ordermq_order *order, size_t i,
			    struct err *err)
{
	const struct settings_fields *fields = &self->options.settings.fields;
	struct text_run run;
	struct text key = text_of("");
	char buf[ONCE_KEY_BYTES];
	struct order parsed;

	if (embed_fields_take(self, order, err) < 0)
		return -1;
	run = text_run_of(self->pairs, 2 * order->field_count);
	if (order_read(&self->names, &run, &parsed, err) < 0)
		return -1;
	if ((self->options.once_msecs > 0 || self->outbox != NULL) &&
	    once_key(fields, &parsed, buf, &key, err) < 0)
		return -1;
	return window_add(&self->window, self->pairs, order->field_count, key,
			  i, err);
}

/* Returns 0; or -1, and nothing more can be done. */
static int embed_order_publish(struct ordermq_publisher *self, size_t i)
{
	struct err err;

	if (embed_order_take(self, &self->orders[i], i, &err) < 0) {
		if (err.class == ERR_REJECT) {
			result_put(self, i, ORDERMQ_REJECTED, "", err.text);
			return 0;
		}
		self->err = err;
		return -1;
	}
	return window_is_full(&self->window) ? embed_flush(self) : 0;
}

int ordermq_publish_batch(struct ordermq_publisher *self,
			  const struct ordermq_order *orders, size_t count,
			  struct ordermq_result *results)
{
	size_t done = 0;

	self->orders = orders;
	self->results = results;
	self->all_there = true;
	self->err.text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		result_put(self, i, ORDERMQ_NOT_SENT, "", "");
	self->all_there = true;
	while (done < count && embed_order_publish(self, done) == 0)
		done++;
	if (done < count || embed_flush(self) < 0)
		self->all_there = false;
	window_finish(self);
	return self->all_there ? 0 : -1;
}

int ordermq_publish(struct ordermq_publisher *self,
		    const struct ordermq_field *fields, size_t field_count,
		    struct ordermq_result *result)
{
	const struct ordermq_order order = { fields, field_count };

	return ordermq_publish_batch(self, &order, 1, result);
}

const char *ordermq_publish_reason(const struct ordermq_publisher *self)
{
	return self->err.text;
}

const char *ordermq_publish_version(void)
{
	return PACKAGE_VERSION;
}
