#ifndef OMQ_KEYS_H
#define OMQ_KEYS_H

#include <stddef.h>

/* The names of all keys that belong to one group of one stream. P is
   "{stream}", or the stream's own name when it has a hash tag already, so that
   all keys lie in the slot of the stream and every script is atomic in a
   cluster too. */
#define KEYS_BYTES 384

struct keys {
	char stream[KEYS_BYTES];
	char dead[KEYS_BYTES];   /* P:dead */
	char owners[KEYS_BYTES]; /* P:<group>:owners */
	char books[KEYS_BYTES];  /* P:<group>:books */
	char tries[KEYS_BYTES];  /* P:<group>:tries */
	char replay[KEYS_BYTES]; /* P:<group>:replay */
	char start[KEYS_BYTES];  /* P:<group>:start */
	char done[KEYS_BYTES];   /* P:<group>:done */
};

/* Fill in the names; group NULL leaves those of a group empty. */
void keys_make(const char *stream, const char *group, struct keys *keys_r);

/* Write P into buf, KEYS_BYTES long. Returns buf. */
const char *keys_prefix(const char *stream, char *buf);

/* Write P:<group>:<what> into buf, KEYS_BYTES long. Returns buf. */
const char *keys_of_group(const char *stream, const char *group,
			  const char *what, char *buf);

#endif
