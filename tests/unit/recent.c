#include "config.h"

#include "lib/process/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SEC INT64_C(1000000)
#define NOW (5000 * SEC)

static struct recent recent;

static int forget(void **state)
{
	(void)state;
	memset(&recent, 0, sizeof(recent));
	return 0;
}

static struct recent_sum sum_at(int64_t now_usecs)
{
	struct recent_sum sum = { 0 };

	recent_add(&recent, now_usecs, &sum);
	return sum;
}

static void nothing_done_is_a_rate_of_zero_and_no_time(void **state)
{
	struct recent_sum sum = sum_at(NOW);

	(void)state;
	assert_true(recent_rate(&sum) == 0);
	assert_int_equal(recent_usecs(&sum, 99), -1);
}

static void ten_whole_seconds_are_counted(void **state)
{
	struct recent_sum sum;

	(void)state;
	for (int i = 0; i < 30; i++)
		recent_done(&recent, NOW + i * SEC, 1000, (uint64_t)i);
	/* Seconds 19 to 28; the one that still runs is not among them. */
	sum = sum_at(NOW + 29 * SEC + 999999);
	assert_int_equal(sum.done, 235);
	assert_true(recent_rate(&sum) == 23.5);
	/* The writer rests: they leave one by one. */
	assert_int_equal(sum_at(NOW + 35 * SEC).done, 25 + 26 + 27 + 28 + 29);
	assert_int_equal(sum_at(NOW + 39 * SEC).done, 29);
	assert_int_equal(sum_at(NOW + 40 * SEC).done, 0);
}

static void a_second_is_made_empty_when_it_comes_again(void **state)
{
	(void)state;
	recent_done(&recent, NOW, 50, 7);
	recent_busy(&recent, NOW, 300);
	recent_done(&recent, NOW + RECENT_SPANS * SEC, 50, 1);
	assert_int_equal(sum_at(NOW + RECENT_SPANS * SEC + SEC).done, 1);
	assert_int_equal(sum_at(NOW + RECENT_SPANS * SEC + SEC).busy_usecs, 0);
}

static void a_time_is_told_at_most_a_quarter_too_long(void **state)
{
	(void)state;
	for (int64_t usecs = 64; usecs < 67 * SEC; usecs += usecs / 7) {
		struct recent_sum sum;

		(void)forget(NULL);
		recent_done(&recent, NOW, usecs, 1);
		sum = sum_at(NOW + SEC);
		assert_in_range(recent_usecs(&sum, 99), usecs + 1,
				usecs + usecs / 4 + 1);
	}
}

static void what_is_beyond_all_bounds_is_told_as_the_last_one(void **state)
{
	static const int64_t times[] = { INT64_MIN, -1,       0,
					 63,        68 * SEC, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct recent_sum sum;

		(void)forget(NULL);
		recent_done(&recent, NOW, times[i], 1);
		sum = sum_at(NOW + SEC);
		assert_int_equal(recent_usecs(&sum, 99), i < 4 ? 64 : 1 << 26);
	}
}

static void one_slow_entry_of_a_hundred_is_not_among_the_99(void **state)
{
	struct recent_sum sum;

	(void)state;
	recent_done(&recent, NOW, 1000, 99);
	recent_done(&recent, NOW, 5 * SEC, 1);
	sum = sum_at(NOW + SEC);
	assert_int_equal(recent_usecs(&sum, 99), 1024);
	recent_done(&recent, NOW, 5 * SEC, 1);
	sum = sum_at(NOW + SEC);
	assert_true(recent_usecs(&sum, 99) > 5 * SEC);
	assert_int_equal(recent_usecs(&sum, 50), 1024);
}

static void instances_add_up(void **state)
{
	struct recent_sum sum;

	(void)state;
	recent_done(&recent, NOW, 1000, 10);
	recent_busy(&recent, NOW, SEC / 2);
	sum = sum_at(NOW + SEC);
	recent_add(&recent, NOW + SEC, &sum);
	assert_int_equal(sum.done, 20);
	assert_int_equal(sum.busy_usecs, SEC);
}

static void garbage_on_a_board_does_no_harm(void **state)
{
	struct recent_sum sum;

	(void)state;
	memset(&recent, 0xff, sizeof(recent));
	sum = sum_at(NOW);
	assert_int_equal(sum.done, 0);
	for (int i = 0; i < RECENT_SPANS; i++)
		recent.spans[i].second = (uint64_t)(NOW / SEC);
	sum = sum_at(NOW);
	(void)recent_rate(&sum);
	(void)recent_usecs(&sum, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			nothing_done_is_a_rate_of_zero_and_no_time, forget),
		cmocka_unit_test_setup(ten_whole_seconds_are_counted, forget),
		cmocka_unit_test_setup(
			a_second_is_made_empty_when_it_comes_again, forget),
		cmocka_unit_test_setup(
			a_time_is_told_at_most_a_quarter_too_long, forget),
		cmocka_unit_test_setup(
			what_is_beyond_all_bounds_is_told_as_the_last_one,
			forget),
		cmocka_unit_test_setup(
			one_slow_entry_of_a_hundred_is_not_among_the_99,
			forget),
		cmocka_unit_test_setup(instances_add_up, forget),
		cmocka_unit_test_setup(garbage_on_a_board_does_no_harm, forget),
	};

	return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
