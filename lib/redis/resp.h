#ifndef OMQ_RESP_H
#define OMQ_RESP_H

#include "lib/base/text.h"

#include <stddef.h>
#include <sys/types.h>

struct arena;
struct reply;

/* The protocol of Redis, as hiredis formats and reads it; no other file knows
   hiredis. Replies are built in an arena, without an allocation an element. */
struct resp;

/* Returns NULL when out of memory. */
struct resp *resp_open(void);
void resp_close(struct resp **resp);

/* Give the reader bytes that came from the server. Returns 0, or -1 when out of
   memory; resp_error() tells. */
int resp_feed(struct resp *resp, const char *data, size_t bytes);

/* Bytes that were fed and belong to no reply yet. */
size_t resp_left(const struct resp *resp);

/* Parse the next reply into arena; the caller passes the same one until the
   reply is whole. Returns 1 with the reply, 0 when more bytes are needed, or -1
   when this is not the protocol of Redis: resp_error() tells, and it is of no
   use any more. */
int resp_next(struct resp *resp, struct arena *arena,
	      const struct reply **reply_r);
const char *resp_error(const struct resp *resp);

/* Format one command of count arguments. Returns its length in bytes, and it in
 *command_r, which the caller must resp_free(); or -1 when out of memory. */
ssize_t resp_format(const struct text *args, size_t count, char **command_r);
void resp_free(char *command);

#endif
