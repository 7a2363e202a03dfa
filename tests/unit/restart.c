#include "config.h"

#include "supervisor/ordermqd/restart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct restart_group group;
static struct restart_instance instance;

static int fresh(void **state)
{
	(void)state;
	memset(&group, 0, sizeof(group));
	restart_group_reset(&group);
	restart_instance_reset(&instance);
	backoff_fix(1);
	return 0;
}

static int64_t dies(enum restart_death death, int64_t now_msecs)
{
	return restart_after(&group, &instance, death, now_msecs - 1,
			     now_msecs);
}

static void progress_is_an_entry_or_ten_seconds_of_readiness(void **state)
{
	(void)state;
	assert_int_equal(restart_judge(-1, 99999, false, false),
			 RESTART_UNREADY);
	assert_int_equal(restart_judge(5, 10004, false, false),
			 RESTART_NO_PROGRESS);
	assert_int_equal(restart_judge(5, 10005, false, false),
			 RESTART_PROGRESS);
	assert_int_equal(restart_judge(5, 6, true, false), RESTART_PROGRESS);
	assert_int_equal(restart_judge(5, 6, true, true), RESTART_TEMPORARY);
}

static void a_death_with_progress_restarts_at_once(void **state)
{
	(void)state;
	for (int64_t now = 1000; now < 9000; now += 500)
		assert_int_equal(dies(RESTART_PROGRESS, now), now);
}

static void the_second_death_without_progress_waits_and_doubles(void **state)
{
	int64_t expected[] = { 0,    200,   400,   800,   1600, 3200,
			       6400, 12800, 25600, 30000, 30000 };

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(dies(RESTART_NO_PROGRESS, 1000),
				 1000 + expected[i]);
	assert_int_equal(dies(RESTART_PROGRESS, 1000), 1000);
	assert_int_equal(dies(RESTART_NO_PROGRESS, 1000), 1000);
	assert_int_equal(dies(RESTART_NO_PROGRESS, 1000), 1200);
}

static void a_group_restarts_at_most_twenty_times_a_second(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(dies(RESTART_PROGRESS, 1000 + i), 1000 + i);
	assert_int_equal(dies(RESTART_PROGRESS, 1020), 2000);
	assert_int_equal(dies(RESTART_PROGRESS, 1020), 2001);
}

static void a_group_restarts_at_most_three_hundred_times_a_minute(void **state)
{
	int64_t now = 1000;

	(void)state;
	for (int i = 0; i < 300; i++, now += 100)
		assert_int_equal(dies(RESTART_PROGRESS, now), now);
	assert_int_equal(dies(RESTART_PROGRESS, now), 61000);
}

static void instances_that_fail_together_are_one_failed_try(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++)
		assert_int_equal(restart_after(&group, &instance,
					       RESTART_UNREADY, 100, 1000 + i),
				 1200);
	assert_int_equal(restart_gate(&group), 1200);
}

static void a_group_in_trouble_makes_one_try_a_wait(void **state)
{
	(void)state;
	assert_int_equal(dies(RESTART_UNREADY, 1000), 1200);
	restart_begun(&group, 1200);
	assert_int_equal(restart_gate(&group), 1400);
	assert_int_equal(
		restart_after(&group, &instance, RESTART_UNREADY, 1200, 1210),
		1610);
	restart_begun(&group, 1610);
	assert_int_equal(restart_gate(&group), 2010);
}

static void one_that_is_ready_ends_the_trouble_of_its_group(void **state)
{
	(void)state;
	(void)dies(RESTART_UNREADY, 1000);
	restart_went_well(&group);
	assert_int_equal(restart_gate(&group), 0);
	assert_int_equal(dies(RESTART_UNREADY, 2000), 2200);
}

static void later_is_no_crash_and_waits_long(void **state)
{
	(void)state;
	assert_int_equal(dies(RESTART_TEMPORARY, 1000), 31000);
	assert_int_equal(restart_gate(&group), 0);
	assert_int_equal(dies(RESTART_NO_PROGRESS, 1000), 1000);
}

static void what_does_not_stay_up_is_told_once_in_a_row(void **state)
{
	(void)state;
	for (int i = 1; i <= 20; i++) {
		(void)dies(RESTART_NO_PROGRESS, 1000);
		assert_int_equal(instance.is_loop, i == RESTART_LOOP_COUNT);
	}
	(void)dies(RESTART_PROGRESS, 1000);
	assert_false(instance.is_loop);
	for (int i = 1; i <= RESTART_LOOP_COUNT; i++)
		(void)dies(RESTART_NO_PROGRESS, 1000);
	assert_true(instance.is_loop);
	(void)dies(RESTART_TEMPORARY, 1000);
	assert_false(instance.is_loop);
}

/* Not once for each of its instances. */
static void a_group_that_does_not_get_ready_is_told_once(void **state)
{
	int64_t now = 1000;
	int count = 0;

	(void)state;
	for (int try = 0; try < 12; try++) {
		for (int i = 0; i < 8; i++) {
			(void)restart_after(&group, &instance, RESTART_UNREADY,
					    now, now + 10 + i);
			count += instance.is_loop;
		}
		now += 100000;
	}
	assert_int_equal(count, 1);
}

static void the_waits_jitter(void **state)
{
	int64_t least = 30000, most = 0;

	(void)state;
	backoff_fix(0);
	for (int i = 0; i < 1000; i++) {
		int64_t wait = dies(RESTART_TEMPORARY, 0);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_in_range(least, 24000, 26000);
	assert_in_range(most, 34000, 36000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			progress_is_an_entry_or_ten_seconds_of_readiness,
			fresh),
		cmocka_unit_test_setup(a_death_with_progress_restarts_at_once,
				       fresh),
		cmocka_unit_test_setup(
			the_second_death_without_progress_waits_and_doubles,
			fresh),
		cmocka_unit_test_setup(
			a_group_restarts_at_most_twenty_times_a_second, fresh),
		cmocka_unit_test_setup(
			a_group_restarts_at_most_three_hundred_times_a_minute,
			fresh),
		cmocka_unit_test_setup(
			instances_that_fail_together_are_one_failed_try, fresh),
		cmocka_unit_test_setup(a_group_in_trouble_makes_one_try_a_wait,
				       fresh),
		cmocka_unit_test_setup(
			one_that_is_ready_ends_the_trouble_of_its_group, fresh),
		cmocka_unit_test_setup(later_is_no_crash_and_waits_long, fresh),
		cmocka_unit_test_setup(
			what_does_not_stay_up_is_told_once_in_a_row, fresh),
		cmocka_unit_test_setup(
			a_group_that_does_not_get_ready_is_told_once, fresh),
		cmocka_unit_test_setup(the_waits_jitter, fresh),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
