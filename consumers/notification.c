#include "config.h"

#include "consumers/notification.h"

#include "consumers/template.h"
#include "lib/consumer/delivery.h"
#include "lib/settings/settings.h"

#include <stdlib.h>

struct notifier {
	const struct settings_push *set;
	struct template_buf buf; /* all texts of one notification */
};

/* Where a text ended up in the buffer, which may move while it grows. */
struct span {
	size_t start;
	size_t end;
};

struct notifier *notifier_open(const struct settings_push *set)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (notifier != NULL)
		notifier->set = set;
	return notifier;
}

void notifier_close(struct notifier **_notifier)
{
	struct notifier *notifier = *_notifier;

	*_notifier = NULL;
	if (notifier == NULL)
		return;
	free(notifier->buf.data);
	free(notifier);
}

static int put_span(struct template_buf *buf, struct text text,
		    struct span *span_r)
{
	span_r->start = buf->used;
	if (template_put(buf, text) < 0)
		return -1;
	span_r->end = buf->used;
	return 0;
}

static int render_span(struct template_buf *buf, const char *template,
		       const struct order *order, struct span *span_r)
{
	span_r->start = buf->used;
	if (template_render(template, order, buf) < 0)
		return -1;
	span_r->end = buf->used;
	return 0;
}

static struct text span_text(const struct template_buf *buf, struct span span)
{
	return (struct text){
		.data = buf->data + span.start,
		.length = span.end - span.start,
	};
}

int notifier_render(struct notifier *notifier, const struct delivery *delivery,
		    struct notification *notification_r)
{
	const struct settings_push *set = notifier->set;
	const struct order *order = &delivery->order;
	bool refunded = order->type == ORDER_REFUNDED;
	struct template_buf *buf = &notifier->buf;
	struct span key, id, account, title, body, trace;
	char key_text[ORDER_KEY_BYTES];

	buf->used = 0;
	if (put_span(buf, order_key(order, key_text), &key) < 0 ||
	    put_span(buf, delivery->origin, &id) < 0 ||
	    put_span(buf, order->userid, &account) < 0 ||
	    put_span(buf, order_field(order, text_of("traceparent")), &trace) <
		    0 ||
	    render_span(buf, refunded ? set->refunded_title : set->paid_title,
			order, &title) < 0 ||
	    render_span(buf, refunded ? set->refunded_body : set->paid_body,
			order, &body) < 0)
		return -1;
	*notification_r = (struct notification){
		.key = span_text(buf, key),
		.id = span_text(buf, id),
		.account = span_text(buf, account),
		.title = span_text(buf, title),
		.body = span_text(buf, body),
		.trace = span_text(buf, trace),
		.redelivered = delivery->count > 1 || delivery->replays,
	};
	return 0;
}
