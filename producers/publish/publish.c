/* Windows into the stream over one connection. order_job.c and embed.c call it;
   publish_reply.c reads what the answers say, once.c and lag.c ask their own
   questions. */

#include "config.h"

#include "producers/publish/publish.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "producers/publish/publish_state.h"
#include "producers/publish/window.h"

#include <poll.h>
#include <stdlib.h>

#define PUBLISH_KEEP_BYTES ((size_t)2 * 1024 * 1024)

static struct publisher *publisher_new(const struct publish_settings *set)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (publisher == NULL)
		return NULL;
	publisher->set = *set;
	once_begin(&publisher->once, set->stream, set->once_msecs);
	lag_begin(&publisher->lag, set->max_lag, set->ignore);
	publisher->replies = arena_open(PUBLISH_KEEP_BYTES);
	if (publisher->replies == NULL ||
	    command_open(&publisher->command, ONCE_WORDS_MAX) < 0)
		publish_close(&publisher);
	return publisher;
}

static int publisher_connect(struct publisher *publisher, struct err *err)
{
	if (redis_open(publisher->set.redis, publisher->set.wake_fd,
		       &publisher->redis, err) < 0)
		return -1;
	if (publisher_is_once(publisher) &&
	    once_load(&publisher->once, publisher->redis, err) < 0) {
		redis_close(&publisher->redis);
		return -1;
	}
	return 0;
}

/* Commands that were prepared are lost with the connection. */
static void publisher_disconnect(struct publisher *publisher)
{
	redis_close(&publisher->redis);
	publisher->prepared = NULL;
}

int publish_open(const struct publish_settings *set,
		 struct publisher **publisher_r, struct err *err)
{
	struct publisher *publisher = publisher_new(set);

	if (publisher == NULL)
		return err_set(err, ERR_RETRY, "publish: out of memory");
	if (!set->is_lazy && !publisher_is_once(publisher) &&
	    publisher_connect(publisher, err) < 0) {
		publish_close(&publisher);
		return -1;
	}
	*publisher_r = publisher;
	return 0;
}

void publish_close(struct publisher **_publisher)
{
	struct publisher *publisher = *_publisher;

	*_publisher = NULL;
	if (publisher == NULL)
		return;
	redis_close(&publisher->redis);
	arena_close(&publisher->replies);
	command_close(&publisher->command);
	free(publisher);
}

static int word_append(struct publisher *publisher, const char *word,
		       struct err *err)
{
	struct text text = text_of(word);

	return redis_append(publisher->redis, &text, 1, err);
}

static int order_append(struct publisher *publisher,
			const struct window_order *order, struct err *err)
{
	struct command *command = &publisher->command;

	if (publisher_is_once(publisher)) {
		once_command(&publisher->once, order, command);
	} else {
		command_begin(command, "XADD");
		command_word(command, publisher->set.stream);
		command_word(command, "*");
		for (size_t i = 0; i < 2 * order->pair_count; i++)
			command_text(command, order->pairs[i]);
	}
	return redis_append(publisher->redis, command->words, command->count,
			    err);
}

/* Queue the orders that are not published yet. */
static int window_append(struct publisher *publisher,
			 const struct window *window, struct err *err)
{
	const bool is_atomic = publisher->set.atomic;

	if (is_atomic && word_append(publisher, "MULTI", err) < 0)
		return -1;
	for (size_t i = 0; i < window->count; i++) {
		if (window->orders[i].state != WINDOW_DONE &&
		    order_append(publisher, &window->orders[i], err) < 0)
			return -1;
	}
	return is_atomic ? word_append(publisher, "EXEC", err) : 0;
}

/* From here on the orders that are not published yet are in doubt. */
static void window_mark(struct publisher *publisher, struct window *window)
{
	publisher->window = window;
	publisher->sent_count = 0;
	publisher->next_order = 0;
	publisher->failed = false;
	for (size_t i = 0; i < window->count; i++) {
		struct window_order *order = &window->orders[i];

		if (order->state == WINDOW_DONE)
			continue;
		order->state = WINDOW_SENT;
		publisher->sent_count++;
	}
	/* MULTI and EXEC have answers too. */
	publisher->replies_awaited =
		publisher->sent_count + (publisher->set.atomic ? 2 : 0);
}

static size_t awaited(const struct publisher *publisher)
{
	return publisher->replies_awaited + publisher->lag_awaited;
}

/* Take the next reply: first those to the window, then those to the questions
   about the lag. */
static int publisher_reply_take(struct publisher *publisher,
				const struct reply *reply, struct err *err)
{
	if (publisher->replies_awaited > 0) {
		if (publisher_settle(publisher, reply, err) < 0)
			return -1;
		publisher->replies_awaited--;
		return 0;
	}
	(void)lag_take(&publisher->lag, LAG_REPLIES - publisher->lag_awaited,
		       reply, &publisher->lag_err);
	publisher->lag_awaited--;
	return 0;
}

/* Take every reply that is there. Returns their number, or -1. */
static int publisher_replies_take(struct publisher *publisher, struct err *err)
{
	const struct reply *reply;
	int taken = 0;
	int got = 0;

	while (awaited(publisher) > 0) {
		got = redis_next(publisher->redis, publisher->replies, &reply,
				 err);
		if (got <= 0)
			break;
		if (publisher_reply_take(publisher, reply, err) < 0)
			return -1;
		arena_reset(publisher->replies);
		taken++;
	}
	return got < 0 ? -1 : taken;
}

static int replies_wait(const struct publisher *publisher,
			int64_t deadline_msecs, struct err *err)
{
	struct pollfd fd = {
		.fd = redis_fd(publisher->redis),
		.events = redis_events(publisher->redis),
	};

	if (poll(&fd, 1, clock_until(deadline_msecs)) == 0)
		return err_set(err, ERR_RETRY, "redis: no answer in time");
	return 0;
}

/* Send what is queued and take all replies. Only silence ends it early. */
static int replies_await(struct publisher *publisher, struct err *err)
{
	const int64_t silence_msecs = publisher->set.redis->reply_timeout_msecs;
	int64_t deadline = clock_msecs() + silence_msecs;
	struct err late;

	while (awaited(publisher) > 0) {
		int pumped = redis_pump(publisher->redis, err);
		/* Replies before the end of the connection still count. */
		int taken = publisher_replies_take(publisher,
						   pumped < 0 ? &late : err);

		if (pumped < 0 || taken < 0)
			return -1;
		if (taken > 0)
			deadline = clock_msecs() + silence_msecs;
		if (awaited(publisher) > 0 &&
		    replies_wait(publisher, deadline, err) < 0)
			return -1;
	}
	return 0;
}

/* Every reply is there, and one of them is an error. */
static int window_failed(struct publisher *publisher, struct err *err)
{
	bool is_refused = publisher->failed_class == REDIS_REFUSED;

	if (publisher->failed_class != REDIS_WAIT)
		publisher_disconnect(publisher);
	(void)err_set(err, is_refused ? ERR_FATAL : ERR_RETRY,
		      "stream %s: %s: %s", publisher->set.stream,
		      publisher_is_once(publisher) ? "once" : "XADD",
		      publisher->failed_text);
	return is_refused ? -1 : 1;
}

/* The connection broke in the middle of a window. */
static int window_broken(struct publisher *publisher)
{
	publisher_disconnect(publisher);
	publisher->window = NULL;
	return publisher_is_once(publisher) ? 1 : -1;
}

/* Queue the window, unless that was done already. */
static int window_queue(struct publisher *publisher,
			const struct window *window, struct err *err)
{
	const bool is_prepared = publisher->prepared == window;

	publisher->prepared = NULL;
	if (is_prepared) {
		redis_release(publisher->redis);
		return 0;
	}
	redis_drop(publisher->redis);
	return window_append(publisher, window, err);
}

void publish_prepare(struct publisher *publisher, struct window *window)
{
	struct err err;

	if (window->count == 0 || publisher->window == NULL ||
	    publisher->redis == NULL)
		return;
	redis_hold(publisher->redis);
	/* A failure breaks the connection, which the window under way will
	   report. */
	if (window_append(publisher, window, &err) == 0)
		publisher->prepared = window;
}

/* Ask for the lag when the next window needs to know it. */
static int lag_follow(struct publisher *publisher, const struct window *window,
		      struct err *err)
{
	struct lag *lag = &publisher->lag;

	publisher->lag_awaited = 0;
	lag_add(lag, publisher->sent_count);
	if (!lag_is_due(lag, window->size))
		return 0;
	publisher->lag_awaited = LAG_REPLIES;
	return lag_append(lag, publisher->redis, publisher->set.stream, err);
}

int publish_begin(struct publisher *publisher, struct window *window,
		  struct err *err)
{
	if (window->count == 0)
		return 0;
	/* Without a connection no order is in doubt that may not be sent again:
	   the connection was closed with every reply taken. */
	if (publisher->redis == NULL && publisher_connect(publisher, err) < 0)
		return err->class == ERR_FATAL ? -1 : 1;
	if (window_queue(publisher, window, err) < 0)
		return window_broken(publisher);
	window_mark(publisher, window);
	if (lag_follow(publisher, window, err) < 0 ||
	    redis_flush(publisher->redis, err) < 0)
		return window_broken(publisher);
	return 0;
}

int publish_finish(struct publisher *publisher, struct err *err)
{
	if (publisher->window == NULL)
		return 0;
	if (replies_await(publisher, err) < 0)
		return window_broken(publisher);
	publisher->window = NULL;
	return publisher->failed ? window_failed(publisher, err) : 0;
}

int publish_flush(struct publisher *publisher, struct window *window,
		  struct err *err)
{
	int got = publish_begin(publisher, window, err);

	return got == 0 ? publish_finish(publisher, err) : got;
}

const struct lag *publish_lag(const struct publisher *publisher)
{
	return &publisher->lag;
}

static int lag_ask(struct publisher *publisher, struct err *err)
{
	publisher->prepared = NULL;
	redis_drop(publisher->redis);
	publisher->replies_awaited = 0;
	publisher->lag_awaited = LAG_REPLIES;
	if (lag_append(&publisher->lag, publisher->redis, publisher->set.stream,
		       err) < 0 ||
	    replies_await(publisher, err) < 0) {
		publisher_disconnect(publisher);
		return -1;
	}
	if (publisher->lag.is_known)
		return 0;
	*err = publisher->lag_err;
	return err_wrap(err, "stream %s", publisher->set.stream);
}

int publish_look(struct publisher *publisher, struct err *err)
{
	if ((publisher->redis != NULL ||
	     publisher_connect(publisher, err) == 0) &&
	    lag_ask(publisher, err) == 0)
		return 0;
	return err->class == ERR_FATAL ? -1 : 1;
}
