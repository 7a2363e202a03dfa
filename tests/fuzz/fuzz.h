#ifndef OMQ_TESTS_FUZZ_H
#define OMQ_TESTS_FUZZ_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What the fuzz targets share. A target is one file with a function of the name
   that libFuzzer calls; in every other build replay.c calls it with the inputs
   in tests/fuzz/seeds/TARGET/. The same input must always do the same. */

/* Try one input. Returns 0; whatever must not be ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold, however the program is built. */
#define FUZZ_CHECK(condition)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				      __LINE__, #condition);                   \
			abort();                                               \
		}                                                              \
	} while (0)

/* Take one byte off the input; 0 when there is none left. */
unsigned int fuzz_byte(const uint8_t **data, size_t *size);

/* A fingerprint of what was seen, to compare two ways to the same end. Begins
   with 0. */
uint64_t fuzz_mix(uint64_t print, const void *data, size_t bytes);
uint64_t fuzz_mix_text(uint64_t print, struct text text);

/* Valid UTF-8, to the last byte. */
bool fuzz_is_utf8(struct text text);

#endif
