#include "config.h"

#include "supervisor/control.h"

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "supervisor/control_line.h"
#include "supervisor/loop.h"
#include "supervisor/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define BACKLOG 64
#define REST_MSECS 1000
#define STATUS_SOCKET "status.sock"

struct control_client {
	struct control *control;
	struct loop_watch watch; /* fd -1: free */
	bool may_change;
	const struct control_command *parked;
	int64_t deadline_msecs; /* -1: none */
	struct control_line line;
	char *answer; /* NULL: none yet */
	size_t answer_length;
	size_t sent;
};

struct listener {
	struct control *control;
	struct loop_watch watch;
	struct sockaddr_un addr;
	bool may_change;
	int64_t rest_until_msecs; /* -1: it listens */
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

enum { CHANGE, LOOK, LISTENER_COUNT };

struct control {
	struct loop *loop;
	const struct control_command *commands;
	void *owner;
	struct listener listeners[LISTENER_COUNT];
};

static void client_drop(struct control_client *client)
{
	loop_drop(client->control->loop, &client->watch);
	free(client->answer);
	client->answer = NULL;
}

/* Send what goes now; the rest when the client has read some. */
static void client_send(struct control_client *client)
{
	while (client->sent < client->answer_length) {
		ssize_t count =
			send(client->watch.fd, client->answer + client->sent,
			     client->answer_length - client->sent,
			     MSG_NOSIGNAL | MSG_DONTWAIT);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN)
			return;
		if (count <= 0)
			break;
		client->sent += (size_t)count;
	}
	client_drop(client);
}

void control_answer(struct control_client *client, char *text, size_t length)
{
	client->parked = NULL;
	client->answer = text;
	client->answer_length = length;
	client->deadline_msecs = clock_msecs() + CONTROL_CLIENT_MSECS;
	loop_change(client->control->loop, &client->watch, EPOLLOUT);
	client_send(client);
}

void control_result(struct control_client *client, int code, const char *text)
{
	char *line = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&line, &length);

	if (out == NULL) {
		client_drop(client);
		return;
	}
	record_write(out, json_pack("{s:s,s:b,s:i,s:o}", "kind", "result", "ok",
				    code == 0, "code", code, "text",
				    record_text(text)));
	(void)fclose(out);
	control_answer(client, line, length);
}

void control_park(struct control_client *client,
		  const struct control_command *command)
{
	client->parked = command;
	client->deadline_msecs = -1;
	/* Nothing but its end: that always comes. */
	loop_change(client->control->loop, &client->watch, 0);
}

void control_finish(struct control *control,
		    const struct control_command *command, int code,
		    const char *text)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client =
			&control->listeners[CHANGE].clients[i];

		if (client->watch.fd >= 0 && client->parked == command)
			control_result(client, code, text);
	}
}

static void log_peer(const struct control_client *client, const char *word)
{
	struct ucred peer = { 0 };
	socklen_t bytes = sizeof(peer);

	if (getsockopt(client->watch.fd, SOL_SOCKET, SO_PEERCRED, &peer,
		       &bytes) == 0)
		log_line(LOG_NOTICE, "control: %s asked for by pid %d, uid %u",
			 word, (int)peer.pid, (unsigned int)peer.uid);
}

static void client_obey(struct control_client *client)
{
	const struct control_command *command = client->control->commands;

	while (command->word != NULL &&
	       strcmp(command->word, client->line.text) != 0)
		command++;
	if (command->word == NULL) {
		control_result(client, EX_USAGE, "no such command");
		return;
	}
	if (command->changes && !client->may_change) {
		control_result(client, EX_NOPERM, "not over " STATUS_SOCKET);
		return;
	}
	if (command->changes)
		log_peer(client, command->word);
	command->run(client->control->owner, client);
}

static void client_take(struct control_client *client, size_t count)
{
	switch (control_line_take(&client->line, count)) {
	case CONTROL_LINE_PART:
		break;
	case CONTROL_LINE_WHOLE:
		client_obey(client);
		break;
	case CONTROL_LINE_LONG:
		control_result(client, EX_USAGE, "line too long");
		break;
	case CONTROL_LINE_NUL:
		control_result(client, EX_USAGE, "a NUL byte in the line");
		break;
	}
}

/* Take more of the line; obey when it is whole. */
static void client_read(struct control_client *client)
{
	size_t room;
	char *at = control_line_room(&client->line, &room);
	ssize_t count = recv(client->watch.fd, at, room, 0);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count < 0 || (count == 0 && client->line.length == 0)) {
		client_drop(client);
		return;
	}
	client_take(client, (size_t)count);
}

static void client_ready(void *owner, uint32_t events)
{
	struct control_client *client = owner;

	if (client->answer != NULL)
		client_send(client);
	else if ((events & EPOLLIN) != 0)
		client_read(client);
	else
		client_drop(client);
}

static struct control_client *client_free(struct listener *listener)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (listener->clients[i].watch.fd < 0)
			return &listener->clients[i];
	}
	return NULL;
}

/* Out of descriptors, whoever waits keeps the listener ready: look away for a
   while. What else can fail has passed by then. */
static void listener_rest(struct listener *listener)
{
	listener->rest_until_msecs = clock_msecs() + REST_MSECS;
	loop_change(listener->control->loop, &listener->watch, 0);
}

static void listener_ready(void *owner, uint32_t events)
{
	struct listener *listener = owner;
	struct control_client *client = client_free(listener);
	int fd = accept4(listener->watch.fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct err err;

	(void)events;
	if (fd < 0) {
		listener_rest(listener);
		return;
	}
	if (client == NULL) {
		(void)close(fd);
		return;
	}
	memset(client, 0, sizeof(*client));
	client->control = listener->control;
	client->may_change = listener->may_change;
	client->deadline_msecs = clock_msecs() + CONTROL_CLIENT_MSECS;
	client->watch = (struct loop_watch){ fd, client_ready, client };
	if (loop_add(listener->control->loop, &client->watch, EPOLLIN, &err) <
	    0)
		client_drop(client);
}

/* Bind with the mode from the first moment on. */
static int bind_with_mode(int fd, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t before = umask(0777 & ~mode);
	int ret;

	(void)unlink(addr->sun_path);
	ret = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));
	(void)umask(before);
	return ret;
}

static int listener_open(struct listener *listener, mode_t mode,
			 struct err *err)
{
	const char *path = listener->addr.sun_path;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	listener->watch = (struct loop_watch){ fd, listener_ready, listener };
	if (fd < 0 || bind_with_mode(fd, &listener->addr, mode) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_errno(err, ERR_FATAL, "%s", path);
	return loop_add(listener->control->loop, &listener->watch, EPOLLIN,
			err);
}

/* Both paths: the second beside the first. */
static int find_paths(struct control *control, const char *path,
		      struct err *err)
{
	char *change = control->listeners[CHANGE].addr.sun_path;
	char *look = control->listeners[LOOK].addr.sun_path;
	const size_t bytes = sizeof(control->listeners[LOOK].addr.sun_path);
	const char *slash = strrchr(path, '/');
	int dir_length = slash == NULL ? 0 : (int)(slash - path) + 1;

	if ((size_t)snprintf(change, bytes, "%s", path) >= bytes ||
	    (size_t)snprintf(look, bytes, "%.*s" STATUS_SOCKET, dir_length,
			     path) >= bytes)
		return err_set(err, ERR_FATAL, "%s: longer than %zu bytes",
			       path, bytes - sizeof(STATUS_SOCKET));
	return 0;
}

static void listener_prepare(struct control *control, int which)
{
	struct listener *listener = &control->listeners[which];

	listener->control = control;
	listener->addr.sun_family = AF_UNIX;
	listener->may_change = which == CHANGE;
	listener->watch.fd = -1;
	listener->rest_until_msecs = -1;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		listener->clients[i].watch.fd = -1;
}

int control_open(struct loop *loop, const char *path,
		 const struct control_command *commands, void *owner,
		 struct control **control_r, struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL)
		return err_errno(err, ERR_FATAL, "control");
	control->loop = loop;
	control->commands = commands;
	control->owner = owner;
	for (int i = 0; i < LISTENER_COUNT; i++)
		listener_prepare(control, i);
	if (find_paths(control, path, err) < 0 ||
	    listener_open(&control->listeners[CHANGE], 0660, err) < 0 ||
	    listener_open(&control->listeners[LOOK], 0666, err) < 0) {
		control_close(&control);
		return -1;
	}
	*control_r = control;
	return 0;
}

static void listener_close(struct listener *listener)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (listener->clients[i].watch.fd >= 0)
			client_drop(&listener->clients[i]);
	}
	if (listener->watch.fd >= 0)
		(void)unlink(listener->addr.sun_path);
	loop_drop(listener->control->loop, &listener->watch);
}

void control_close(struct control **_control)
{
	struct control *control = *_control;

	*_control = NULL;
	if (control == NULL)
		return;
	for (int i = 0; i < LISTENER_COUNT; i++)
		listener_close(&control->listeners[i]);
	free(control);
}

static void listener_tick(struct listener *listener, int64_t now_msecs)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client = &listener->clients[i];

		if (client->watch.fd >= 0 && client->deadline_msecs >= 0 &&
		    client->deadline_msecs <= now_msecs)
			client_drop(client);
	}
	if (listener->rest_until_msecs >= 0 &&
	    listener->rest_until_msecs <= now_msecs) {
		listener->rest_until_msecs = -1;
		loop_change(listener->control->loop, &listener->watch, EPOLLIN);
	}
}

void control_tick(struct control *control, int64_t now_msecs)
{
	for (int i = 0; i < LISTENER_COUNT; i++)
		listener_tick(&control->listeners[i], now_msecs);
}

static int64_t listener_deadline(const struct listener *listener)
{
	int64_t deadline = listener->rest_until_msecs;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		const struct control_client *client = &listener->clients[i];

		if (client->watch.fd >= 0)
			deadline =
				clock_earlier(deadline, client->deadline_msecs);
	}
	return deadline;
}

int64_t control_deadline(const struct control *control)
{
	int64_t deadline = -1;

	for (int i = 0; i < LISTENER_COUNT; i++)
		deadline = clock_earlier(
			deadline, listener_deadline(&control->listeners[i]));
	return deadline;
}
