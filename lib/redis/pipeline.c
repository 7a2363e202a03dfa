/* Commands as the bytes that go to Redis. redis.c appends what its callers ask
   for, and sends it when its socket takes it; resp.c reads the answers. */

#include "config.h"

#include "lib/redis/pipeline.h"

#include "lib/base/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* At most that much memory is kept when everything is sent. */
#define PIPELINE_KEEP_BYTES ((size_t)256 * 1024)

void pipeline_close(struct pipeline *pipeline)
{
	free(pipeline->bytes);
	*pipeline = (struct pipeline){ 0 };
}

/* Commands that are held keep the memory in use, so that it is not emptied at
   once when the rest was sent. */
static void forget_sent(struct pipeline *pipeline)
{
	pipeline->used -= pipeline->sent;
	pipeline->ready -= pipeline->sent;
	memmove(pipeline->bytes, pipeline->bytes + pipeline->sent,
		pipeline->used);
	pipeline->sent = 0;
}

/* Make room for that many more bytes. */
static int reserve(struct pipeline *pipeline, size_t bytes)
{
	size_t wanted = pipeline->used + bytes;
	char *grown;

	if (wanted <= pipeline->size)
		return 0;
	if (pipeline->sent > 0) {
		forget_sent(pipeline);
		return reserve(pipeline, bytes);
	}
	wanted += wanted / 2;
	grown = realloc(pipeline->bytes, wanted);
	if (grown == NULL)
		return -1;
	pipeline->bytes = grown;
	pipeline->size = wanted;
	return 0;
}

/* At most that many bytes stand before a word: its length, and the line end of
   the word before it. */
#define LENGTH_BYTES (sizeof("\r\n$\r\n") + NUM_BYTES)

/* The room that a command takes at most. */
static size_t command_room(const struct text *words, size_t count)
{
	size_t bytes = (count + 1) * LENGTH_BYTES;

	for (size_t i = 0; i < count; i++)
		bytes += words[i].length;
	return bytes;
}

/* A line of the protocol that announces a number of words or bytes; nearly all
   are below 100. */
static char *number_put(char *at, char kind, size_t number)
{
	*at++ = kind;
	if (number >= 100) {
		at += num_format((int64_t)number, at);
	} else {
		if (number >= 10)
			*at++ = (char)('0' + number / 10);
		*at++ = (char)('0' + number % 10);
	}
	*at++ = '\r';
	*at++ = '\n';
	return at;
}

/* The command as Redis reads it: how many words there are, and before each word
   how many bytes it has. Returns where it ends. */
static char *command_put(char *at, const struct text *words, size_t count)
{
	at = number_put(at, '*', count);
	for (size_t i = 0; i < count; i++) {
		at = number_put(at, '$', words[i].length);
		if (words[i].length > 0)
			memcpy(at, words[i].data, words[i].length);
		at += words[i].length;
		*at++ = '\r';
		*at++ = '\n';
	}
	return at;
}

int pipeline_append(struct pipeline *pipeline, const struct text *words,
		    size_t count)
{
	char *end;

	if (reserve(pipeline, command_room(words, count)) < 0)
		return -1;
	end = command_put(pipeline->bytes + pipeline->used, words, count);
	pipeline->used = (size_t)(end - pipeline->bytes);
	if (!pipeline->is_held)
		pipeline->ready = pipeline->used;
	return 0;
}

void pipeline_hold(struct pipeline *pipeline)
{
	pipeline->is_held = true;
}

void pipeline_release(struct pipeline *pipeline)
{
	pipeline->is_held = false;
	pipeline->ready = pipeline->used;
}

void pipeline_drop(struct pipeline *pipeline)
{
	pipeline->is_held = false;
	pipeline->used = pipeline->ready;
}

bool pipeline_is_waiting(const struct pipeline *pipeline)
{
	return pipeline->sent < pipeline->ready;
}

int pipeline_send(struct pipeline *pipeline, int fd)
{
	while (pipeline_is_waiting(pipeline)) {
		ssize_t sent =
			send(fd, pipeline->bytes + pipeline->sent,
			     pipeline->ready - pipeline->sent, MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (sent < 0)
			return -1;
		pipeline->sent += (size_t)sent;
	}
	if (pipeline->used > pipeline->ready)
		return 0;
	pipeline->used = 0;
	pipeline->ready = 0;
	pipeline->sent = 0;
	if (pipeline->size > PIPELINE_KEEP_BYTES) {
		free(pipeline->bytes);
		pipeline->bytes = NULL;
		pipeline->size = 0;
	}
	return 0;
}
