#ifndef OMQ_CONTROL_CLIENT_H
#define OMQ_CONTROL_CLIENT_H

#include "supervisor/ordermqd/control_line.h"
#include "supervisor/ordermqd/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A client of a socket of ordermqd: its line, and the answer. */

#define STATUS_SOCKET "status.sock"

/* At most this long a client takes to send its line, and again to read the
   answer. */
#define CONTROL_CLIENT_MSECS 5000

struct control_client;

/* One command that a line may begin with. */
struct control_command {
	const char *word; /* NULL ends the table */
	bool changes;     /* not over status.sock; logged with the peer */
	bool takes_args;  /* something may stand behind the word */
	/* Answers with control_answer() or control_result(), now or later. */
	void (*run)(void *owner, struct control_client *client);
};

/* Send text of length bytes, which now belongs to the client, and close. */
void control_answer(struct control_client *client, char *text, size_t length);

/* Answer {"kind":"result","ok":...,"code":code,"text":text}; code 0 is ok. */
void control_result(struct control_client *client, int code, const char *text);

/* The first word of the client's line, and its arguments, "" for none. */
const char *control_word(const struct control_client *client);
const char *control_args(const struct control_client *client);

/* Let the client wait without a deadline, until control_finish() is called with
   the address what, or the client goes away. */
void control_park(struct control_client *client, const void *what);

/* The rest is for control.c alone. */
struct control_client {
	struct loop *loop;
	const struct control_command *commands;
	void *owner;
	struct loop_watch watch; /* fd -1: free */
	bool may_change;
	const void *parked;     /* the address it waits for; NULL: none */
	int64_t deadline_msecs; /* -1: none */
	struct control_line line;
	const struct control_command *command; /* that it asks for */
	const char *args; /* of the line, behind its word */
	char *answer;     /* NULL: none yet */
	size_t answer_length;
	size_t sent;
};

/* Begin with a client that was accepted as fd. loop, commands and owner are
   filled in already; may_change: every command, not only those that change
   nothing. */
void control_client_begin(struct control_client *client, int fd,
			  bool may_change);

/* Close the connection without an answer, and free the client's place. */
void control_client_drop(struct control_client *client);

#endif
