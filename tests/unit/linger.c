#include "config.h"

#include "lib/consumer/linger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MOST 10
#define ROOM 256
#define NOW 5000

/* Until when to wait after a round trip whose settling took so long. */
static int64_t until(int64_t settle_usecs, size_t count)
{
	struct linger linger;

	linger_begin(&linger, 77);
	if (settle_usecs > 0)
		linger_settled(&linger, 77 + settle_usecs);
	linger_read(&linger, count, ROOM, MOST, NOW);
	return linger.until_msecs;
}

static void it_waits_twice_as_long_as_it_took_to_settle(void **state)
{
	(void)state;
	assert_int_equal(until(1000, 1), NOW + 2);
	assert_int_equal(until(2600, 0), NOW + 4);
	assert_int_equal(until(4999, ROOM - 1), NOW + 8);
}

static void it_never_waits_longer_than_it_may(void **state)
{
	(void)state;
	assert_int_equal(until(5500, 1), NOW + MOST);
	assert_int_equal(until(60 * 1000000, 1), NOW + MOST);
}

static void it_does_not_wait_when_redis_is_quick(void **state)
{
	(void)state;
	assert_int_equal(until(999, 1), -1);
	assert_int_equal(until(1, 1), -1);
}

static void it_does_not_wait_when_nothing_was_settled(void **state)
{
	(void)state;
	assert_int_equal(until(0, 1), -1);
}

static void it_does_not_wait_after_a_full_batch(void **state)
{
	(void)state;
	assert_int_equal(until(60 * 1000000, ROOM), -1);
}

static void a_new_round_trip_forgets_the_last_one(void **state)
{
	struct linger linger;

	(void)state;
	linger_begin(&linger, 0);
	linger_settled(&linger, 5000);
	linger_read(&linger, 1, ROOM, MOST, NOW);
	linger_begin(&linger, 9000);
	assert_int_equal(linger.until_msecs, -1);
	linger_read(&linger, 1, ROOM, MOST, NOW);
	assert_int_equal(linger.until_msecs, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_twice_as_long_as_it_took_to_settle),
		cmocka_unit_test(it_never_waits_longer_than_it_may),
		cmocka_unit_test(it_does_not_wait_when_redis_is_quick),
		cmocka_unit_test(it_does_not_wait_when_nothing_was_settled),
		cmocka_unit_test(it_does_not_wait_after_a_full_batch),
		cmocka_unit_test(a_new_round_trip_forgets_the_last_one),
	};

	return cmocka_run_group_tests_name("linger", tests, NULL, NULL);
}
