#ifndef OMQ_RESP_H
#define OMQ_RESP_H

#include <stddef.h>

struct arena;
struct reply;

/* The answers of Redis, as the reader of hiredis parses them; no other file
   knows hiredis. Replies are built in an arena, without an allocation for each
   element. */
struct resp;

/* Returns NULL when out of memory. */
struct resp *resp_open(void);
void resp_close(struct resp **resp);

/* Give the reader bytes that came from the server. Returns 0, or -1 when out of
   memory; resp_error() tells. */
int resp_feed(struct resp *resp, const char *data, size_t bytes);

/* The count of bytes that were fed and belong to no reply yet. */
size_t resp_left(const struct resp *resp);

/* Parse the next reply into arena. The caller passes one arena until the reply
   is whole. Returns 1 with the reply, 0 when more bytes are needed, or -1 when
   the bytes are not the protocol of Redis: resp_error() tells, and the resp can
   only be closed. */
int resp_next(struct resp *resp, struct arena *arena,
	      const struct reply **reply_r);
const char *resp_error(const struct resp *resp);

#endif
