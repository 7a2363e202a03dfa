/* What the replies say about the orders of a window. publish.c hands each reply
   over in turn. */

#include "config.h"

#include "lib/base/err.h"
#include "lib/redis/reply.h"
#include "producers/publish/once.h"
#include "producers/publish/publish_state.h"
#include "producers/publish/window.h"

/* Remember an error reply: the first one, or a later one that is a refusal. */
static void error_note(struct publisher *publisher, struct text text)
{
	enum redis_class class = redis_error_class(text);

	if (publisher->failed && (publisher->failed_class == REDIS_REFUSED ||
				  class != REDIS_REFUSED))
		return;
	publisher->failed = true;
	publisher->failed_class = class;
	(void)text_show(text, publisher->failed_text,
			sizeof(publisher->failed_text));
}

/* Note what the reply to the command of one order says. */
static int order_settle(struct publisher *publisher, struct window_order *order,
			const struct reply *reply, struct err *err)
{
	if (reply_is_error(reply)) {
		error_note(publisher, reply_text(reply));
		order->state = WINDOW_REFUSED;
		return 0;
	}
	if (publisher_is_once(publisher)) {
		if (once_answer(reply, order, err) < 0)
			return -1;
	} else if (reply->type == REPLY_STRING) {
		(void)text_show(reply_text(reply), order->id,
				sizeof(order->id));
	} else {
		return err_set(err, ERR_RETRY,
			       "XADD: an answer that is no entry id");
	}
	order->state = WINDOW_DONE;
	return 0;
}

/* Take the reply to EXEC: an answer for each order sent, or one error for
   all. */
static int exec_settle(struct publisher *publisher, const struct reply *reply,
		       struct err *err)
{
	const bool is_error = reply_is_error(reply);
	size_t answer = 0;

	if (!is_error && reply_count(reply) != publisher->sent_count)
		return err_set(err, ERR_RETRY, "EXEC: not an answer for each");
	for (size_t i = 0; i < publisher->window->count; i++) {
		struct window_order *order = &publisher->window->orders[i];
		const struct reply *one =
			is_error ? reply : reply_at(reply, answer);

		if (order->state != WINDOW_SENT)
			continue;
		answer++;
		if (order_settle(publisher, order, one, err) < 0)
			return -1;
	}
	return 0;
}

/* Of the replies to MULTI ... EXEC only the last one decides; an error before
   it tells why. */
static int atomic_settle(struct publisher *publisher, const struct reply *reply,
			 struct err *err)
{
	if (publisher->replies_awaited == 1)
		return exec_settle(publisher, reply, err);
	if (reply_is_error(reply))
		error_note(publisher, reply_text(reply));
	return 0;
}

int publisher_settle(struct publisher *publisher, const struct reply *reply,
		     struct err *err)
{
	struct window_order *orders = publisher->window->orders;

	if (publisher->set.atomic)
		return atomic_settle(publisher, reply, err);
	while (orders[publisher->next_order].state != WINDOW_SENT)
		publisher->next_order++;
	return order_settle(publisher, &orders[publisher->next_order], reply,
			    err);
}
