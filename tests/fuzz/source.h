#ifndef OMQ_TESTS_FUZZ_SOURCE_H
#define OMQ_TESTS_FUZZ_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct source;

/* A source of orders reads a file in one go, and the same bytes from a pipe in
   pieces: both must come to the same, and to an end. The first four bytes of
   the input are the sizes of the pieces, in turn; the next one is "L" for a
   file in which so many bytes stand that a record is over its limit; the rest
   is the file. */
#define FUZZ_SOURCE_PLAN_BYTES 5

typedef int fuzz_source_fn(const char *path, struct source **source_r,
			   struct err *err);

void fuzz_source(fuzz_source_fn *open_source, const uint8_t *data, size_t size);

#endif
