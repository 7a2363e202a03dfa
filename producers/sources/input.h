#ifndef OMQ_INPUT_H
#define OMQ_INPUT_H

#include "producers/sources/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Bytes of a file or of stdin. The reader moves begin over them; the buffer
   begins small and grows to INPUT_RECORD_MAX, so that a record always lies in
   one piece. A plain value inside the source that reads. */

/* At most that long is a record as it stands in the file: the limit of an entry
   (lib/stream/order.h). */
#define INPUT_RECORD_MAX ((size_t)256 * 1024)

struct input {
	char *data;
	size_t begin; /* first byte not yet taken */
	size_t end;   /* one past the last byte read */
	size_t bytes; /* size of data */
	int fd;
	bool is_file;  /* reading it never waits */
	uint64_t read; /* bytes read so far */
	uint64_t size; /* of a file, when it was opened; else 0 */
};

/* Open the file at path ("-": stdin). Returns 0 and an input that the caller
   must input_close(); or -1 with ERR_REJECT, or ERR_RETRY when out of
   memory. */
int input_open(const char *path, struct input *input_r, struct err *err);

/* Close the file, unless it is stdin, and free the buffer. */
void input_close(struct input *input);

enum input_event {
	INPUT_MORE,   /* there are more bytes than before */
	INPUT_LATER,  /* reading would wait now */
	INPUT_FULL,   /* INPUT_RECORD_MAX bytes are there already */
	INPUT_END,    /* nothing more will come */
	INPUT_FAILED, /* err has the cause */
};

/* Read more behind end. data and begin may move; distances from begin do not
   change. */
enum input_event input_fill(struct input *input, struct err *err);

/* Drop a UTF-8 byte order mark at the beginning. Returns false as long as too
   few bytes are there to tell; after it returned true it must not be called
   again. */
bool input_skip_bom(struct input *input);

/* The number of bytes taken so far. */
uint64_t input_taken(const struct input *input);

/* Fill in the members of a source that reads this input: its name, the
   descriptor to wait for, the total. path is borrowed. */
void input_describe(const struct input *input, const char *path,
		    struct source *source);

/* The answer of such a source to an event other than INPUT_MORE. */
enum source_event input_pass(enum input_event event,
			     const struct source *source, struct err *err);

#endif
