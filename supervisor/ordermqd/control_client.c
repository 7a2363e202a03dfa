/* One client of a control socket: takes its line, runs the command, sends
   the answer. control.c accepts it; the commands are in daemon.c. */

#include "config.h"

#include "supervisor/ordermqd/control_client.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "supervisor/common/json_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>

void control_client_drop(struct control_client *client)
{
	loop_drop(client->loop, &client->watch);
	free(client->answer);
	client->answer = NULL;
}

/* Send as much as the socket takes now; the rest follows when the client has
   read some. */
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
	control_client_drop(client);
}

void control_answer(struct control_client *client, char *text, size_t length)
{
	client->parked = NULL;
	client->answer = text;
	client->answer_length = length;
	client->deadline_msecs = clock_msecs() + CONTROL_CLIENT_MSECS;
	loop_change(client->loop, &client->watch, EPOLLOUT);
	client_send(client);
}

void control_result(struct control_client *client, int code, const char *text)
{
	char *line = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&line, &length);

	if (out == NULL) {
		control_client_drop(client);
		return;
	}
	json_line_write(out, json_pack("{s:s,s:b,s:i,s:o}", "kind", "result",
				       "ok", code == 0, "code", code, "text",
				       json_line_text(text)));
	(void)fclose(out);
	control_answer(client, line, length);
}

void control_park(struct control_client *client, const void *what)
{
	client->parked = what;
	client->deadline_msecs = -1;
	/* Wait for no event but the client's end, which epoll always
	   reports. */
	loop_change(client->loop, &client->watch, 0);
}

static void log_peer(const struct control_client *client)
{
	struct ucred peer = { 0 };
	socklen_t bytes = sizeof(peer);

	if (getsockopt(client->watch.fd, SOL_SOCKET, SO_PEERCRED, &peer,
		       &bytes) == 0)
		log_line(LOG_NOTICE, "control: %s asked for by pid %d, uid %u",
			 client->line.text, (int)peer.pid,
			 (unsigned int)peer.uid);
}

/* Does the line begin with the word of this command? Arguments follow only
   where the command takes some. */
static bool is_word(const struct control_command *command, const char *line)
{
	size_t length = strlen(command->word);

	return strncmp(command->word, line, length) == 0 &&
	       (line[length] == '\0' ||
		(command->takes_args && line[length] == ' '));
}

const char *control_word(const struct control_client *client)
{
	return client->command->word;
}

const char *control_args(const struct control_client *client)
{
	return client->args;
}

static void client_obey(struct control_client *client)
{
	const struct control_command *command = client->commands;

	while (command->word != NULL && !is_word(command, client->line.text))
		command++;
	if (command->word == NULL) {
		control_result(client, EX_USAGE, "no such command");
		return;
	}
	if (command->changes && !client->may_change) {
		control_result(client, EX_NOPERM, "not over " STATUS_SOCKET);
		return;
	}
	client->command = command;
	client->args = client->line.text + strlen(command->word);
	client->args += strspn(client->args, " ");
	if (command->changes)
		log_peer(client);
	command->run(client->owner, client);
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
		control_client_drop(client);
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
		control_client_drop(client);
}

void control_client_begin(struct control_client *client, int fd,
			  bool may_change)
{
	struct err err;

	client->may_change = may_change;
	client->parked = NULL;
	client->deadline_msecs = clock_msecs() + CONTROL_CLIENT_MSECS;
	client->line.length = 0;
	client->answer = NULL;
	client->answer_length = 0;
	client->sent = 0;
	client->watch = (struct loop_watch){ fd, client_ready, client };
	if (loop_add(client->loop, &client->watch, EPOLLIN, &err) < 0)
		control_client_drop(client);
}
