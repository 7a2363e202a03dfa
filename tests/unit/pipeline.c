#include "config.h"

#include "lib/redis/pipeline.h"

#include <hiredis/hiredis.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is appended is compared, byte by byte, with what hiredis writes. */

#define WORDS 1100
#define BYTES 70000

static char bytes[BYTES];
static struct text words[WORDS];

static int fill_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (char)(255 - i);
	return 0;
}

static char *expect(size_t count, size_t *length_r)
{
	const char *argv[WORDS];
	size_t lengths[WORDS];
	char *expected = NULL;
	long long length;

	for (size_t i = 0; i < count; i++) {
		argv[i] = words[i].length == 0 ? "" : words[i].data;
		lengths[i] = words[i].length;
	}
	length = redisFormatCommandArgv(&expected, (int)count, argv, lengths);
	assert_true(length > 0);
	*length_r = (size_t)length;
	return expected;
}

/* The first count words, behind what is in the pipeline already. */
static void check(struct pipeline *pipeline, size_t count)
{
	const size_t before = pipeline->used;
	size_t length;
	char *expected = expect(count, &length);

	assert_int_equal(pipeline_append(pipeline, words, count), 0);
	assert_int_equal(pipeline->used - before, length);
	assert_int_equal(pipeline->ready, pipeline->used);
	assert_memory_equal(pipeline->bytes + before, expected, length);
	redisFreeCommand(expected);
}

/* In a pipeline of its own, so that what is written beyond its memory shows. */
static void check_alone(size_t count)
{
	struct pipeline pipeline = { 0 };

	check(&pipeline, count);
	pipeline_close(&pipeline);
}

static void words_of_every_length_are_written(void **state)
{
	(void)state;
	for (size_t length = 0; length < 1100; length++) {
		for (size_t at = 0; at < 3; at++) {
			words[0] = words[1] = words[2] = text_of("XADD");
			words[at] = (struct text){ bytes, length };
			check_alone(3);
		}
	}
	for (size_t length = 9999; length <= 10001; length++) {
		words[0] = (struct text){ bytes, length };
		check_alone(1);
	}
	words[0] = (struct text){ bytes, BYTES };
	check_alone(1);
}

static void commands_of_any_number_of_words_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = (struct text){ bytes + i % 7, i % 11 };
	for (size_t count = 1; count <= WORDS; count++)
		check_alone(count);
}

static void a_command_is_put_behind_the_others(void **state)
{
	struct pipeline pipeline = { 0 };
	uint32_t dice = 1;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		size_t count = 1 + dice % 20;

		for (size_t n = 0; n < count; n++) {
			dice = dice * 1103515245 + 12345;
			words[n] = (struct text){ bytes, (dice >> 16) % 255 };
		}
		check(&pipeline, count);
	}
	pipeline_close(&pipeline);
}

static void a_word_may_be_null_when_it_is_empty(void **state)
{
	(void)state;
	words[0] = text_of("ECHO");
	words[1] = (struct text){ NULL, 0 };
	check_alone(2);
}

static void what_is_held_is_dropped_without_a_trace(void **state)
{
	struct pipeline pipeline = { 0 };
	size_t used;

	(void)state;
	words[0] = text_of("PING");
	check(&pipeline, 1);
	used = pipeline.used;
	pipeline_hold(&pipeline);
	assert_int_equal(pipeline_append(&pipeline, words, 1), 0);
	assert_int_equal(pipeline.ready, used);
	pipeline_drop(&pipeline);
	assert_int_equal(pipeline.used, used);
	check(&pipeline, 1);
	pipeline_close(&pipeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_every_length_are_written),
		cmocka_unit_test(commands_of_any_number_of_words_are_written),
		cmocka_unit_test(a_command_is_put_behind_the_others),
		cmocka_unit_test(a_word_may_be_null_when_it_is_empty),
		cmocka_unit_test(what_is_held_is_dropped_without_a_trace),
	};

	return cmocka_run_group_tests_name("pipeline", tests, fill_bytes, NULL);
}
