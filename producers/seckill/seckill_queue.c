/* Requests on their way to Redis and back, over one connection. The verb buy
   and seckill_serve.c fill it; seckill.c knows the command. */

#include "config.h"

#include "producers/seckill/seckill_queue.h"

#include "lib/base/arena.h"
#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/redis/command.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/redis_error.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <poll.h>
#include <stdlib.h>

#define BACKOFF_FIRST_MSECS 20
#define BACKOFF_MAX_MSECS 1000

/* In a hurry answers are waited for that long. */
#define HURRY_MSECS 1000

/* Requests are counted from 0; number n lies in entries[n % size]. In the
   sequence of their numbers come
       head      the first that is not taken
       reply_at  the next reply belongs to the first sent one from here on
       send_at   the first that is neither sent nor failed
       tail      one behind the last */
struct seckill_queue {
	struct seckill_queue_settings set;
	struct seckill seckill;
	struct redis *redis; /* NULL: not connected */
	struct arena *replies;
	struct command command;
	struct backoff backoff;
	int64_t retry_at_msecs;  /* nothing is sent before; -1: now */
	int64_t silent_at_msecs; /* without a reply by then it is broken */
	/* After an error reply nothing is sent before all replies are there. */
	bool is_held;
	bool held_closes; /* and the connection is opened anew */
	struct err held;
	bool is_hurried;
	uint64_t head, reply_at, send_at, tail;
	size_t under_way;
	struct seckill_queue_entry *entries;
};

static struct seckill_queue_entry *entry_at(const struct seckill_queue *queue,
					    uint64_t n)
{
	return &queue->entries[n % queue->set.size];
}

struct seckill_queue *seckill_queue_open(
	const struct seckill_queue_settings *set, struct err *err)
{
	struct seckill_queue *queue = calloc(1, sizeof(*queue));

	if (queue != NULL) {
		queue->set = *set;
		queue->retry_at_msecs = -1;
		queue->backoff = (struct backoff){ BACKOFF_FIRST_MSECS,
						   BACKOFF_MAX_MSECS, 0 };
		queue->entries = calloc(set->size, sizeof(*queue->entries));
		queue->replies = arena_open((size_t)64 * 1024);
		if (queue->entries == NULL || queue->replies == NULL ||
		    command_open(&queue->command, SECKILL_WORDS_MAX) < 0)
			seckill_queue_close(&queue);
	}
	if (queue == NULL)
		(void)err_set(err, ERR_RETRY, "out of memory");
	return queue;
}

void seckill_queue_close(struct seckill_queue **_queue)
{
	struct seckill_queue *queue = *_queue;

	*_queue = NULL;
	if (queue == NULL)
		return;
	redis_close(&queue->redis);
	arena_close(&queue->replies);
	command_close(&queue->command);
	free(queue->entries);
	free(queue);
}

bool seckill_queue_is_full(const struct seckill_queue *queue)
{
	return queue->tail - queue->head == queue->set.size;
}

bool seckill_queue_is_empty(const struct seckill_queue *queue)
{
	return queue->tail == queue->head;
}

struct seckill_queue_entry *seckill_queue_put(struct seckill_queue *queue)
{
	struct seckill_queue_entry *entry = entry_at(queue, queue->tail++);

	*entry = (struct seckill_queue_entry){
		.until_msecs = clock_msecs() + queue->set.timeout_msecs,
	};
	return entry;
}

static void entry_fail(struct seckill_queue_entry *entry, const char *reason,
		       bool is_fatal)
{
	entry->state = SECKILL_QUEUE_FAILED;
	entry->is_fatal = is_fatal;
	(void)text_show(text_of(reason), entry->reason, sizeof(entry->reason));
}

struct seckill_queue_entry *seckill_queue_put_failed(
	struct seckill_queue *queue, const char *reason)
{
	struct seckill_queue_entry *entry = seckill_queue_put(queue);

	entry_fail(entry, reason, false);
	return entry;
}

/* Something failed, and nothing is under way: give up what has waited long
   enough, and send the rest again after a while. */
static void seckill_queue_retry(struct seckill_queue *queue,
				const struct err *err)
{
	const bool is_fatal = err->class == ERR_FATAL;
	const int64_t now = clock_msecs();
	int64_t first_until = -1;

	for (uint64_t n = queue->head; n < queue->tail; n++) {
		struct seckill_queue_entry *entry = entry_at(queue, n);

		if (entry->state != SECKILL_QUEUE_WAITING)
			continue;
		if (is_fatal || queue->is_hurried || entry->until_msecs <= now)
			entry_fail(entry, err->text, is_fatal);
		else
			first_until =
				clock_earlier(first_until, entry->until_msecs);
	}
	queue->send_at = queue->reply_at = queue->head;
	queue->is_held = false;
	queue->held_closes = false;
	queue->retry_at_msecs =
		clock_earlier(now + backoff_next(&queue->backoff), first_until);
}

/* The connection is broken; what was sent may be decided. */
static void seckill_queue_broken(struct seckill_queue *queue,
				 const struct err *err)
{
	redis_close(&queue->redis);
	arena_reset(queue->replies);
	for (uint64_t n = queue->head; n < queue->tail; n++) {
		struct seckill_queue_entry *entry = entry_at(queue, n);

		if (entry->state != SECKILL_QUEUE_SENT)
			continue;
		entry->state = SECKILL_QUEUE_WAITING;
		entry->in_doubt = true;
	}
	/* An idle connection is opened again when it is needed. */
	if (queue->under_way > 0 || queue->send_at < queue->tail)
		seckill_queue_retry(queue, err);
	queue->under_way = 0;
}

/* Without a reply for that long the connection counts as broken. */
static int64_t silence_msecs(const struct seckill_queue *queue)
{
	return queue->is_hurried ? HURRY_MSECS
				 : queue->set.redis->reply_timeout_msecs;
}

static bool seckill_queue_sends(const struct seckill_queue *queue)
{
	return queue->send_at < queue->tail && !queue->is_held &&
	       clock_until(queue->retry_at_msecs) <= 0;
}

static int seckill_queue_connect(struct seckill_queue *queue, struct err *err)
{
	if (redis_open(queue->set.redis, queue->set.wake_fd, &queue->redis,
		       err) < 0)
		return -1;
	if (seckill_script(&queue->seckill, queue->redis, err) == 0)
		return 0;
	redis_close(&queue->redis);
	return -1;
}

static int entry_send(struct seckill_queue *queue,
		      struct seckill_queue_entry *entry, struct err *err)
{
	seckill_command(&queue->seckill, queue->set.stream, &entry->request,
			&queue->command);
	if (redis_append(queue->redis, queue->command.words,
			 queue->command.count, err) < 0)
		return -1;
	entry->state = SECKILL_QUEUE_SENT;
	if (queue->under_way++ == 0)
		queue->silent_at_msecs = clock_msecs() + silence_msecs(queue);
	return 0;
}

static int seckill_queue_send(struct seckill_queue *queue, struct err *err)
{
	if (!seckill_queue_sends(queue))
		return 0;
	queue->retry_at_msecs = -1;
	for (; queue->send_at < queue->tail; queue->send_at++) {
		struct seckill_queue_entry *entry =
			entry_at(queue, queue->send_at);

		if (entry->state == SECKILL_QUEUE_WAITING &&
		    entry_send(queue, entry, err) < 0)
			return -1;
	}
	return 0;
}

/* The reply is an error: Redis has not decided. */
static void entry_refused(struct seckill_queue *queue,
			  struct seckill_queue_entry *entry, struct text text)
{
	enum redis_class class = redis_error_class(text);
	char shown[200];

	(void)text_show(text, shown, sizeof(shown));
	if (class == REDIS_REFUSED) {
		entry_fail(entry, shown, true);
		return;
	}
	entry->state = SECKILL_QUEUE_WAITING;
	queue->is_held = true;
	queue->held_closes = queue->held_closes || class != REDIS_WAIT;
	(void)err_set(&queue->held, ERR_RETRY, "seckill: %s", shown);
}

static int reply_take(struct seckill_queue *queue, const struct reply *reply,
		      struct err *err)
{
	struct seckill_queue_entry *entry;

	while (entry_at(queue, queue->reply_at)->state != SECKILL_QUEUE_SENT)
		queue->reply_at++;
	entry = entry_at(queue, queue->reply_at);
	if (reply_is_error(reply)) {
		entry_refused(queue, entry, reply_text(reply));
	} else {
		if (seckill_answer(reply, &entry->decision, err) < 0)
			return -1;
		entry->state = SECKILL_QUEUE_DECIDED;
		backoff_reset(&queue->backoff);
	}
	queue->reply_at++;
	queue->under_way--;
	return 0;
}

static int replies_take(struct seckill_queue *queue, struct err *err)
{
	const size_t before = queue->under_way;
	const struct reply *reply;
	int got = 0;

	while (queue->under_way > 0 &&
	       (got = redis_next(queue->redis, queue->replies, &reply, err)) >
		       0) {
		if (reply_take(queue, reply, err) < 0)
			return -1;
		arena_reset(queue->replies);
	}
	if (queue->under_way < before)
		queue->silent_at_msecs = clock_msecs() + silence_msecs(queue);
	return got < 0 ? -1 : 0;
}

/* Send and receive. Replies before the end of a connection count. */
static int seckill_queue_exchange(struct seckill_queue *queue, struct err *err)
{
	struct err late;
	int pumped;

	if (seckill_queue_send(queue, err) < 0)
		return -1;
	pumped = redis_pump(queue->redis, err);
	if (replies_take(queue, pumped < 0 ? &late : err) < 0 || pumped < 0)
		return -1;
	if (queue->under_way > 0 && clock_until(queue->silent_at_msecs) == 0)
		return err_set(err, ERR_RETRY, "redis: no answer in time");
	return 0;
}

void seckill_queue_work(struct seckill_queue *queue)
{
	struct err err;

	while (queue->send_at < queue->tail &&
	       entry_at(queue, queue->send_at)->state != SECKILL_QUEUE_WAITING)
		queue->send_at++;
	if (queue->redis == NULL && !seckill_queue_sends(queue))
		return;
	if (queue->redis == NULL && seckill_queue_connect(queue, &err) < 0) {
		seckill_queue_retry(queue, &err);
		return;
	}
	if (seckill_queue_exchange(queue, &err) < 0) {
		seckill_queue_broken(queue, &err);
		return;
	}
	if (!queue->is_held || queue->under_way > 0)
		return;
	if (queue->held_closes)
		redis_close(&queue->redis);
	seckill_queue_retry(queue, &queue->held);
}

int seckill_queue_fd(const struct seckill_queue *queue)
{
	return queue->redis == NULL ? -1 : redis_fd(queue->redis);
}

short seckill_queue_events(const struct seckill_queue *queue)
{
	return queue->redis == NULL ? 0 : redis_events(queue->redis);
}

int64_t seckill_queue_wait_msecs(const struct seckill_queue *queue)
{
	int64_t deadline = -1;

	if (seckill_queue_sends(queue))
		return 0;
	if (queue->under_way > 0)
		deadline = queue->silent_at_msecs;
	if (queue->send_at < queue->tail && !queue->is_held)
		deadline = clock_earlier(deadline, queue->retry_at_msecs);
	return clock_until(deadline);
}

void seckill_queue_hurry(struct seckill_queue *queue)
{
	struct err err;

	if (queue->is_hurried)
		return;
	queue->is_hurried = true;
	queue->silent_at_msecs = clock_earlier(
		queue->silent_at_msecs, clock_msecs() + silence_msecs(queue));
	if (queue->retry_at_msecs >= 0 && queue->under_way == 0) {
		(void)err_set(&err, ERR_RETRY, "stopped before an answer came");
		seckill_queue_retry(queue, &err);
	}
}

const struct seckill_queue_entry *seckill_queue_take(
	struct seckill_queue *queue)
{
	const struct seckill_queue_entry *entry = entry_at(queue, queue->head);

	if (seckill_queue_is_empty(queue) ||
	    entry->state < SECKILL_QUEUE_DECIDED)
		return NULL;
	queue->head++;
	if (queue->send_at < queue->head)
		queue->send_at = queue->head;
	if (queue->reply_at < queue->head)
		queue->reply_at = queue->head;
	return entry;
}

void seckill_queue_await(struct seckill_queue *queue)
{
	struct pollfd fds[2] = { { .fd = queue->set.wake_fd,
				   .events = POLLIN } };

	for (;;) {
		seckill_queue_work(queue);
		if (entry_at(queue, queue->head)->state >=
		    SECKILL_QUEUE_DECIDED)
			return;
		fds[1].fd = seckill_queue_fd(queue);
		fds[1].events = seckill_queue_events(queue);
		if (poll(fds, 2, (int)seckill_queue_wait_msecs(queue)) > 0 &&
		    fds[0].revents != 0) {
			fds[0].fd = -1;
			seckill_queue_hurry(queue);
		}
	}
}
