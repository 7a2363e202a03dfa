#ifndef OMQ_CONTROL_H
#define OMQ_CONTROL_H

#include "supervisor/ordermqd/control_client.h"

#include <stdint.h>

struct err;
struct loop;

/* The sockets ordermqd is spoken to over: control.sock (0660), for whoever may
   change things, and status.sock (0666) beside it, only to look. A client sends
   one line and gets JSON Lines, then the connection closes. No client can hold
   up another one, or ordermqd: each has CONTROL_CLIENT_MSECS to say its line
   and to take its answer, and each socket CONTROL_CLIENTS_MAX at a time. */

#define CONTROL_CLIENTS_MAX 16

struct control;

/* Listen on path and on status.sock beside it; sockets that are in the way
   there are removed, so the caller must hold the lock of the directory.
   commands and owner are borrowed. Returns 0, or -1 with ERR_FATAL. */
int control_open(struct loop *loop, const char *path,
		 const struct control_command *commands, void *owner,
		 struct control **control_r, struct err *err);

/* Close and remove the sockets. What was answered and fits into the buffers of
   the kernel still arrives. NULL is fine. */
void control_close(struct control **control);

/* Answer every client that control_park() has let wait for what. */
void control_finish(struct control *control, const void *what, int code,
		    const char *text);

/* Drop who is too slow; and when that has to be looked at, -1: never. */
void control_tick(struct control *control, int64_t now_msecs);
int64_t control_deadline(const struct control *control);

#endif
