/* The two sockets of ordermqd, and the places for their clients. daemon.c
   opens them with its commands; control_client.c serves one client. */

#include "config.h"

#include "supervisor/ordermqd/control.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "supervisor/ordermqd/control_client.h"
#include "supervisor/ordermqd/loop.h"

#include <errno.h>
#include <stdio.h>
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

void control_finish(struct control *control, const void *what, int code,
		    const char *text)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct control_client *client =
			&control->listeners[CHANGE].clients[i];

		if (client->watch.fd >= 0 && client->parked == what)
			control_result(client, code, text);
	}
}

static struct control_client *client_free(struct listener *listener)
{
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (listener->clients[i].watch.fd < 0)
			return &listener->clients[i];
	}
	return NULL;
}

/* Without a free descriptor a waiting client keeps the listener ready, and the
   loop would spin: do not listen for a while. Any other failure of accept() has
   passed by then. */
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

	(void)events;
	if (fd < 0) {
		listener_rest(listener);
		return;
	}
	if (client == NULL) {
		(void)close(fd);
		return;
	}
	control_client_begin(client, fd, listener->may_change);
}

/* Bind so that the socket has this mode from its first moment. */
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

/* Fill in both paths; status.sock lies beside path. */
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
		listener->clients[i] = (struct control_client){
			.loop = control->loop,
			.commands = control->commands,
			.owner = control->owner,
			.watch.fd = -1,
		};
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
			control_client_drop(&listener->clients[i]);
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
			control_client_drop(client);
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
