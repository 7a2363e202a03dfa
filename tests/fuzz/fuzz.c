#include "config.h"

#include "tests/fuzz/fuzz.h"

/* FNV-1a, 64 bits. */
#define PRINT_BASIS UINT64_C(0xcbf29ce484222325)
#define PRINT_PRIME UINT64_C(0x100000001b3)

unsigned int fuzz_byte(const uint8_t **data, size_t *size)
{
	if (*size == 0)
		return 0;
	(*size)--;
	return *(*data)++;
}

/* The products are meant to wrap. */
uint64_t fuzz_mix(uint64_t print, const void *data, size_t bytes)
{
	const uint8_t *at = data;

	print ^= PRINT_BASIS;
	for (size_t i = 0; i < bytes; i++)
		print = (print ^ at[i]) * PRINT_PRIME;
	return print ^ bytes;
}

uint64_t fuzz_mix_text(uint64_t print, struct text text)
{
	return fuzz_mix(print, text.data, text.length);
}

bool fuzz_is_utf8(struct text text)
{
	while (text.length > 0) {
		size_t length = text_utf8_length(text);

		if (length == 0)
			return false;
		text.data += length;
		text.length -= length;
	}
	return true;
}
