#include "config.h"

#include "producers/sources/jsonl.h"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/source.h"

/* JSON Lines, in pieces. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_source(jsonl_open, data, size);
	return 0;
}
