/* What a foreign consumer of the group left pending is taken over by an
   instance as fast as it works, not at a portion a beat. */

#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Twenty portions: at one a beat, a third of owner_ttl, they take 7 s. */
#define ORDERS 5000
#define DONE_MSECS 4000

static struct worker worker;

static void what_a_foreign_consumer_left_is_done_at_once(void **state)
{
	const struct shop *shop = *state;
	int64_t start = clock_msecs();

	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	shop_orders_read_by(shop, 1, ORDERS, "points", "another program");
	worker_start(&worker, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	assert_true(clock_msecs() - start < DONE_MSECS);
	shop_check_points(shop, ORDERS);
	worker_await(&worker, "took over 5000 pending entries");
	assert_int_equal(worker_said(&worker, "took over"), 1);
	assert_int_equal(worker_stop(&worker), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_a_foreign_consumer_left_is_done_at_once, shop_open,
			shop_close),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("takeover", tests, NULL, NULL);
}
