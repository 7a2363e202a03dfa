/* One client of ordermq-seckill serve: lines in, lines out, never waiting.
   seckill_serve.c polls its descriptors. */

#include "config.h"

#include "producers/seckill/seckill_client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENT_READ_BYTES ((size_t)64 * 1024)

/* Back-pressure: with that many unsent bytes of answers a client is not read
   from. */
#define CLIENT_ANSWERS_BYTES ((size_t)256 * 1024)

int client_open(struct client *client, int in, int out)
{
	char *data = malloc(CLIENT_READ_BYTES);

	if (data == NULL)
		return -1;
	*client = (struct client){
		.is_there = true,
		.in = in,
		.out = out,
		.data = data,
	};
	return 0;
}

void client_close(struct client *client)
{
	if (client->is_there && client->in == client->out)
		(void)close(client->in);
	free(client->data);
	free(client->answers);
	*client = (struct client){ 0 };
}

static size_t unwritten(const struct client *client)
{
	return client->answers_used - client->answers_sent;
}

static bool is_heard(const struct client *client)
{
	return unwritten(client) < CLIENT_ANSWERS_BYTES;
}

/* A whole line behind begin has to be taken before there is room to read. */
static bool has_line(const struct client *client)
{
	return client->end > client->begin &&
	       memchr(client->data + client->begin, '\n',
		      client->end - client->begin) != NULL;
}

short client_in_events(const struct client *client)
{
	return client->is_there && !client->has_ended && is_heard(client) &&
			       !has_line(client)
		       ? POLLIN
		       : 0;
}

short client_out_events(const struct client *client)
{
	return client->is_there && unwritten(client) > 0 ? POLLOUT : 0;
}

void client_read(struct client *client)
{
	ssize_t got;

	client->end -= client->begin;
	memmove(client->data, client->data + client->begin, client->end);
	client->begin = 0;
	got = read(client->in, client->data + client->end,
		   CLIENT_READ_BYTES - client->end);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got < 0)
		client->read_errno = errno;
	if (got <= 0)
		client->has_ended = true;
	else
		client->end += (size_t)got;
}

static bool is_blank(struct text line)
{
	for (size_t i = 0; i < line.length; i++) {
		if (line.data[i] != ' ' && line.data[i] != '\t' &&
		    line.data[i] != '\r')
			return false;
	}
	return true;
}

/* Take a line, blank or not; the last one may have no end. */
static enum client_line client_line_take(struct client *client,
					 struct text *line_r)
{
	const char *begin = client->data + client->begin;
	const size_t there = client->end - client->begin;
	const char *end = there == 0 ? NULL : memchr(begin, '\n', there);
	const size_t length = end == NULL ? there : (size_t)(end - begin);
	const bool is_long = length > CLIENT_LINE_BYTES || client->is_dropping;

	if (end == NULL && is_long) {
		client->is_dropping = true;
		client->begin = client->end;
	}
	if (end == NULL &&
	    (!client->has_ended || (length == 0 && !client->is_dropping)))
		return CLIENT_NONE;
	client->begin += end == NULL ? client->end - client->begin : length + 1;
	client->is_dropping = false;
	client->line++;
	*line_r = (struct text){ begin, length };
	return is_long ? CLIENT_LONG : CLIENT_LINE;
}

enum client_line client_take(struct client *client, struct text *line_r)
{
	enum client_line got;

	if (!is_heard(client))
		return CLIENT_NONE;
	do {
		got = client_line_take(client, line_r);
	} while (got == CLIENT_LINE && is_blank(*line_r));
	return got;
}

/* The client reads no more: its answers, now and later, are lost. */
static void deafen(struct client *client, int why)
{
	client->write_errno = why;
	client->has_ended = true;
	client->begin = client->end;
	client->is_dropping = false;
	for (size_t i = client->answers_sent; i < client->answers_used; i++)
		client->lost += client->answers[i] == '\n';
	client->answers_sent = client->answers_used = 0;
}

void client_answer(struct client *client, const char *answer, size_t length)
{
	const size_t wanted = client->answers_used + length;

	if (client->write_errno == 0 && wanted > client->answers_size) {
		char *answers = realloc(client->answers, 2 * wanted);

		if (answers == NULL) {
			deafen(client, ENOMEM);
		} else {
			client->answers = answers;
			client->answers_size = 2 * wanted;
		}
	}
	if (client->write_errno != 0) {
		client->lost++;
		return;
	}
	memcpy(client->answers + client->answers_used, answer, length);
	client->answers_used += length;
}

/* The number of bytes that can be written without waiting: into a pipe with
   room, what POSIX promises. A file or a non-blocking connection never makes us
   wait. */
static size_t writable(const struct client *client)
{
	struct pollfd fd = { .fd = client->out, .events = POLLOUT };
	struct stat st;

	if (client->in == client->out || fstat(client->out, &st) < 0 ||
	    S_ISREG(st.st_mode))
		return unwritten(client);
	if (poll(&fd, 1, 0) <= 0)
		return 0;
	return unwritten(client) < PIPE_BUF ? unwritten(client) : PIPE_BUF;
}

void client_flush(struct client *client)
{
	while (unwritten(client) > 0) {
		size_t bytes = writable(client);
		ssize_t put =
			bytes == 0
				? 0
				: write(client->out,
					client->answers + client->answers_sent,
					bytes);

		if (bytes == 0 || (put < 0 && errno == EAGAIN))
			return;
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			deafen(client, errno);
			return;
		}
		client->answers_sent += (size_t)put;
	}
	client->answers_sent = client->answers_used = 0;
}

bool client_is_done(const struct client *client)
{
	return client->has_ended && client->waiting == 0 &&
	       client->begin == client->end && !client->is_dropping &&
	       unwritten(client) == 0;
}

void client_end(struct client *client)
{
	client->has_ended = true;
	client->begin = client->end;
	client->is_dropping = false;
}
