#ifndef OMQ_APPEND_H
#define OMQ_APPEND_H

#include "lib/base/text.h"

#include <stddef.h>

struct err;

/* A file of lines to which several processes append. Lines are gathered and
   then written at once, under a lock, so that they never mix. The torn line of
   a writer that died in the middle of it is cut off: its entries were not
   acknowledged and come again. A file that was renamed or removed (logrotate)
   is opened anew. */
struct append {
	const char *path; /* borrowed */
	int fd;           /* -1: not open */
	char *buf;
	size_t size;
	size_t used;
};

/* How long to wait, in milliseconds, when another process has the lock. */
#define APPEND_BUSY_MSECS 5

void append_open(struct append *append, const char *path);
void append_close(struct append *append);

/* Append text to what is gathered. Returns 0, or -1 when out of memory. */
int append_put(struct append *append, struct text text);

/* Forget what is gathered. */
void append_clear(struct append *append);

/* Write everything that is gathered. Returns 1 when it is written (or there was
   nothing); 0 when another process is writing: ask again in APPEND_BUSY_MSECS;
   or -1 with ERR_RETRY and the path: nothing stays in the file, and the lines
   are still gathered. */
int append_flush(struct append *append, struct err *err);

#endif
