#ifndef OMQ_WIRE_H
#define OMQ_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The protocol of Redis by hand, for a loop that does nothing else: one
   blocking socket, two buffers that never grow, replies scanned where they lie.
   Whatever goes wrong, an error reply too, ends the process with a message. */

#define WIRE_BYTES ((size_t)8 * 1024 * 1024)

struct wire {
	int fd;
	char *in;
	size_t in_start, in_end; /* what is not scanned yet */
	char *out;
	size_t out_used;
};

/* Bytes in the in-buffer: valid until the next wire_forget(). */
struct piece {
	const char *data;
	size_t length;
};

/* address: the path of a Unix socket, or HOST:PORT with HOST in numbers. */
void wire_open(struct wire *wire, const char *address);
void wire_close(struct wire *wire);

/* Put a command: how many words it has, and each of them. */
void wire_command(struct wire *wire, size_t words);
void wire_word(struct wire *wire, const char *word);
void wire_bytes(struct wire *wire, const char *data, size_t length);
void wire_piece(struct wire *wire, struct piece piece);
void wire_number(struct wire *wire, uint64_t number);
void wire_flush(struct wire *wire);

/* Make room: what was scanned is gone. */
void wire_forget(struct wire *wire);

/* The first line of the next reply or element: its type and number. */
char wire_head(struct wire *wire, int64_t *number_r);

/* The next element, which must be a string. */
struct piece wire_string(struct wire *wire);

/* Scan the whole next reply, whatever it is. */
void wire_skip(struct wire *wire);

/* How many replies of one string each can be scanned without waiting; those are
   scanned. */
size_t wire_skip_ready(struct wire *wire);

#endif
