#ifndef OMQ_PUSH_LOG_H
#define OMQ_PUSH_LOG_H

#include "lib/append.h"

struct err;
struct notification;

/* The transport "log": notifications as JSON Lines, appended to a file:
   {"key", "id", "account", "title", "body"}, with "traceparent" where there is
   one and "redelivered": true where the same may stand there already. Readers
   ignore members that they do not know. */

/* Gather one notification in file. Returns 0, or -1 when out of memory. */
int push_log_put(struct append *file, const struct notification *notification);

#endif
