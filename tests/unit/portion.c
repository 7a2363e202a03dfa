#include "config.h"

#include "lib/consumer/portion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MIB (1024 * 1024)

static struct portion portion;

static int open_portion(void **state)
{
	(void)state;
	portion_open(&portion, 256, 8 * MIB, 5000000, 0);
	return 0;
}

static void it_begins_with_a_few(void **state)
{
	(void)state;
	assert_int_equal(portion_count(&portion), 16);
	assert_int_equal(portion_bytes(&portion), 8 * MIB);
}

static void ordinary_orders_are_read_in_full_batches_from_then_on(void **state)
{
	(void)state;
	portion_seen(&portion, 16, 120);
	assert_int_equal(portion_count(&portion), 256);
}

static void the_largest_of_the_last_thousand_counts(void **state)
{
	(void)state;
	portion_seen(&portion, 16, 200 * 1024);
	assert_int_equal(portion_count(&portion), 40);
	for (int i = 0; i < 10; i++) {
		portion_seen(&portion, 100, 100);
		assert_int_equal(portion_count(&portion), 40);
	}
	for (int i = 0; i < 10; i++)
		portion_seen(&portion, 100, 100);
	assert_int_equal(portion_count(&portion), 256);
}

static void one_entry_is_always_asked_for(void **state)
{
	(void)state;
	portion_seen(&portion, 1, 32 * MIB);
	assert_int_equal(portion_count(&portion), 1);
	portion_handled(&portion, 1, 60000000);
	assert_int_equal(portion_count(&portion), 1);
}

static void a_reply_that_is_too_large_halves_the_next(void **state)
{
	(void)state;
	for (size_t count = 8; count >= 1; count /= 2) {
		portion_too_large(&portion);
		assert_int_equal(portion_count(&portion), count);
	}
	assert_int_equal(portion.giant_count, 1);
	portion_too_large(&portion);
	assert_int_equal(portion.giant_count, 0);
	assert_int_equal(portion_count(&portion), 1);
	portion_step_over(&portion);
	assert_int_equal(portion.giant_count, 1);
	portion_seen(&portion, 1, 100);
	assert_int_equal(portion_count(&portion), 2);
}

/* However it began: 10 deaths lead from the most there is to one. */
static void every_death_halves_count_and_bytes(void **state)
{
	(void)state;
	portion_open(&portion, 1024, 8 * MIB, 5000000, 0);
	portion_seen(&portion, 16, 100);
	for (size_t count = 512; count >= 1; count /= 2) {
		portion_halve(&portion);
		assert_int_equal(portion_count(&portion), count);
	}
	assert_int_equal(portion_bytes(&portion), 8 * 1024);
	portion_halve(&portion);
	assert_int_equal(portion_count(&portion), 1);
	assert_int_equal(portion.halvings, PORTION_HALVINGS);
}

static void a_process_goes_on_with_the_halvings_of_the_one_before(void **state)
{
	(void)state;
	portion_open(&portion, 256, 8 * MIB, 5000000, 2);
	assert_int_equal(portion_count(&portion), 4);
	portion_seen(&portion, 4, 200 * 1024);
	assert_int_equal(portion_count(&portion), 10);
	/* A board may hold anything. */
	portion_open(&portion, 256, 8 * MIB, 5000000, UINT32_MAX);
	assert_int_equal(portion_count(&portion), 1);
}

static void it_grows_again_slowly(void **state)
{
	(void)state;
	portion_seen(&portion, 16, 100);
	portion_halve(&portion);
	portion_halve(&portion);
	for (int i = 1; i < PORTION_WELL; i++)
		assert_false(portion_settled(&portion));
	assert_int_equal(portion_count(&portion), 64);
	assert_true(portion_settled(&portion));
	assert_int_equal(portion_count(&portion), 128);
	for (int i = 0; i < PORTION_WELL; i++)
		(void)portion_settled(&portion);
	assert_int_equal(portion_count(&portion), 256);
	assert_false(portion_settled(&portion));
}

static void a_slow_handler_gets_what_it_can_do_in_time(void **state)
{
	(void)state;
	portion_seen(&portion, 16, 100);
	portion_handled(&portion, 16, 16 * 70000);
	assert_int_equal(portion_count(&portion), 71);
	portion_handled(&portion, 16, 16 * 3000000);
	assert_int_equal(portion_count(&portion), 1);
	/* A quick one is believed by and by. */
	portion_handled(&portion, 1, 1);
	assert_int_equal(portion_count(&portion), 2);
	for (int i = 0; i < 50; i++)
		portion_handled(&portion, 1, 1);
	assert_int_equal(portion_count(&portion), 256);
}

#define with_portion(test) cmocka_unit_test_setup(test, open_portion)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_portion(it_begins_with_a_few),
		with_portion(
			ordinary_orders_are_read_in_full_batches_from_then_on),
		with_portion(the_largest_of_the_last_thousand_counts),
		with_portion(one_entry_is_always_asked_for),
		with_portion(a_reply_that_is_too_large_halves_the_next),
		with_portion(every_death_halves_count_and_bytes),
		with_portion(
			a_process_goes_on_with_the_halvings_of_the_one_before),
		with_portion(it_grows_again_slowly),
		with_portion(a_slow_handler_gets_what_it_can_do_in_time),
	};

	return cmocka_run_group_tests_name("portion", tests, NULL, NULL);
}
