#ifndef OMQ_FORMATTER_H
#define OMQ_FORMATTER_H

#include "lib/base/text.h"

#include <stddef.h>

/* Commands, byte for byte as hiredis' formatter writes them, at a tenth of its
   price. What stands before a word depends on its length alone, and what stands
   before them all on their number; so both are cut out of commands that hiredis
   formatted, once for each length and number, and put around the words of any
   command. No byte of the protocol is written in here. Not for sharing. */
struct formatter;

/* Returns NULL when out of memory. */
struct formatter *formatter_open(void);
void formatter_close(struct formatter **formatter);

/* Longer words, and commands of more words, are left to resp_format(). */
#define FORMATTER_WORD_BYTES_MAX 255
#define FORMATTER_WORDS_MAX 1100

/* The room that a command of count words takes at most. */
size_t formatter_bytes(const struct text *words, size_t count);

/* Write the command of count words to out, which has so much room. Returns its
   length in bytes; or 0 when this is for resp_format(), also where that writes
   something that is not understood, or memory is short. */
size_t formatter_write(struct formatter *formatter, const struct text *words,
		       size_t count, char *out);

#endif
