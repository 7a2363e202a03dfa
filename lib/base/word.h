#ifndef OMQ_WORD_H
#define OMQ_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Several bytes in one go, for what is done to each of some dozen texts that an
   entry has: most are shorter than a call takes. */

/* The same byte eight times. */
#define WORD_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes, and four, in the order of the machine. */
static inline uint64_t word_load(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline uint32_t word_load_half(const char *bytes)
{
	uint32_t half;

	memcpy(&half, bytes, sizeof(half));
	return half;
}

/* Are length bytes the same? From 4 to 16 of them are two loads, which may
   overlap. */
static inline bool word_equal(const char *a, const char *b, size_t length)
{
	const size_t half = sizeof(uint32_t), word = sizeof(uint64_t);

	if (length >= word && length <= 2 * word)
		return word_load(a) == word_load(b) &&
		       word_load(a + length - word) ==
			       word_load(b + length - word);
	if (length >= half && length < word)
		return word_load_half(a) == word_load_half(b) &&
		       word_load_half(a + length - half) ==
			       word_load_half(b + length - half);
	return length == 0 || memcmp(a, b, length) == 0;
}

/* Copy length bytes. From 8 to 32 of them are two pieces of a fixed size, which
   may overlap. */
static inline void word_copy(char *to, const char *from, size_t length)
{
	const size_t word = sizeof(uint64_t);

	if (length >= word && length < 2 * word) {
		memcpy(to, from, word);
		memcpy(to + length - word, from + length - word, word);
	} else if (length >= 2 * word && length <= 4 * word) {
		memcpy(to, from, 2 * word);
		memcpy(to + length - 2 * word, from + length - 2 * word,
		       2 * word);
	} else if (length > 0) {
		memcpy(to, from, length);
	}
}

#endif
