#ifndef OMQ_SECKILL_CLIENT_H
#define OMQ_SECKILL_CLIENT_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who sends requests to ordermq-seckill serve and reads the answers: a
   connection, or standard input and output. Neither reading nor writing waits,
   and who does not read is not listened to. Zeroed when there is none. */
struct client {
	bool is_there;
	int in;
	int out;         /* the same for a connection */
	uint64_t line;   /* the last one that was taken, counted from 1 */
	size_t waiting;  /* requests whose answers are not put yet */
	uint64_t lost;   /* answers that could not be written */
	int read_errno;  /* why reading ended; 0: at the end */
	int write_errno; /* why it is not written to any more; 0: it is */

	/* The rest is private. */
	char *data;
	size_t begin, end;
	bool is_dropping; /* the rest of a line that is too long */
	bool has_ended;
	char *answers;
	size_t answers_size, answers_used, answers_sent;
};

/* The longest line of a request. */
#define CLIENT_LINE_BYTES ((size_t)16 * 1024)

/* Begin with these descriptors; those of a connection become the client's. A
   connection must not block. Returns 0, or -1 when out of memory. */
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

/* Take the next line that is not blank; it lives until client_read(). None is
   given to who does not read the answers. */
enum client_line client_take(struct client *client, struct text *line_r);

/* Put length bytes of an answer behind the others. */
void client_answer(struct client *client, const char *answer, size_t length);

/* Write what can be written without waiting. */
void client_flush(struct client *client);

/* Nothing more will be read, is waiting or is to be written. */
bool client_is_done(const struct client *client);

/* Read no more. */
void client_end(struct client *client);

#endif
