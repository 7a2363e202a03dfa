/* Unpacks the fields of a dead letter that has many: see
   lib/scripts/dead_letter.lua, which packs them. dead_letter.c reads them. */

#include "config.h"

#include "supervisor/ctl/redis/packed.h"

#include "lib/base/arena.h"

#include <string.h>

/* A kind of first byte: it has a length in its lower bits, or in the bytes
   behind it. See the MessagePack specification. */
struct head {
	unsigned char first;
	unsigned char mask;         /* of the bits that tell */
	unsigned char length_bytes; /* behind it */
};

static const struct head array_heads[] = {
	{ 0x90, 0xf0, 0 },
	{ 0xdc, 0xff, 2 },
	{ 0xdd, 0xff, 4 },
};

static const struct head string_heads[] = {
	{ 0xa0, 0xe0, 0 },
	{ 0xd9, 0xff, 1 },
	{ 0xda, 0xff, 2 },
	{ 0xdb, 0xff, 4 },
};

/* Take length bytes from the front of rest; NULL when there are fewer. */
static const unsigned char *take(struct text *rest, size_t length)
{
	const unsigned char *front = (const unsigned char *)rest->data;

	if (length > rest->length)
		return NULL;
	rest->data += length;
	rest->length -= length;
	return front;
}

/* Take a first byte of one of these kinds, and the length that it tells.
   Returns 0, or -1. */
static int take_head(struct text *rest, const struct head *heads, size_t count,
		     size_t *length_r)
{
	const unsigned char *first = take(rest, 1), *bytes;
	size_t i = 0, length = 0;

	if (first == NULL)
		return -1;
	while (i < count && (*first & heads[i].mask) != heads[i].first)
		i++;
	bytes = i == count ? NULL : take(rest, heads[i].length_bytes);
	if (bytes == NULL)
		return -1;
	if (heads[i].length_bytes == 0)
		length = *first & (unsigned char)~heads[i].mask;
	for (size_t n = 0; n < heads[i].length_bytes; n++)
		length = length << 8U | bytes[n];
	*length_r = length;
	return 0;
}

static int take_string(struct text *rest, struct arena *arena,
		       struct reply *string_r)
{
	const unsigned char *bytes;
	size_t length;
	char *copy;

	if (take_head(rest, string_heads,
		      sizeof(string_heads) / sizeof(string_heads[0]),
		      &length) < 0)
		return -1;
	bytes = take(rest, length);
	copy = bytes == NULL ? NULL : arena_take(arena, length + 1);
	if (copy == NULL)
		return -1;
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	string_r->type = REPLY_STRING;
	string_r->text = (struct text){ copy, length };
	return 0;
}

int packed_read(struct text packed, struct arena *arena, struct reply *array_r)
{
	struct reply array = { .type = REPLY_ARRAY };
	size_t count;

	/* Every string takes at least a byte, which bounds their number. */
	if (take_head(&packed, array_heads,
		      sizeof(array_heads) / sizeof(array_heads[0]),
		      &count) < 0 ||
	    count > packed.length)
		return -1;
	array.array.count = count;
	array.array.elements =
		arena_take(arena, (count + 1) * sizeof(struct reply));
	if (array.array.elements == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (take_string(&packed, arena, &array.array.elements[i]) < 0)
			return -1;
	}
	if (packed.length > 0)
		return -1;
	*array_r = array;
	return 0;
}
