#ifndef OMQ_CONTROL_H
#define OMQ_CONTROL_H

#include "supervisor/ordermqd/control_client.h"

#include <stdint.h>

struct err;
struct loop;

/* The two sockets of ordermqd: control.sock (0660) takes every command, and
   status.sock (0666) beside it only those that change nothing. A client sends
   one line and gets JSON Lines, then the connection closes. A slow client
   delays neither ordermqd nor another client: each has CONTROL_CLIENT_MSECS for
   its line and again for its answer, and each socket has at most
   CONTROL_CLIENTS_MAX clients at a time. */

#define CONTROL_CLIENTS_MAX 16

struct control;

/* Listen on path and on status.sock beside it; sockets that are in the way
   there are removed, so the caller must hold the lock of the directory.
   commands and owner are borrowed. Returns 0, or -1 with ERR_FATAL. */
int control_open(struct loop *loop, const char *path,
		 const struct control_command *commands, void *owner,
		 struct control **control_r, struct err *err);

/* Close and remove the sockets. Answers that fit into the buffers of the kernel
   still arrive. NULL is fine. */
void control_close(struct control **control);

/* Answer every client that control_park() has made wait for the address
   what. */
void control_finish(struct control *control, const void *what, int code,
		    const char *text);

/* Drop clients whose time is up; and when the next one's is up, -1: never. */
void control_tick(struct control *control, int64_t now_msecs);
int64_t control_deadline(const struct control *control);

#endif
