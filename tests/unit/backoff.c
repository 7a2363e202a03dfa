#include "config.h"

#include "lib/base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int jitter_off(void **state)
{
	(void)state;
	backoff_fix(1);
	return 0;
}

static int jitter_on(void **state)
{
	(void)state;
	backoff_fix(0);
	return 0;
}

static void a_wait_doubles_up_to_its_limit(void **state)
{
	static const int64_t waits[] = { 50, 100, 200, 400, 500, 500, 500 };
	struct backoff backoff = { .first_msecs = 50, .max_msecs = 500 };

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		assert_int_equal(backoff_next(&backoff), waits[i]);
}

static void success_makes_the_next_wait_the_first_again(void **state)
{
	struct backoff backoff = { .first_msecs = 50, .max_msecs = 500 };

	(void)state;
	(void)backoff_next(&backoff);
	(void)backoff_next(&backoff);
	backoff_reset(&backoff);
	assert_int_equal(backoff_next(&backoff), 50);
}

static void a_wait_is_never_nothing(void **state)
{
	struct backoff backoff = { .first_msecs = 0, .max_msecs = 0 };

	(void)state;
	assert_int_equal(backoff_next(&backoff), 1);
}

static void a_first_wait_beyond_the_limit_is_the_limit(void **state)
{
	struct backoff backoff = { .first_msecs = 5000, .max_msecs = 500 };

	(void)state;
	assert_int_equal(backoff_next(&backoff), 500);
}

static void any_number_of_steps_does_no_harm(void **state)
{
	struct backoff backoff = {
		.first_msecs = 3,
		.max_msecs = INT64_MAX / 256,
		.step_count = 4000000000U,
	};

	(void)state;
	assert_int_equal(backoff_next(&backoff), INT64_MAX / 256);
}

static void waits_differ_by_up_to_a_fifth(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct backoff backoff = { .first_msecs = 1000,
					   .max_msecs = 1000 };
		int64_t wait = backoff_next(&backoff);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_in_range(least, 800, 900);
	assert_in_range(most, 1100, 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_wait_doubles_up_to_its_limit,
				       jitter_off),
		cmocka_unit_test_setup(
			success_makes_the_next_wait_the_first_again,
			jitter_off),
		cmocka_unit_test(a_wait_is_never_nothing),
		cmocka_unit_test_setup(
			a_first_wait_beyond_the_limit_is_the_limit, jitter_off),
		cmocka_unit_test_setup(any_number_of_steps_does_no_harm,
				       jitter_off),
		cmocka_unit_test_setup(waits_differ_by_up_to_a_fifth,
				       jitter_on),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
