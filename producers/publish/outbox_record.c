/* One order as bytes in a segment, and back. outbox.c writes records;
   sources/drain.c reads them and looks for the next one behind damage. */

#include "config.h"

#include "producers/publish/outbox_record.h"

#include "lib/base/arena.h"
#include "lib/base/crc32c.h"
#include "lib/stream/order.h"

#include <string.h>

#define HEAD_BYTES ((size_t)16)
#define NUMBER_BYTES ((size_t)4)

static const char record_mark[4] = { 'O', 'M', 'Q', '1' };

static void record_number_put(char *out, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (char)(unsigned char)(number >> 8 * i);
}

static uint32_t number_get(const char *data)
{
	uint32_t number = 0;

	for (size_t i = 0; i < NUMBER_BYTES; i++)
		number |= (uint32_t)(unsigned char)data[i] << 8 * i;
	return number;
}

/* The checksum of the place and the first 8 bytes of the head. */
static uint32_t head_sum(struct outbox_record_place place, const char *head)
{
	char where[16];

	record_number_put(where, place.segment, 8);
	record_number_put(where + 8, place.offset, 8);
	return crc32c(crc32c(0, where, sizeof(where)), head, 8);
}

static size_t body_bytes(const struct text *pairs, size_t pair_count)
{
	size_t bytes = NUMBER_BYTES;

	for (size_t i = 0; i < 2 * pair_count; i++)
		bytes += NUMBER_BYTES + pairs[i].length;
	return bytes;
}

size_t outbox_record_bytes(const struct text *pairs, size_t pair_count)
{
	return HEAD_BYTES + body_bytes(pairs, pair_count) +
	       OUTBOX_RECORD_TAIL_BYTES;
}

/* Write the body. Returns where it ends. */
static char *body_write(const struct text *pairs, size_t pair_count, char *out)
{
	record_number_put(out, pair_count, NUMBER_BYTES);
	out += NUMBER_BYTES;
	for (size_t i = 0; i < 2 * pair_count; i++) {
		record_number_put(out, pairs[i].length, NUMBER_BYTES);
		out += NUMBER_BYTES;
		if (pairs[i].length > 0)
			memcpy(out, pairs[i].data, pairs[i].length);
		out += pairs[i].length;
	}
	return out;
}

void outbox_record_write(struct outbox_record_place place,
			 const struct text *pairs, size_t pair_count, char *out)
{
	const size_t bytes = body_bytes(pairs, pair_count);
	char *const body = out + HEAD_BYTES;
	uint32_t sum;

	memcpy(out, record_mark, sizeof(record_mark));
	record_number_put(out + 4, bytes, NUMBER_BYTES);
	sum = head_sum(place, out);
	record_number_put(out + 8, sum, NUMBER_BYTES);
	record_number_put(body_write(pairs, pair_count, body), bytes,
			  NUMBER_BYTES);
	record_number_put(out + 12, crc32c(sum, body, bytes), NUMBER_BYTES);
}

size_t outbox_record_check(struct outbox_record_place place, const char *data,
			   size_t bytes)
{
	uint32_t sum;
	size_t body;

	if (bytes < HEAD_BYTES ||
	    memcmp(data, record_mark, sizeof(record_mark)) != 0)
		return 0;
	body = number_get(data + 4);
	sum = head_sum(place, data);
	if (number_get(data + 8) != sum || body > OUTBOX_RECORD_BYTES_MAX ||
	    bytes < HEAD_BYTES + body + OUTBOX_RECORD_TAIL_BYTES)
		return 0;
	if (number_get(data + 12) != crc32c(sum, data + HEAD_BYTES, body) ||
	    number_get(data + HEAD_BYTES + body) != body)
		return 0;
	return HEAD_BYTES + body + OUTBOX_RECORD_TAIL_BYTES;
}

size_t outbox_record_last_bytes(const char *tail)
{
	return HEAD_BYTES + number_get(tail) + OUTBOX_RECORD_TAIL_BYTES;
}

/* Take the next text of the body. Returns 0, or 1 when there is none. */
static int record_text_take(const char **at, size_t *left, struct text *text_r)
{
	size_t length;

	if (*left < NUMBER_BYTES)
		return 1;
	length = number_get(*at);
	if (length > *left - NUMBER_BYTES)
		return 1;
	*text_r = (struct text){ *at + NUMBER_BYTES, length };
	*at += NUMBER_BYTES + length;
	*left -= NUMBER_BYTES + length;
	return 0;
}

int outbox_record_read(const char *data, struct arena *arena,
		       const struct text **pairs_r, size_t *pair_count_r)
{
	const char *at = data + HEAD_BYTES + NUMBER_BYTES;
	size_t left = number_get(data + 4);
	struct text *pairs;
	size_t count;

	if (left < NUMBER_BYTES)
		return 1;
	left -= NUMBER_BYTES;
	count = number_get(data + HEAD_BYTES);
	if (count > ORDER_FIELDS_MAX)
		return 1;
	pairs = arena_take(arena, (2 * count + 1) * sizeof(*pairs));
	if (pairs == NULL)
		return -1;
	for (size_t i = 0; i < 2 * count; i++) {
		if (record_text_take(&at, &left, &pairs[i]) != 0)
			return 1;
	}
	if (left != 0)
		return 1;
	*pairs_r = pairs;
	*pair_count_r = count;
	return 0;
}

size_t outbox_record_search(const char *data, size_t bytes)
{
	const char *found = bytes < 2 ? NULL
				      : memmem(data + 1, bytes - 1, record_mark,
					       sizeof(record_mark));

	return found == NULL ? bytes : (size_t)(found - data);
}
