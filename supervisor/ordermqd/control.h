#ifndef OMQ_CONTROL_H
#define OMQ_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct loop;

/* The sockets ordermqd is spoken to over: control.sock (0660), for whoever may
   change things, and status.sock (0666) beside it, only to look. A client sends
   one line and gets JSON Lines, then the connection closes. No client can hold
   up another one, or ordermqd: each has CONTROL_CLIENT_MSECS to say its line
   and to take its answer, and each socket CONTROL_CLIENTS_MAX at a time. */

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_CLIENT_MSECS 5000

struct control;
struct control_client;

/* One word of the language. */
struct control_command {
	const char *word; /* NULL ends the table */
	bool changes;     /* not over status.sock; logged with who asked */
	bool takes_args;  /* something may stand behind the word */
	/* Answers with control_answer() or control_result(), now or later. */
	void (*run)(void *owner, struct control_client *client);
};

/* Listen on path and on status.sock beside it; sockets that are in the way
   there are removed, so the caller must hold the lock of the directory.
   commands and owner are borrowed. Returns 0, or -1 with ERR_FATAL. */
int control_open(struct loop *loop, const char *path,
		 const struct control_command *commands, void *owner,
		 struct control **control_r, struct err *err);

/* Close and remove the sockets. What was answered and fits into the buffers of
   the kernel still arrives. NULL is fine. */
void control_close(struct control **control);

/* Send text of length bytes, which now belongs to the client, and close. */
void control_answer(struct control_client *client, char *text, size_t length);

/* Answer {"kind":"result","ok":...,"code":code,"text":text}; code 0 is ok. */
void control_result(struct control_client *client, int code, const char *text);

/* The word of the client's line, and what stands behind it, "" for nothing. */
const char *control_word(const struct control_client *client);
const char *control_args(const struct control_client *client);

/* The answer comes later, by control_finish() for the same thing that is waited
   for, whose address tells it: however long it takes, unless the client goes
   away. */
void control_park(struct control_client *client, const void *what);
void control_finish(struct control *control, const void *what, int code,
		    const char *text);

/* Drop who is too slow; and when that has to be looked at, -1: never. */
void control_tick(struct control *control, int64_t now_msecs);
int64_t control_deadline(const struct control *control);

#endif
