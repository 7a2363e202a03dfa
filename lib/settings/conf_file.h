#ifndef OMQ_CONF_FILE_H
#define OMQ_CONF_FILE_H

#include <stddef.h>

struct conf_complaints;

/* At most that long may a file be: the work of libconfig grows with the square
   of the number of settings, and longer files keep it busy for minutes. */
#define CONF_FILE_BYTES_MAX ((size_t)1024 * 1024)

/* Read the regular file at path; a FIFO is never waited for. Returns its text,
   terminated, for the caller to free(), and its length; or NULL after a
   complaint. */
char *conf_file_read(const char *path, size_t *length_r,
		     struct conf_complaints *complaints);

/* Find in the text what libconfig would read wrongly without an error (bytes
   that are no text, integers that wrap, numbers in other notations), and
   @include, at which it may end the process. Complains about everything.
   Returns 0 when libconfig may read the text, with or without complaints; or -1
   when it must not. */
int conf_file_scan(const char *text, size_t length,
		   struct conf_complaints *complaints);

#endif
