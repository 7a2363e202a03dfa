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

/* How long who is in a hurry waits for answers. */
#define HURRY_MSECS 1000

/* Requests are counted from 0; number n lies in entries[n % size]. In the
   sequence of their numbers come
     head      the first that is not taken
     reply_at  what a reply belongs to: the first from there on that is sent
     send_at   the first that is not sent, or failed
     tail      one behind the last. */
struct desk {
	struct desk_settings set;
	struct seckill seckill;
	struct redis *redis; /* NULL: not connected */
	struct arena *replies;
	struct command command;
	struct backoff backoff;
	int64_t retry_at_msecs;  /* nothing is sent before; -1: now */
	int64_t silent_at_msecs; /* no reply until then: it is broken */
	/* An error reply: nothing is sent before all replies are there. */
	bool is_held;
	bool held_closes; /* and the connection is opened anew */
	struct err held;
	bool is_hurried;
	uint64_t head, reply_at, send_at, tail;
	size_t under_way;
	struct desk_entry *entries;
};

static struct desk_entry *entry_at(const struct desk *desk, uint64_t n)
{
	return &desk->entries[n % desk->set.size];
}

struct desk *desk_open(const struct desk_settings *set, struct err *err)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (desk != NULL) {
		desk->set = *set;
		desk->retry_at_msecs = -1;
		desk->backoff = (struct backoff){ BACKOFF_FIRST_MSECS,
						  BACKOFF_MAX_MSECS, 0 };
		desk->entries = calloc(set->size, sizeof(*desk->entries));
		desk->replies = arena_open((size_t)64 * 1024);
		if (desk->entries == NULL || desk->replies == NULL ||
		    command_open(&desk->command, SECKILL_WORDS_MAX) < 0)
			desk_close(&desk);
	}
	if (desk == NULL)
		(void)err_set(err, ERR_RETRY, "out of memory");
	return desk;
}

void desk_close(struct desk **_desk)
{
	struct desk *desk = *_desk;

	*_desk = NULL;
	if (desk == NULL)
		return;
	redis_close(&desk->redis);
	arena_close(&desk->replies);
	command_close(&desk->command);
	free(desk->entries);
	free(desk);
}

bool desk_is_full(const struct desk *desk)
{
	return desk->tail - desk->head == desk->set.size;
}

bool desk_is_empty(const struct desk *desk)
{
	return desk->tail == desk->head;
}

struct desk_entry *desk_put(struct desk *desk)
{
	struct desk_entry *entry = entry_at(desk, desk->tail++);

	*entry = (struct desk_entry){
		.until_msecs = clock_msecs() + desk->set.timeout_msecs,
	};
	return entry;
}

static void entry_fail(struct desk_entry *entry, const char *reason,
		       bool is_fatal)
{
	entry->state = DESK_FAILED;
	entry->is_fatal = is_fatal;
	(void)text_show(text_of(reason), entry->reason, sizeof(entry->reason));
}

struct desk_entry *desk_put_failed(struct desk *desk, const char *reason)
{
	struct desk_entry *entry = desk_put(desk);

	entry_fail(entry, reason, false);
	return entry;
}

/* Something went wrong: give up what has waited long enough, and send what is
   left again, from the first on, after a while. Nothing is under way. */
static void desk_retry(struct desk *desk, const struct err *err)
{
	const bool is_fatal = err->class == ERR_FATAL;
	const int64_t now = clock_msecs();
	int64_t first_until = -1;

	for (uint64_t n = desk->head; n < desk->tail; n++) {
		struct desk_entry *entry = entry_at(desk, n);

		if (entry->state != DESK_WAITING)
			continue;
		if (is_fatal || desk->is_hurried || entry->until_msecs <= now)
			entry_fail(entry, err->text, is_fatal);
		else
			first_until =
				clock_earlier(first_until, entry->until_msecs);
	}
	desk->send_at = desk->reply_at = desk->head;
	desk->is_held = false;
	desk->held_closes = false;
	desk->retry_at_msecs =
		clock_earlier(now + backoff_next(&desk->backoff), first_until);
}

/* The connection is of no use any more. What was sent may be decided. */
static void desk_broken(struct desk *desk, const struct err *err)
{
	redis_close(&desk->redis);
	arena_reset(desk->replies);
	for (uint64_t n = desk->head; n < desk->tail; n++) {
		struct desk_entry *entry = entry_at(desk, n);

		if (entry->state != DESK_SENT)
			continue;
		entry->state = DESK_WAITING;
		entry->in_doubt = true;
	}
	/* One that was idle is opened again when it is needed. */
	if (desk->under_way > 0 || desk->send_at < desk->tail)
		desk_retry(desk, err);
	desk->under_way = 0;
}

/* How long nothing may be heard. */
static int64_t silence_msecs(const struct desk *desk)
{
	return desk->is_hurried ? HURRY_MSECS
				: desk->set.redis->reply_timeout_msecs;
}

/* Is there something to send now? */
static bool desk_sends(const struct desk *desk)
{
	return desk->send_at < desk->tail && !desk->is_held &&
	       clock_until(desk->retry_at_msecs) <= 0;
}

static int desk_connect(struct desk *desk, struct err *err)
{
	if (redis_open(desk->set.redis, desk->set.wake_fd, &desk->redis, err) <
	    0)
		return -1;
	if (seckill_script(&desk->seckill, desk->redis, err) == 0)
		return 0;
	redis_close(&desk->redis);
	return -1;
}

static int entry_send(struct desk *desk, struct desk_entry *entry,
		      struct err *err)
{
	seckill_command(&desk->seckill, desk->set.stream, &entry->request,
			&desk->command);
	if (redis_append(desk->redis, desk->command.words, desk->command.count,
			 err) < 0)
		return -1;
	entry->state = DESK_SENT;
	if (desk->under_way++ == 0)
		desk->silent_at_msecs = clock_msecs() + silence_msecs(desk);
	return 0;
}

static int desk_send(struct desk *desk, struct err *err)
{
	if (!desk_sends(desk))
		return 0;
	desk->retry_at_msecs = -1;
	for (; desk->send_at < desk->tail; desk->send_at++) {
		struct desk_entry *entry = entry_at(desk, desk->send_at);

		if (entry->state == DESK_WAITING &&
		    entry_send(desk, entry, err) < 0)
			return -1;
	}
	return 0;
}

/* An error reply: Redis has not decided. */
static void entry_refused(struct desk *desk, struct desk_entry *entry,
			  struct text text)
{
	enum redis_class class = redis_error_class(text);
	char shown[200];

	(void)text_show(text, shown, sizeof(shown));
	if (class == REDIS_REFUSED) {
		entry_fail(entry, shown, true);
		return;
	}
	entry->state = DESK_WAITING;
	desk->is_held = true;
	desk->held_closes = desk->held_closes || class != REDIS_WAIT;
	(void)err_set(&desk->held, ERR_RETRY, "seckill: %s", shown);
}

static int reply_take(struct desk *desk, const struct reply *reply,
		      struct err *err)
{
	struct desk_entry *entry;

	while (entry_at(desk, desk->reply_at)->state != DESK_SENT)
		desk->reply_at++;
	entry = entry_at(desk, desk->reply_at);
	if (reply_is_error(reply)) {
		entry_refused(desk, entry, reply_text(reply));
	} else {
		if (seckill_answer(reply, &entry->decision, err) < 0)
			return -1;
		entry->state = DESK_DECIDED;
		backoff_reset(&desk->backoff);
	}
	desk->reply_at++;
	desk->under_way--;
	return 0;
}

static int replies_take(struct desk *desk, struct err *err)
{
	const size_t before = desk->under_way;
	const struct reply *reply;
	int got = 0;

	while (desk->under_way > 0 &&
	       (got = redis_next(desk->redis, desk->replies, &reply, err)) >
		       0) {
		if (reply_take(desk, reply, err) < 0)
			return -1;
		arena_reset(desk->replies);
	}
	if (desk->under_way < before)
		desk->silent_at_msecs = clock_msecs() + silence_msecs(desk);
	return got < 0 ? -1 : 0;
}

/* Send and receive. What came before the end of a connection counts. */
static int desk_exchange(struct desk *desk, struct err *err)
{
	struct err late;
	int pumped;

	if (desk_send(desk, err) < 0)
		return -1;
	pumped = redis_pump(desk->redis, err);
	if (replies_take(desk, pumped < 0 ? &late : err) < 0 || pumped < 0)
		return -1;
	if (desk->under_way > 0 && clock_until(desk->silent_at_msecs) == 0)
		return err_set(err, ERR_RETRY, "redis: no answer in time");
	return 0;
}

void desk_work(struct desk *desk)
{
	struct err err;

	while (desk->send_at < desk->tail &&
	       entry_at(desk, desk->send_at)->state != DESK_WAITING)
		desk->send_at++;
	if (desk->redis == NULL && !desk_sends(desk))
		return;
	if (desk->redis == NULL && desk_connect(desk, &err) < 0) {
		desk_retry(desk, &err);
		return;
	}
	if (desk_exchange(desk, &err) < 0) {
		desk_broken(desk, &err);
		return;
	}
	if (!desk->is_held || desk->under_way > 0)
		return;
	if (desk->held_closes)
		redis_close(&desk->redis);
	desk_retry(desk, &desk->held);
}

int desk_fd(const struct desk *desk)
{
	return desk->redis == NULL ? -1 : redis_fd(desk->redis);
}

short desk_events(const struct desk *desk)
{
	return desk->redis == NULL ? 0 : redis_events(desk->redis);
}

int64_t desk_wait_msecs(const struct desk *desk)
{
	int64_t deadline = -1;

	if (desk_sends(desk))
		return 0;
	if (desk->under_way > 0)
		deadline = desk->silent_at_msecs;
	if (desk->send_at < desk->tail && !desk->is_held)
		deadline = clock_earlier(deadline, desk->retry_at_msecs);
	return clock_until(deadline);
}

void desk_hurry(struct desk *desk)
{
	struct err err;

	if (desk->is_hurried)
		return;
	desk->is_hurried = true;
	desk->silent_at_msecs = clock_earlier(
		desk->silent_at_msecs, clock_msecs() + silence_msecs(desk));
	if (desk->retry_at_msecs >= 0 && desk->under_way == 0) {
		(void)err_set(&err, ERR_RETRY, "stopped before an answer came");
		desk_retry(desk, &err);
	}
}

const struct desk_entry *desk_take(struct desk *desk)
{
	const struct desk_entry *entry = entry_at(desk, desk->head);

	if (desk_is_empty(desk) || entry->state < DESK_DECIDED)
		return NULL;
	desk->head++;
	if (desk->send_at < desk->head)
		desk->send_at = desk->head;
	if (desk->reply_at < desk->head)
		desk->reply_at = desk->head;
	return entry;
}

void desk_await(struct desk *desk)
{
	struct pollfd fds[2] = { { .fd = desk->set.wake_fd,
				   .events = POLLIN } };

	for (;;) {
		desk_work(desk);
		if (entry_at(desk, desk->head)->state >= DESK_DECIDED)
			return;
		fds[1].fd = desk_fd(desk);
		fds[1].events = desk_events(desk);
		if (poll(fds, 2, (int)desk_wait_msecs(desk)) > 0 &&
		    fds[0].revents != 0) {
			fds[0].fd = -1;
			desk_hurry(desk);
		}
	}
}
