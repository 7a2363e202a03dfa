#ifndef OMQ_PUSH_LOG_H
#define OMQ_PUSH_LOG_H

#include "lib/append.h"

#include <jansson.h>

struct notification;

/* The transport "log": notifications as JSON Lines, appended to a file:
   {"key", "id", "account", "title", "body"}, with "traceparent" where there is
   one and "redelivered": true where the same may stand there already. Readers
   ignore members that they do not know. */

enum push_log_text {
	PUSH_LOG_KEY,
	PUSH_LOG_ID,
	PUSH_LOG_ACCOUNT,
	PUSH_LOG_TITLE,
	PUSH_LOG_BODY,
	PUSH_LOG_TEXTS,
};

struct push_log {
	struct append file; /* flushed by the caller */
	json_t *json;       /* one object for all lines: it is filled anew */
	json_t *texts[PUSH_LOG_TEXTS]; /* of these it always has */
};

/* path is borrowed. Returns 0, or -1 when out of memory; push_log_close() is
   right in both cases. */
int push_log_open(struct push_log *log, const char *path);
void push_log_close(struct push_log *log);

/* Gather one notification. Returns 0, or -1 when out of memory. */
int push_log_put(struct push_log *log, const struct notification *notification);

#endif
