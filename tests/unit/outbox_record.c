#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/crc32c.h"
#include "producers/publish/outbox_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct outbox_record_place place = { .segment = 3,
						  .offset = 1000 };

static const struct text pairs[] = {
	{ "orderno", 7 }, { "A-1", 3 },      { "", 0 },
	{ "", 0 },        { "n\0te", 4 },    { "\xff\0\xfe", 3 },
	{ "amount", 6 },  { "OMQ1OMQ1", 8 },
};
#define PAIR_COUNT (sizeof(pairs) / sizeof(pairs[0]) / 2)

/* The record of pairs; in memory of its very size, for the sanitizers. */
static char *record_make(size_t *bytes_r)
{
	const size_t bytes = outbox_record_bytes(pairs, PAIR_COUNT);
	char *data = malloc(bytes);

	assert_non_null(data);
	outbox_record_write(place, pairs, PAIR_COUNT, data);
	*bytes_r = bytes;
	return data;
}

static void an_order_comes_back_byte_for_byte(void **state)
{
	struct arena *arena = arena_open(0);
	const struct text *read;
	size_t bytes, count;
	char *data = record_make(&bytes);

	(void)state;
	assert_int_equal(outbox_record_check(place, data, bytes), bytes);
	assert_int_equal(outbox_record_last_bytes(data + bytes -
						  OUTBOX_RECORD_TAIL_BYTES),
			 bytes);
	assert_int_equal(outbox_record_read(data, arena, &read, &count), 0);
	assert_int_equal(count, PAIR_COUNT);
	for (size_t i = 0; i < 2 * PAIR_COUNT; i++)
		assert_true(text_equal(read[i], pairs[i]));
	free(data);
	arena_close(&arena);
}

static void every_flipped_bit_is_noticed(void **state)
{
	size_t bytes;
	char *data = record_make(&bytes);

	(void)state;
	for (size_t bit = 0; bit < 8 * bytes; bit++) {
		data[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(outbox_record_check(place, data, bytes), 0);
		data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(outbox_record_check(place, data, bytes), bytes);
	free(data);
}

static void every_beginning_is_no_whole_record(void **state)
{
	size_t bytes;
	char *data = record_make(&bytes);

	(void)state;
	for (size_t i = 0; i < bytes; i++) {
		char *part = malloc(i + 1);

		memcpy(part, data, i);
		assert_int_equal(outbox_record_check(place, part, i), 0);
		free(part);
	}
	free(data);
}

static void a_record_elsewhere_is_none(void **state)
{
	struct outbox_record_place elsewhere = place;
	size_t bytes;
	char *data = record_make(&bytes);

	(void)state;
	elsewhere.offset++;
	assert_int_equal(outbox_record_check(elsewhere, data, bytes), 0);
	elsewhere = place;
	elsewhere.segment++;
	assert_int_equal(outbox_record_check(elsewhere, data, bytes), 0);
	free(data);
}

static void number_put(char *out, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		out[i] = (char)(unsigned char)(number >> 8 * i);
}

/* Good checksums over a body that is wrong: never read beyond it. */
static void a_body_that_lies_is_no_order(void **state)
{
	static const uint32_t lies[] = { 0,   1,   3,          5,
					 128, 129, 0x7fffffff, 0xffffffff };
	struct arena *arena = arena_open(0);
	const struct text *read;
	size_t bytes, count;
	char *data = record_make(&bytes);

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		number_put(data + 16, lies[i]);
		assert_int_equal(outbox_record_read(data, arena, &read, &count),
				 1);
	}
	number_put(data + 16, PAIR_COUNT);
	assert_int_equal(outbox_record_read(data, arena, &read, &count), 0);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		number_put(data + 20, lies[i]);
		assert_int_equal(outbox_record_read(data, arena, &read, &count),
				 1);
	}
	free(data);
	arena_close(&arena);
}

static void the_next_mark_is_found(void **state)
{
	(void)state;
	assert_int_equal(outbox_record_search("OMQ1xxOMQ1", 10), 6);
	assert_int_equal(outbox_record_search("OMQ1xxOMQ", 9), 9);
	assert_int_equal(outbox_record_search("OMQ1", 4), 4);
	assert_int_equal(outbox_record_search("x", 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_comes_back_byte_for_byte),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(every_beginning_is_no_whole_record),
		cmocka_unit_test(a_record_elsewhere_is_none),
		cmocka_unit_test(a_body_that_lies_is_no_order),
		cmocka_unit_test(the_next_mark_is_found),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
