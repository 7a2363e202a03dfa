#ifndef OMQ_CONTROL_CLIENT_H
#define OMQ_CONTROL_CLIENT_H

#include "supervisor/ordermqd/control.h"
#include "supervisor/ordermqd/control_line.h"
#include "supervisor/ordermqd/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATUS_SOCKET "status.sock"

/* One client of a socket: its line, and the answer. For control.c alone. */
struct control_client {
	struct loop *loop;
	const struct control_command *commands;
	void *owner;
	struct loop_watch watch; /* fd -1: free */
	bool may_change;
	const void *parked;     /* what it waits for; NULL: nothing */
	int64_t deadline_msecs; /* -1: none */
	struct control_line line;
	const struct control_command *command; /* that it asks for */
	const char *args; /* of the line, behind its word */
	char *answer;     /* NULL: none yet */
	size_t answer_length;
	size_t sent;
};

/* Let a client that has just come in say its line; it may change things or only
   look. loop, commands and owner are filled in already. */
void control_client_begin(struct control_client *client, int fd,
			  bool may_change);

/* Close it without an answer, and free its place. */
void control_client_drop(struct control_client *client);

#endif
