#include "config.h"

#include "lib/redis/pipeline.h"

#include "lib/redis/formatter.h"
#include "lib/redis/resp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What stays of memory that a giant batch once needed. */
#define PIPELINE_KEEP_BYTES ((size_t)256 * 1024)

void pipeline_close(struct pipeline *pipeline)
{
	free(pipeline->bytes);
	formatter_close(&pipeline->formatter);
	*pipeline = (struct pipeline){ 0 };
}

/* With something held it is never empty, however much was sent. */
static void forget_sent(struct pipeline *pipeline)
{
	pipeline->used -= pipeline->sent;
	pipeline->ready -= pipeline->sent;
	memmove(pipeline->bytes, pipeline->bytes + pipeline->sent,
		pipeline->used);
	pipeline->sent = 0;
}

/* Room for so many bytes more. */
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

/* What the formatter leaves to resp_format(). Returns the bytes, or 0 when out
   of memory. */
static size_t put_formatted(struct pipeline *pipeline, const struct text *words,
			    size_t count)
{
	char *command = NULL;
	ssize_t length = resp_format(words, count, &command);

	if (length < 0 || reserve(pipeline, (size_t)length) < 0) {
		resp_free(command);
		return 0;
	}
	memcpy(pipeline->bytes + pipeline->used, command, (size_t)length);
	resp_free(command);
	return (size_t)length;
}

static size_t put(struct pipeline *pipeline, const struct text *words,
		  size_t count)
{
	size_t length;

	if (pipeline->formatter == NULL)
		pipeline->formatter = formatter_open();
	if (pipeline->formatter == NULL ||
	    reserve(pipeline, formatter_bytes(words, count)) < 0)
		return 0;
	length = formatter_write(pipeline->formatter, words, count,
				 pipeline->bytes + pipeline->used);
	return length > 0 ? length : put_formatted(pipeline, words, count);
}

int pipeline_append(struct pipeline *pipeline, const struct text *words,
		    size_t count)
{
	size_t length = put(pipeline, words, count);

	if (length == 0)
		return -1;
	pipeline->used += length;
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
