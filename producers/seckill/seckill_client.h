#ifndef OMQ_SECKILL_CLIENT_H
#define OMQ_SECKILL_CLIENT_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A client of ordermq-seckill serve, which sends requests and reads answers: a
   connection, or standard input and output. Neither reading nor writing waits,
   and a client that does not read its answers is not read from. Zeroed when
   there is none. */
struct client {
	bool is_there;
	int in;
	int out;         /* equal to in for a connection */
	uint64_t line;   /* the last one that was taken, counted from 1 */
	size_t waiting;  /* requests whose answers are not put yet */
	uint64_t lost;   /* answers that could not be written */
	int read_errno;  /* why reading ended; 0: at the end */
	int write_errno; /* why writing ended; 0: it has not */

	/* The rest is private. */
	char *data;
	size_t begin, end;
	bool is_dropping; /* the rest of a line that is too long */
	bool has_ended;
	char *answers;
	size_t answers_size, answers_used, answers_sent;
};

/* At most that long is a line with a request. */
#define CLIENT_LINE_BYTES ((size_t)16 * 1024)

/* Begin with these descriptors. When they are those of a connection, which must
   not block, they become the client's. Returns 0, or -1 when out of memory. */
int client_open(struct client *client, int in, int out);

/* Close a connection, free what there is, and zero it. */
void client_close(struct client *client);

/* What poll() is to wait for: events of in and of out. */
short client_in_events(const struct client *client);
short client_out_events(const struct client *client);

/* Read once; to be called when that does not wait. */
void client_read(struct client *client);

enum client_line {
	CLIENT_NONE, /* there is no whole line */
	CLIENT_LINE,
	CLIENT_LONG, /* a line that is too long, and was thrown away */
};

/* Take the next line that is not blank; it lives until client_read(). There is
   none for a client that does not read its answers. */
enum client_line client_take(struct client *client, struct text *line_r);

/* Append an answer of length bytes. */
void client_answer(struct client *client, const char *answer, size_t length);

/* Write what can be written without waiting. */
void client_flush(struct client *client);

/* Is everything done: nothing to be read, no request waiting, nothing to be
   written? */
bool client_is_done(const struct client *client);

/* Read no more. */
void client_end(struct client *client);

#endif
