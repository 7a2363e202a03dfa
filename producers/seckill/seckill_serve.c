/* ordermq-seckill serve: one loop over all clients and the connection to Redis.
   Lines of seckill_client.c become requests in seckill_queue.c, and results
   lines again. */

#include "config.h"

#include "producers/seckill/seckill_serve.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "producers/seckill/seckill_queue.h"
#include "producers/seckill/orderno.h"
#include "producers/seckill/seckill_client.h"
#include "producers/seckill/seckill_line.h"
#include "producers/seckill/seckill_listen.h"
#include "producers/seckill/seckill_options.h"
#include "producers/common/stop.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define SERVE_CLIENTS_MAX 256

/* At most that many lines are taken from one client before the next has its
   turn. */
#define SERVE_TURN 64

/* After a connection could not be accepted, none is for that long. */
#define SERVE_REST_MSECS 1000

/* At the end clients have that long to read the last answers. */
#define SERVE_STOP_MSECS 2000

/* Each client has two places, for its input and its output; behind them: */
enum {
	POLL_STOP = 2 * SERVE_CLIENTS_MAX,
	POLL_LISTENER,
	POLL_REDIS,
	POLL_COUNT,
};

struct serve {
	struct seckill_queue *queue;
	struct orderno orderno;
	int listener; /* -1: standard input is the only client */
	int64_t rest_until_msecs;
	bool is_stopping;
	int64_t stop_until_msecs; /* the end for clients that do not read */
	bool some_bad;            /* lines that were no requests */
	bool some_failed;         /* requests without a decision */
	struct client clients[SERVE_CLIENTS_MAX];
	struct pollfd fds[POLL_COUNT];
};

static void line_put(struct serve *serve, struct client *client,
		     enum client_line got, struct text line)
{
	struct seckill_request request = { 0 };
	struct seckill_queue_entry *entry;
	struct err err;
	int ret;

	if (got == CLIENT_LONG)
		ret = err_set(&err, ERR_REJECT, "line over %zu KiB",
			      CLIENT_LINE_BYTES / 1024);
	else
		ret = seckill_line_read(line.data, line.length, &request, &err);
	entry = ret < 0 ? seckill_queue_put_failed(serve->queue, err.text)
			: seckill_queue_put(serve->queue);
	serve->some_bad = serve->some_bad || ret < 0;
	entry->request = request;
	entry->owner = client;
	entry->line = client->line;
	if (ret == 0 && request.orderno[0] == '\0') {
		char number[ORDERNO_BYTES];

		(void)snprintf(entry->request.orderno,
			       sizeof(entry->request.orderno), "%s",
			       orderno_next(&serve->orderno, number));
	}
	client->waiting++;
}

/* Take lines of the client. Returns their number. */
static int lines_take(struct serve *serve, struct client *client)
{
	struct text line;
	int taken = 0;

	while (taken < SERVE_TURN && !seckill_queue_is_full(serve->queue)) {
		enum client_line got = client_take(client, &line);

		if (got == CLIENT_NONE)
			break;
		line_put(serve, client, got, line);
		taken++;
	}
	return taken;
}

/* Take lines of all clients in turn, until the queue is full or no client has
   one. */
static void requests_take(struct serve *serve)
{
	int taken;

	do {
		taken = 0;
		for (int i = 0; i < SERVE_CLIENTS_MAX; i++) {
			if (serve->clients[i].is_there)
				taken += lines_take(serve, &serve->clients[i]);
		}
	} while (taken > 0);
}

static void answers_give(struct serve *serve)
{
	const struct seckill_queue_entry *entry;

	while ((entry = seckill_queue_take(serve->queue)) != NULL) {
		struct client *client = entry->owner;
		char line[SECKILL_LINE_BYTES];

		serve->some_failed = serve->some_failed ||
				     (entry->state == SECKILL_QUEUE_FAILED &&
				      entry->request.user[0] != '\0');
		client->waiting--;
		client_answer(client, line, seckill_line_write(entry, line));
	}
	for (int i = 0; i < SERVE_CLIENTS_MAX; i++) {
		if (serve->clients[i].is_there)
			client_flush(&serve->clients[i]);
	}
}

/* Close the connections that are done; standard input stays for its status.
   Returns true when a client is left. */
static bool clients_sweep(struct serve *serve)
{
	bool some = false;

	for (int i = 0; i < SERVE_CLIENTS_MAX; i++) {
		struct client *client = &serve->clients[i];

		if (!client->is_there)
			continue;
		if (!client_is_done(client))
			some = true;
		else if (serve->listener >= 0)
			client_close(client);
	}
	return some;
}

static struct client *client_free(struct serve *serve)
{
	for (int i = 0; i < SERVE_CLIENTS_MAX; i++) {
		if (!serve->clients[i].is_there)
			return &serve->clients[i];
	}
	return NULL;
}

static void client_accept(struct serve *serve)
{
	struct client *client = client_free(serve);
	int fd = accept4(serve->listener, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0 && client_open(client, fd, fd) == 0)
		return;
	if (fd >= 0)
		(void)close(fd);
	/* Without a free descriptor the waiting client would keep the listener
	   ready. */
	serve->rest_until_msecs = clock_msecs() + SERVE_REST_MSECS;
}

static void poll_want(struct serve *serve, int i, int fd, short events)
{
	serve->fds[i].fd = events == 0 ? -1 : fd;
	serve->fds[i].events = events;
	serve->fds[i].revents = 0;
}

static void serve_wait(struct serve *serve)
{
	const bool is_full = seckill_queue_is_full(serve->queue);
	int64_t wait_msecs = seckill_queue_wait_msecs(serve->queue);
	const bool rests = clock_until(serve->rest_until_msecs) > 0;

	for (int i = 0; i < SERVE_CLIENTS_MAX; i++) {
		const struct client *client = &serve->clients[i];

		poll_want(serve, 2 * i, client->in,
			  is_full ? 0 : client_in_events(client));
		poll_want(serve, 2 * i + 1, client->out,
			  client_out_events(client));
	}
	poll_want(serve, POLL_STOP, stop_fd(), serve->is_stopping ? 0 : POLLIN);
	poll_want(serve, POLL_LISTENER, serve->listener,
		  serve->listener < 0 || serve->is_stopping || rests ||
				  client_free(serve) == NULL
			  ? 0
			  : POLLIN);
	poll_want(serve, POLL_REDIS, seckill_queue_fd(serve->queue),
		  seckill_queue_events(serve->queue));
	if (rests || serve->is_stopping)
		wait_msecs = clock_earlier(wait_msecs, SERVE_REST_MSECS);
	(void)poll(serve->fds, POLL_COUNT, (int)wait_msecs);
}

static void serve_stop(struct serve *serve)
{
	serve->is_stopping = true;
	serve->stop_until_msecs = clock_msecs() + SERVE_STOP_MSECS;
	for (int i = 0; i < SERVE_CLIENTS_MAX; i++) {
		if (serve->clients[i].is_there)
			client_end(&serve->clients[i]);
	}
	seckill_queue_hurry(serve->queue);
}

/* Act on what poll() has found. */
static void serve_hear(struct serve *serve)
{
	for (int i = 0; i < SERVE_CLIENTS_MAX; i++) {
		if (serve->fds[2 * i].revents != 0)
			client_read(&serve->clients[i]);
	}
	if (serve->fds[POLL_LISTENER].revents != 0)
		client_accept(serve);
	if (serve->fds[POLL_STOP].revents != 0)
		serve_stop(serve);
}

/* Is no client left to be answered, and can none come? */
static bool serve_is_done(struct serve *serve)
{
	const bool some = clients_sweep(serve);

	if (serve->is_stopping)
		return seckill_queue_is_empty(serve->queue) &&
		       (!some || clock_until(serve->stop_until_msecs) == 0);
	return serve->listener < 0 && !some;
}

static void serve_loop(struct serve *serve)
{
	for (;;) {
		requests_take(serve);
		seckill_queue_work(serve->queue);
		answers_give(serve);
		if (serve_is_done(serve))
			return;
		if (!seckill_queue_is_full(serve->queue))
			requests_take(serve);
		serve_wait(serve);
		serve_hear(serve);
	}
}

static int serve_status(const struct serve *serve)
{
	const struct client *client = &serve->clients[0];

	if (client->read_errno != 0)
		seckill_say("stdin: %s", strerror(client->read_errno));
	if (client->write_errno != 0)
		seckill_say("stdout: %s: %" PRIu64 " answers are lost",
			    strerror(client->write_errno), client->lost);
	if (stop_signal() != 0)
		return seckill_signal_status();
	if (client->write_errno != 0 || serve->some_failed)
		return EX_TEMPFAIL;
	return client->read_errno != 0 || serve->some_bad ? EX_DATAERR : 0;
}

static int serve_run(struct serve *serve, const char *path)
{
	struct err err = { .text = "out of memory" };
	int status;

	orderno_begin(&serve->orderno);
	serve->listener = -1;
	if (path != NULL)
		serve->listener = seckill_listen(path, &err);
	if (path != NULL ? serve->listener < 0
			 : client_open(&serve->clients[0], STDIN_FILENO,
				       STDOUT_FILENO) < 0) {
		seckill_say("%s", err.text);
		return EX_TEMPFAIL;
	}
	serve_loop(serve);
	status = path == NULL ? serve_status(serve) : seckill_signal_status();
	for (int i = 0; i < SERVE_CLIENTS_MAX; i++)
		client_close(&serve->clients[i]);
	if (path != NULL)
		seckill_unlisten(path, serve->listener);
	return status;
}

int seckill_serve(struct seckill_queue *queue, const char *path)
{
	struct serve *serve = calloc(1, sizeof(*serve));
	int status;

	if (serve == NULL) {
		seckill_say("out of memory");
		return EX_TEMPFAIL;
	}
	serve->queue = queue;
	status = serve_run(serve, path);
	free(serve);
	return status;
}
