#include "config.h"

#include "producers/publish.h"

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/redis.h"
#include "lib/redis_error.h"
#include "lib/settings.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISH_WINDOW_BYTES ((size_t)1024 * 1024)
#define PUBLISH_KEEP_BYTES (2 * PUBLISH_WINDOW_BYTES)

/* "XADD", the key, "*". */
#define PUBLISH_WORDS 3

struct publish_entry {
	enum publish_state state;
	uint64_t line;
	const struct text *args; /* the whole command, in the arena */
	size_t arg_count;
};

struct publisher {
	struct publish_settings set;
	struct redis *redis;   /* NULL: to be opened again */
	struct arena *orders;  /* of the window */
	struct arena *replies; /* of the reply at hand */
	struct publish_entry *entries;
	size_t entry_count;

	/* While a window is under way. */
	size_t sent_count;
	size_t replies_awaited;
	size_t next_entry; /* that a reply belongs to */
	/* Its worst error reply, the first of that kind. */
	bool failed;
	enum redis_class failed_class;
	char failed_text[256];

	uint64_t count;
	uint64_t sure_line;
	char last_id[48];
};

static struct publisher *publisher_new(const struct publish_settings *set)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (publisher == NULL)
		return NULL;
	publisher->set = *set;
	publisher->orders = arena_open(PUBLISH_KEEP_BYTES);
	publisher->replies = arena_open(PUBLISH_KEEP_BYTES);
	publisher->entries =
		calloc(set->batch_count, sizeof(*publisher->entries));
	if (publisher->orders == NULL || publisher->replies == NULL ||
	    publisher->entries == NULL)
		publish_close(&publisher);
	return publisher;
}

int publish_open(const struct publish_settings *set,
		 struct publisher **publisher_r, struct err *err)
{
	struct publisher *publisher = publisher_new(set);

	if (publisher == NULL)
		return err_set(err, ERR_RETRY, "publish: out of memory");
	if (redis_open(set->redis, set->wake_fd, &publisher->redis, err) < 0) {
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
	arena_close(&publisher->orders);
	arena_close(&publisher->replies);
	free(publisher->entries);
	free(publisher);
}

/* Copy the pairs, their bytes behind one another, to args. */
static int pairs_copy(struct publisher *publisher, const struct text *pairs,
		      size_t pair_count, struct text *args)
{
	size_t bytes = 0;
	char *copy;

	for (size_t i = 0; i < 2 * pair_count; i++)
		bytes += pairs[i].length;
	copy = arena_take(publisher->orders, bytes + 1);
	if (copy == NULL)
		return -1;
	for (size_t i = 0; i < 2 * pair_count; i++) {
		if (pairs[i].length > 0)
			memcpy(copy, pairs[i].data, pairs[i].length);
		args[i] = (struct text){ copy, pairs[i].length };
		copy += pairs[i].length;
	}
	return 0;
}

int publish_add(struct publisher *publisher, const struct text *pairs,
		size_t pair_count, uint64_t line, struct err *err)
{
	const size_t count = PUBLISH_WORDS + 2 * pair_count;
	struct text *args =
		arena_take(publisher->orders, count * sizeof(*args));

	if (args == NULL ||
	    pairs_copy(publisher, pairs, pair_count, args + PUBLISH_WORDS) < 0)
		return err_set(err, ERR_RETRY, "publish: out of memory");
	args[0] = text_of("XADD");
	args[1] = text_of(publisher->set.stream);
	args[2] = text_of("*");
	publisher->entries[publisher->entry_count++] = (struct publish_entry){
		.state = PUBLISH_WAITING,
		.line = line,
		.args = args,
		.arg_count = count,
	};
	return 0;
}

bool publish_is_full(const struct publisher *publisher)
{
	return publisher->entry_count == publisher->set.batch_count ||
	       arena_used(publisher->orders) >= PUBLISH_WINDOW_BYTES;
}

static int word_append(struct publisher *publisher, const char *word,
		       struct err *err)
{
	struct text text = text_of(word);

	publisher->replies_awaited++;
	return redis_append(publisher->redis, &text, 1, err);
}

/* Queue what is not published yet. */
static int window_append(struct publisher *publisher, struct err *err)
{
	publisher->sent_count = 0;
	publisher->replies_awaited = 0;
	publisher->next_entry = 0;
	publisher->failed = false;
	if (publisher->set.atomic && word_append(publisher, "MULTI", err) < 0)
		return -1;
	for (size_t i = 0; i < publisher->entry_count; i++) {
		struct publish_entry *entry = &publisher->entries[i];

		if (entry->state == PUBLISH_DONE)
			continue;
		if (redis_append(publisher->redis, entry->args,
				 entry->arg_count, err) < 0)
			return -1;
		entry->state = PUBLISH_SENT;
		publisher->sent_count++;
		publisher->replies_awaited++;
	}
	return publisher->set.atomic ? word_append(publisher, "EXEC", err) : 0;
}

/* Remember an error reply: the first, unless a later one is a refusal. */
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

/* What the reply to one XADD says about its order. */
static int entry_settle(struct publisher *publisher,
			struct publish_entry *entry, const struct reply *reply,
			struct err *err)
{
	if (reply_is_error(reply)) {
		error_note(publisher, reply_text(reply));
		entry->state = PUBLISH_REFUSED;
		return 0;
	}
	if (reply->type != REPLY_STRING)
		return err_set(err, ERR_RETRY,
			       "XADD: an answer that is no entry id");
	(void)text_show(reply_text(reply), publisher->last_id,
			sizeof(publisher->last_id));
	entry->state = PUBLISH_DONE;
	publisher->count++;
	return 0;
}

/* The reply to EXEC: an answer for each order sent, or one error for all. */
static int exec_settle(struct publisher *publisher, const struct reply *reply,
		       struct err *err)
{
	const bool is_error = reply_is_error(reply);
	size_t answer = 0;

	if (!is_error && reply_count(reply) != publisher->sent_count)
		return err_set(err, ERR_RETRY, "EXEC: not an answer for each");
	for (size_t i = 0; i < publisher->entry_count; i++) {
		struct publish_entry *entry = &publisher->entries[i];
		const struct reply *one =
			is_error ? reply : reply_at(reply, answer);

		if (entry->state != PUBLISH_SENT)
			continue;
		answer++;
		if (entry_settle(publisher, entry, one, err) < 0)
			return -1;
	}
	return 0;
}

/* Of the replies to MULTI ... EXEC only the last decides; an error before it
   tells why. */
static int atomic_settle(struct publisher *publisher, const struct reply *reply,
			 struct err *err)
{
	if (publisher->replies_awaited == 1)
		return exec_settle(publisher, reply, err);
	if (reply_is_error(reply))
		error_note(publisher, reply_text(reply));
	return 0;
}

static int reply_settle(struct publisher *publisher, const struct reply *reply,
			struct err *err)
{
	struct publish_entry *entries = publisher->entries;

	if (publisher->set.atomic)
		return atomic_settle(publisher, reply, err);
	while (entries[publisher->next_entry].state != PUBLISH_SENT)
		publisher->next_entry++;
	return entry_settle(publisher, &entries[publisher->next_entry], reply,
			    err);
}

/* Settle with every reply that is there. Returns how many were, or -1. */
static int replies_take(struct publisher *publisher, struct err *err)
{
	const struct reply *reply;
	int taken = 0;
	int got = 0;

	while (publisher->replies_awaited > 0) {
		got = redis_next(publisher->redis, publisher->replies, &reply,
				 err);
		if (got <= 0)
			break;
		if (reply_settle(publisher, reply, err) < 0)
			return -1;
		arena_reset(publisher->replies);
		publisher->replies_awaited--;
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

/* Send what is queued and settle with all replies, as long as they come. */
static int window_exchange(struct publisher *publisher, struct err *err)
{
	const int64_t silence_msecs = publisher->set.redis->reply_timeout_msecs;
	int64_t deadline = clock_msecs() + silence_msecs;
	struct err late;

	while (publisher->replies_awaited > 0) {
		int pumped = redis_pump(publisher->redis, err);
		/* What came before the end of the connection still counts. */
		int taken = replies_take(publisher, pumped < 0 ? &late : err);

		if (pumped < 0 || taken < 0)
			return -1;
		if (taken > 0)
			deadline = clock_msecs() + silence_msecs;
		if (publisher->replies_awaited > 0 &&
		    replies_wait(publisher, deadline, err) < 0)
			return -1;
	}
	return 0;
}

static void sure_line_update(struct publisher *publisher)
{
	for (size_t i = 0; i < publisher->entry_count &&
			   publisher->entries[i].state == PUBLISH_DONE;
	     i++)
		publisher->sure_line = publisher->entries[i].line;
}

/* Every reply is there, and one of them an error. */
static int window_failed(struct publisher *publisher, struct err *err)
{
	bool is_refused = publisher->failed_class == REDIS_REFUSED;

	if (publisher->failed_class != REDIS_WAIT)
		redis_close(&publisher->redis);
	(void)err_set(err, is_refused ? ERR_FATAL : ERR_RETRY,
		      "stream %s: XADD: %s", publisher->set.stream,
		      publisher->failed_text);
	return is_refused ? -1 : 1;
}

int publish_flush(struct publisher *publisher, struct err *err)
{
	int exchanged;

	if (publisher->entry_count == 0)
		return 0;
	/* Nothing is in doubt while there is no connection: it was closed with
	   every reply taken. */
	if (publisher->redis == NULL &&
	    redis_open(publisher->set.redis, publisher->set.wake_fd,
		       &publisher->redis, err) < 0)
		return err->class == ERR_FATAL ? -1 : 1;
	if (window_append(publisher, err) < 0)
		return -1;
	exchanged = window_exchange(publisher, err);
	sure_line_update(publisher);
	if (exchanged < 0)
		return -1;
	if (publisher->failed)
		return window_failed(publisher, err);
	publisher->entry_count = 0;
	arena_reset(publisher->orders);
	return 0;
}

bool publish_run(const struct publisher *publisher, size_t *i,
		 struct publish_run *run_r)
{
	const struct publish_entry *first = &publisher->entries[*i];

	if (*i >= publisher->entry_count)
		return false;
	*run_r = (struct publish_run){
		.state = first->state,
		.first_line = first->line,
	};
	while (*i < publisher->entry_count &&
	       publisher->entries[*i].state == run_r->state) {
		run_r->last_line = publisher->entries[*i].line;
		run_r->count++;
		(*i)++;
	}
	return true;
}

uint64_t publish_count(const struct publisher *publisher)
{
	return publisher->count;
}

uint64_t publish_sure_line(const struct publisher *publisher)
{
	return publisher->sure_line;
}

const char *publish_last_id(const struct publisher *publisher)
{
	return publisher->last_id;
}
