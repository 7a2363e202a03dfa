/* A small hash table over the texts of one batch. consumers/ledger.c finds with
   it the entries that are about one event or one account. */

#include "config.h"

#include "lib/base/text_index.h"

#include <assert.h>
#include <string.h>

#define SLOTS (2 * TEXT_INDEX_MAX)

void text_index_clear(struct text_index *index)
{
	index->count = 0;
	memset(index->slots, 0, sizeof(index->slots));
}

/* FNV-1a with 32 bits (RFC 9923). */
static uint32_t hash(struct text text)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < text.length; i++)
		sum = (sum ^ (unsigned char)text.data[i]) * 16777619u;
	return sum;
}

bool text_index_put(struct text_index *index, struct text text,
		    size_t *number_r)
{
	uint32_t slot = hash(text) % SLOTS;

	for (; index->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
		*number_r = index->slots[slot] - 1u;
		if (text_equal(index->texts[*number_r], text))
			return false;
	}
	assert(index->count < TEXT_INDEX_MAX);
	*number_r = index->count;
	index->texts[index->count++] = text;
	index->slots[slot] = (uint16_t)index->count;
	return true;
}
