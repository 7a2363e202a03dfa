#ifndef OMQ_PUSH_LOG_H
#define OMQ_PUSH_LOG_H

#include "lib/base/append.h"

struct notification;

/* The transport "log": notifications as JSON Lines, appended to a file:
   {"key", "id", "account", "title", "body"}, with "traceparent" where there is
   one and "redelivered": true where the same may stand there already. Readers
   ignore members that they do not know. */

struct push_log {
	struct append file; /* flushed by the caller */
};

/* path is borrowed. */
void push_log_open(struct push_log *log, const char *path);
void push_log_close(struct push_log *log);

/* Gather one notification. Returns 0, or -1 when out of memory. */
int push_log_put(struct push_log *log, const struct notification *notification);

#endif
