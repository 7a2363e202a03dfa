/* One connection to Redis: the socket, deadlines and limits. pipeline.c writes
   to it, resp.c reads from it, dial.c makes it; every part of ordermq that
   talks with Redis does so here. */

#include "config.h"

#include "lib/redis/redis.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/redis/dial.h"
#include "lib/base/err.h"
#include "lib/redis/pipeline.h"
#include "lib/redis/redis_error.h"
#include "lib/redis/resp.h"
#include "lib/settings/settings.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REDIS_READ_BYTES (64 * 1024)

/* At most that many words has a command of redis_command(). */
#define REDIS_COMMAND_WORDS_MAX 16

struct redis {
	int fd;
	int wake_fd;
	struct resp *resp;
	struct pipeline out;
	int64_t reply_timeout_msecs;
	size_t max_reply_bytes;
	size_t fed_bytes; /* since the last whole reply */
	bool too_big;
	char in[REDIS_READ_BYTES]; /* what was just received */
};

static int broken(struct redis *redis, struct err *err, const char *why)
{
	if (redis->fd >= 0)
		(void)close(redis->fd);
	redis->fd = -1;
	return err_set(err, ERR_RETRY, "redis: %s", why);
}

static int broken_errno(struct redis *redis, struct err *err)
{
	return broken(redis, err, strerror(errno));
}

void redis_close(struct redis **_redis)
{
	struct redis *redis = *_redis;

	*_redis = NULL;
	if (redis == NULL)
		return;
	if (redis->fd >= 0)
		(void)close(redis->fd);
	resp_close(&redis->resp);
	pipeline_close(&redis->out);
	free(redis);
}

int redis_fd(const struct redis *redis)
{
	return redis->fd;
}

short redis_events(const struct redis *redis)
{
	return pipeline_is_waiting(&redis->out) ? POLLIN | POLLOUT : POLLIN;
}

bool redis_too_big(const struct redis *redis)
{
	return redis->too_big;
}

void redis_hurry(struct redis *redis, int64_t msecs)
{
	redis->reply_timeout_msecs =
		clock_earlier(msecs, redis->reply_timeout_msecs);
}

bool redis_is_open(const struct redis *redis)
{
	return redis->fd >= 0;
}

int redis_append(struct redis *redis, const struct text *args, size_t count,
		 struct err *err)
{
	return pipeline_append(&redis->out, args, count) < 0
		       ? broken(redis, err, "out of memory")
		       : 0;
}

void redis_hold(struct redis *redis)
{
	pipeline_hold(&redis->out);
}

void redis_release(struct redis *redis)
{
	pipeline_release(&redis->out);
}

void redis_drop(struct redis *redis)
{
	pipeline_drop(&redis->out);
}

static int pump_in(struct redis *redis, struct err *err)
{
	for (;;) {
		ssize_t got = recv(redis->fd, redis->in, sizeof(redis->in), 0);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (got < 0)
			return broken_errno(redis, err);
		if (got == 0)
			return broken(redis, err, "connection closed");
		redis->fed_bytes += (size_t)got;
		if (redis->fed_bytes > redis->max_reply_bytes) {
			redis->too_big = true;
			return broken(redis, err, "reply over max_reply");
		}
		if (resp_feed(redis->resp, redis->in, (size_t)got) < 0)
			return broken(redis, err, resp_error(redis->resp));
		if ((size_t)got < sizeof(redis->in))
			return 0;
	}
}

int redis_flush(struct redis *redis, struct err *err)
{
	if (redis->fd < 0)
		return err_set(err, ERR_RETRY, "redis: not connected");
	return pipeline_send(&redis->out, redis->fd) < 0
		       ? broken_errno(redis, err)
		       : 0;
}

int redis_pump(struct redis *redis, struct err *err)
{
	return redis_flush(redis, err) < 0 ? -1 : pump_in(redis, err);
}

int redis_next(struct redis *redis, struct arena *arena,
	       const struct reply **reply_r, struct err *err)
{
	int whole = resp_next(redis->resp, arena, reply_r);

	if (whole < 0)
		return broken(redis, err, resp_error(redis->resp));
	if (whole > 0)
		redis->fed_bytes = resp_left(redis->resp);
	return whole;
}

/* Wait until the socket is readable, the deadline is over, or the wake
   descriptor ends the wait. */
static int wait_readable(struct redis *redis, int64_t deadline_msecs,
			 struct err *err)
{
	struct pollfd fds[] = {
		{ .fd = redis->fd, .events = redis_events(redis) },
		{ .fd = redis->wake_fd, .events = POLLIN },
	};
	int ready = poll(fds, 2, clock_until(deadline_msecs));

	if (ready < 0 && errno != EINTR)
		return broken_errno(redis, err);
	if (ready > 0 && fds[1].revents != 0)
		return broken(redis, err, "interrupted");
	if (ready == 0)
		return broken(redis, err, "no answer in time");
	return redis_pump(redis, err);
}

const struct reply *redis_call(struct redis *redis, struct arena *arena,
			       const struct text *args, size_t count,
			       int64_t extra_msecs, struct err *err)
{
	int64_t deadline =
		clock_msecs() + extra_msecs + redis->reply_timeout_msecs;
	const struct reply *reply;
	int whole;

	if (redis_append(redis, args, count, err) < 0 ||
	    redis_pump(redis, err) < 0)
		return NULL;
	while ((whole = redis_next(redis, arena, &reply, err)) == 0) {
		if (wait_readable(redis, deadline, err) < 0)
			return NULL;
	}
	return whole < 0 ? NULL : reply;
}

static void reply_refuses(const struct reply *reply, const char *command,
			  struct err *err)
{
	bool refused = redis_error_class(reply->text) == REDIS_REFUSED;
	struct text line = reply->text;

	/* An unknown error may repeat the password that was sent. */
	if (!refused && strcmp(command, "AUTH") == 0)
		line = reply_error_word(reply);
	(void)err_set(err, refused ? ERR_FATAL : ERR_RETRY, "%s: %.*s", command,
		      (int)line.length, line.data);
}

const struct reply *redis_command(struct redis *redis, struct arena *arena,
				  struct err *err, const char *command, ...)
{
	struct text args[REDIS_COMMAND_WORDS_MAX] = { text_of(command) };
	const struct reply *reply;
	size_t count = 1;
	const char *word;
	va_list words;

	va_start(words, command);
	while ((word = va_arg(words, const char *)) != NULL &&
	       count < REDIS_COMMAND_WORDS_MAX)
		args[count++] = text_of(word);
	va_end(words);

	reply = redis_call(redis, arena, args, count, 0, err);
	if (reply == NULL) {
		(void)err_wrap(err, "%s", command);
		return NULL;
	}
	if (!reply_is_error(reply))
		return reply;
	reply_refuses(reply, command, err);
	return NULL;
}

static int hello_command(struct redis *redis, struct arena *arena,
			 struct err *err, const char *name, const char *a,
			 const char *b)
{
	return redis_command(redis, arena, err, name, a, b, NULL) == NULL ? -1
									  : 0;
}

/* Log in, select the database, and have one answer. An error such as LOADING is
   an answer too: then the server is not ready for us. */
static int redis_hello(struct redis *redis, const struct settings_redis *set,
		       const struct dial *dial, struct arena *arena,
		       struct err *err)
{
	const char *user = set->user[0] == '\0' ? NULL : set->user;

	if (dial->password != NULL &&
	    hello_command(redis, arena, err, "AUTH",
			  user == NULL ? dial->password : user,
			  user == NULL ? NULL : dial->password) < 0)
		return -1;
	if (dial->database[0] != '\0' &&
	    hello_command(redis, arena, err, "SELECT", dial->database, NULL) <
		    0)
		return -1;
	return hello_command(redis, arena, err, "PING", NULL, NULL);
}

static struct redis *redis_new(const struct settings_redis *set, int wake_fd)
{
	struct redis *redis = calloc(1, sizeof(*redis));

	if (redis == NULL)
		return NULL;
	redis->fd = -1;
	redis->wake_fd = wake_fd;
	redis->reply_timeout_msecs = set->reply_timeout_msecs;
	redis->max_reply_bytes = (size_t)set->max_reply_bytes;
	redis->resp = resp_open();
	if (redis->resp == NULL)
		redis_close(&redis);
	return redis;
}

int redis_open(const struct settings_redis *set, int wake_fd,
	       struct redis **redis_r, struct err *err)
{
	struct redis *redis = redis_new(set, wake_fd);
	struct arena *arena = arena_open(0);
	struct dial dial = { 0 };
	int ret = -1;

	if (redis == NULL || arena == NULL)
		(void)err_set(err, ERR_RETRY, "out of memory");
	else if (dial_open(set, wake_fd, &dial, err) == 0) {
		redis->fd = dial.fd;
		/* The greeting is part of connecting, and has its deadline. */
		redis->reply_timeout_msecs = clock_earlier(
			set->connect_timeout_msecs, set->reply_timeout_msecs);
		ret = redis_hello(redis, set, &dial, arena, err);
		redis->reply_timeout_msecs = set->reply_timeout_msecs;
	}
	dial_forget(&dial);
	arena_close(&arena);
	if (ret < 0) {
		redis_close(&redis);
		return err_wrap(err, "%s", set->url);
	}
	*redis_r = redis;
	return 0;
}
