#include "config.h"

#include "lib/base/clock.h"
#include "producers/order/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define START 1000000

/* How many orders may go at this moment. */
static int due(struct pace *pace)
{
	int count = 0;

	while (pace_wait(pace) == 0) {
		pace_took(pace);
		count++;
	}
	return count;
}

static int due_at(struct pace *pace, int64_t msecs)
{
	clock_set(START + msecs);
	return due(pace);
}

static void start(struct pace *pace, int64_t millis)
{
	clock_set(START);
	pace_start(pace, millis);
}

static void no_rate_is_no_limit(void **state)
{
	struct pace pace;

	(void)state;
	start(&pace, 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(pace_wait(&pace), 0);
		pace_took(&pace);
	}
}

static void orders_go_evenly(void **state)
{
	struct pace pace;

	(void)state;
	start(&pace, 100 * 1000);
	assert_int_equal(due(&pace), 1);
	assert_int_equal(pace_wait(&pace), 10);
	assert_int_equal(due_at(&pace, 9), 0);
	assert_int_equal(due_at(&pace, 10), 1);
	assert_int_equal(due_at(&pace, 20), 1);
}

static void a_fast_rate_gives_several_a_millisecond(void **state)
{
	struct pace pace;
	int count;

	(void)state;
	start(&pace, 50000 * 1000);
	count = due(&pace);
	for (int msecs = 1; msecs <= 1000; msecs++) {
		int more = due_at(&pace, msecs);

		assert_int_equal(more, 50);
		count += more;
	}
	assert_int_equal(count, 50001);
}

static void a_slow_rate_waits_for_long(void **state)
{
	struct pace pace;

	(void)state;
	start(&pace, 1);
	assert_int_equal(due(&pace), 1);
	assert_int_equal(pace_wait(&pace), 1000 * 1000);
}

static void a_short_delay_is_caught_up(void **state)
{
	struct pace pace;

	(void)state;
	start(&pace, 100 * 1000);
	assert_int_equal(due(&pace), 1);
	assert_int_equal(due_at(&pace, 50), 5);
	assert_int_equal(due_at(&pace, 60), 1);
}

static void no_burst_follows_a_stall(void **state)
{
	struct pace pace;

	(void)state;
	start(&pace, 100 * 1000);
	assert_int_equal(due(&pace), 1);
	assert_int_equal(due_at(&pace, 60 * 1000), 11);
	assert_int_equal(due_at(&pace, 60 * 1000 + 10), 1);
}

static int teardown(void **state)
{
	(void)state;
	clock_set(-1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(orders_go_evenly),
		cmocka_unit_test(a_fast_rate_gives_several_a_millisecond),
		cmocka_unit_test(a_slow_rate_waits_for_long),
		cmocka_unit_test(a_short_delay_is_caught_up),
		cmocka_unit_test(no_burst_follows_a_stall),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, teardown);
}
