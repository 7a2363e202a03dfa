#include "config.h"

#include "lib/base/arena.h"
#include "producers/publish/outbox_record.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

/* A segment of an outbox and what a disk may do to it. The input is how many
   zeros stand before the first record; the sizes of the values, one a record,
   up to a zero; how the segment is changed: a place in two bytes and a byte to
   mix in, eight times; the rest goes into the values. Every record that is
   whole must be found, and no other: what is read is what was written there. */

#define RECORDS 16
#define CHANGES 8
#define SEGMENT_BYTES 8192

static const uint64_t number = 7;

struct written {
	struct outbox_record_place place;
	size_t bytes;
	struct text value;
	bool changed;
	bool found;
};

struct segment {
	struct written records[RECORDS];
	size_t count;
	char data[SEGMENT_BYTES];
	size_t bytes;
};

static void record_add(struct segment *segment, struct text value)
{
	struct written *record = &segment->records[segment->count++];
	const struct text pairs[] = { { "orderno", 7 }, value };

	*record = (struct written){
		.place = { number, segment->bytes },
		.bytes = outbox_record_bytes(pairs, 1),
		.value = value,
	};
	FUZZ_CHECK(segment->bytes + record->bytes <= SEGMENT_BYTES);
	outbox_record_write(record->place, pairs, 1,
			    segment->data + segment->bytes);
	segment->bytes += record->bytes;
}

static void change(struct segment *segment, size_t at, unsigned int with)
{
	if (with == 0 || segment->bytes == 0)
		return;
	at %= segment->bytes;
	segment->data[at] ^= (char)with;
	for (size_t i = 0; i < segment->count; i++) {
		struct written *record = &segment->records[i];

		if (at >= record->place.offset &&
		    at < record->place.offset + record->bytes)
			record->changed = true;
	}
}

/* Returns 0, or 1 when no whole record begins at offset. */
static int record_look(struct segment *segment, size_t offset, size_t *bytes_r)
{
	const struct outbox_record_place place = { number, offset };
	const char *at = segment->data + offset;
	struct arena *arena = arena_open(0);
	const struct text *pairs;
	size_t i = 0, count;

	*bytes_r = outbox_record_check(place, at, segment->bytes - offset);
	if (*bytes_r > 0) {
		while (i < segment->count &&
		       segment->records[i].place.offset != offset)
			i++;
		FUZZ_CHECK(i < segment->count && !segment->records[i].found);
		FUZZ_CHECK(outbox_record_read(at, arena, &pairs, &count) == 0);
		FUZZ_CHECK(count == 1 && text_is(pairs[0], "orderno"));
		FUZZ_CHECK(text_equal(pairs[1], segment->records[i].value));
		segment->records[i].found = true;
	}
	arena_close(&arena);
	return *bytes_r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct segment segment;
	uint8_t sizes[RECORDS] = { 0 };
	uint8_t changes[CHANGES][3] = { { 0 } };
	size_t before = fuzz_byte(&data, &size) % 32;
	size_t count = 0, bytes;

	memset(&segment, 0, sizeof(segment));
	while (count < RECORDS &&
	       (sizes[count] = (uint8_t)fuzz_byte(&data, &size)) != 0)
		count++;
	for (size_t i = 0; i < sizeof(changes); i++)
		changes[i / 3][i % 3] = (uint8_t)fuzz_byte(&data, &size);
	segment.bytes = before;
	for (size_t i = 0; i < count; i++) {
		bytes = sizes[i] < size ? sizes[i] : size;
		record_add(&segment,
			   (struct text){ (const char *)data, bytes });
		data += bytes;
		size -= bytes;
	}
	for (size_t i = 0; i < CHANGES; i++)
		change(&segment, changes[i][0] * 256U + changes[i][1],
		       changes[i][2]);
	for (size_t at = 0; at < segment.bytes;) {
		if (record_look(&segment, at, &bytes) == 0)
			at += bytes;
		else
			at += outbox_record_search(segment.data + at,
						   segment.bytes - at);
	}
	/* Two changes of one byte may take each other back. */
	for (size_t i = 0; i < segment.count; i++)
		FUZZ_CHECK(segment.records[i].found ||
			   segment.records[i].changed);
	return 0;
}
