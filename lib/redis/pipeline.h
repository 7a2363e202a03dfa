#ifndef OMQ_PIPELINE_H
#define OMQ_PIPELINE_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>

struct formatter;

/* Commands on their way to Redis, as the bytes that are to be sent. Its memory
   is kept for the next ones, up to a limit. A plain value; zeroed: empty. */
struct pipeline {
	struct formatter *formatter; /* NULL: not needed yet */
	char *bytes;
	size_t size;
	size_t used;
	size_t ready; /* up to here it may be sent; what is behind is held */
	size_t sent;
	bool is_held;
};

void pipeline_close(struct pipeline *pipeline);

/* Put a command of count words behind the rest. Returns 0, or -1 when out of
   memory. */
int pipeline_append(struct pipeline *pipeline, const struct text *words,
		    size_t count);

/* What is appended from now on is held: until it is released to be sent, or is
   dropped, and all is as it was. */
void pipeline_hold(struct pipeline *pipeline);
void pipeline_release(struct pipeline *pipeline);
void pipeline_drop(struct pipeline *pipeline);

/* Is there something to be sent? */
bool pipeline_is_waiting(const struct pipeline *pipeline);

/* Send to a socket what can be sent without waiting. Returns 0, or -1
   (errno). */
int pipeline_send(struct pipeline *pipeline, int fd);

#endif
