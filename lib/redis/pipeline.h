#ifndef OMQ_PIPELINE_H
#define OMQ_PIPELINE_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* Commands on their way to Redis, as the bytes that are to be sent: an array of
   bulk strings each, "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n". The memory is kept for
   later commands, up to a limit. A plain value; zeroed: empty. */
struct pipeline {
	char *bytes;
	size_t size;
	size_t used;
	size_t ready; /* up to here it may be sent; the rest is held */
	size_t sent;
	bool is_held;
};

void pipeline_close(struct pipeline *pipeline);

/* Append a command of count words, which are copied. Returns 0, or -1 when out
   of memory. */
int pipeline_append(struct pipeline *pipeline, const struct text *words,
		    size_t count);

/* Commands that are appended from now on are held, until they are released to
   be sent, or dropped as if they had never been appended. */
void pipeline_hold(struct pipeline *pipeline);
void pipeline_release(struct pipeline *pipeline);
void pipeline_drop(struct pipeline *pipeline);

/* Is there something to be sent? */
bool pipeline_is_waiting(const struct pipeline *pipeline);

/* Send to a socket what can be sent without waiting. Returns 0, or -1
   (errno). */
int pipeline_send(struct pipeline *pipeline, int fd);

#endif
