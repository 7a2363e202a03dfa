#ifndef OMQ_CONF_FILE_H
#define OMQ_CONF_FILE_H

#include <stddef.h>

struct conf_complaints;

/* Longer files keep libconfig busy for minutes: its work grows with the square
   of the number of settings. */
#define CONF_FILE_BYTES_MAX ((size_t)1024 * 1024)

/* Read the regular file at path. Never waits for a FIFO. Returns its text,
   terminated, for the caller to free(), and its length; or NULL after a
   complaint. */
char *conf_file_read(const char *path, size_t *length_r,
		     struct conf_complaints *complaints);

/* Find what libconfig would get wrong without a word: bytes that are no text,
   integers that wrap, numbers in other notations; and what it ends the process
   for: @include. Complains about all of it. Returns 0 when libconfig may read
   the text, complaints or not; -1 when it must not. */
int conf_file_scan(const char *text, size_t length,
		   struct conf_complaints *complaints);

#endif
