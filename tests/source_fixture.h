#ifndef OMQ_SOURCE_FIXTURE_H
#define OMQ_SOURCE_FIXTURE_H

#include <stddef.h>

struct err;
struct source;

/* What a source of orders makes of some bytes, written down in lines:

	LINE name=value; name=value;	an order
	LINE! reason			a rejected record
	fail: reason			the end of the source by a failure

   Bytes that do not print are shown as \xNN. */

typedef int source_open_fn(const char *path, struct source **source_r,
			   struct err *err);

/* Let a source read the bytes from a pipe, once for every place at which they
   can be cut in two pieces, and fail the test unless it gives what is
   expected. Length bytes, fewer than a pipe holds. */
void source_check_bytes(source_open_fn *open_source, const char *bytes,
			size_t length, const char *expected);
void source_check(source_open_fn *open_source, const char *bytes,
		  const char *expected);

/* The same from a file, read at once. */
void source_check_file(source_open_fn *open_source, const char *bytes,
		       size_t length, const char *expected);

/* Write down everything that a source gives, and close it. The caller frees
   the text. */
char *source_record(struct source *source);

#endif
