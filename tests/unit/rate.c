#include "config.h"

#include "supervisor/keeper/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct rate rate;

static int forget(void **state)
{
	(void)state;
	memset(&rate, 0, sizeof(rate));
	return 0;
}

static void it_takes_two_looks(void **state)
{
	(void)state;
	assert_true(rate_per_sec(&rate) == -1);
	rate_note(&rate, 1000, 70);
	assert_true(rate_per_sec(&rate) == -1);
	/* Two in the same millisecond are as one. */
	rate_note(&rate, 1000, 80);
	assert_true(rate_per_sec(&rate) == -1);
	rate_note(&rate, 3000, 80);
	assert_true(rate_per_sec(&rate) == 5);
}

static void the_last_ten_seconds_count(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		rate_note(&rate, i * 1000, i < 35 ? i * 100 : 3500);
	/* From 29 on: six times 100, then nothing more. */
	assert_true(rate_per_sec(&rate) == 60);
	for (int i = 40; i < 50; i++)
		rate_note(&rate, i * 1000, 3500);
	assert_true(rate_per_sec(&rate) == 0);
}

static void a_count_that_falls_or_is_unknown_begins_anew(void **state)
{
	(void)state;
	rate_note(&rate, 0, 1000);
	rate_note(&rate, 1000, 2000);
	rate_note(&rate, 2000, 5);
	assert_true(rate_per_sec(&rate) == -1);
	rate_note(&rate, 3000, 8);
	assert_true(rate_per_sec(&rate) == 3);
	rate_note(&rate, 4000, -1);
	assert_true(rate_per_sec(&rate) == -1);
	rate_note(&rate, 5000, -1);
	rate_note(&rate, 6000, 8);
	assert_true(rate_per_sec(&rate) == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_takes_two_looks, forget),
		cmocka_unit_test_setup(the_last_ten_seconds_count, forget),
		cmocka_unit_test_setup(
			a_count_that_falls_or_is_unknown_begins_anew, forget),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
