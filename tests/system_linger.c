#include "config.h"

#include "tests/process_fixture.h"

#include "lib/clock.h"
#include "lib/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ORDERS 100

static struct worker worker;

/* Publishes an order, and keeps the server from anything else for 10 ms. */
static const char busy[] =
	"redis.call('XADD', KEYS[1], '*', 'orderno', 'A-' .. ARGV[1], "
	"'userid', ARGV[1] % 10, 'amount', 1000) "
	"local function usecs() local t = redis.call('TIME') "
	"return t[1] * 1000000 + t[2] end "
	"local till = usecs() + 10000 "
	"repeat until usecs() >= till";

/* How often entries were asked for since CONFIG RESETSTAT. */
static int64_t reads(const struct shop *shop)
{
	struct text stats = reply_text(redis_fixture_command(
		shop->redis, "INFO", "commandstats", NULL));
	const char *line = strstr(stats.data, "cmdstat_xreadgroup:calls=");

	assert_non_null(line);
	return atoll(strchr(line, '=') + 1);
}

/* How many reads it takes a points instance to have all the orders of a busy
   server. */
static int64_t reads_while_busy(const struct shop *shop, const char *linger)
{
	int64_t count;

	shop_configure(shop, "", linger, "");
	(void)redis_fixture_command(shop->redis, "FLUSHALL", NULL);
	worker_start(&worker, shop, "points", 1, "web1");
	worker_await(&worker, "ready");
	(void)redis_fixture_command(shop->redis, "CONFIG", "RESETSTAT", NULL);
	for (int i = 1; i <= ORDERS; i++) {
		char number[16];

		(void)snprintf(number, sizeof(number), "%d", i);
		(void)redis_fixture_command(shop->redis, "EVAL", busy, "1",
					    "ordermq", number, NULL);
	}
	shop_await_done(shop, "points");
	count = reads(shop);
	assert_int_equal(worker_stop(&worker), 0);
	shop_check_points(shop, ORDERS);
	return count;
}

static void a_read_brings_more_while_redis_is_busy(void **state)
{
	const struct shop *shop = *state;
	int64_t without = reads_while_busy(shop, "linger = \"0\";");
	int64_t with = reads_while_busy(shop, "linger = \"200ms\";");

	assert_true(3 * with < 2 * without);
}

static void nothing_waits_while_redis_is_idle(void **state)
{
	const struct shop *shop = *state;
	int64_t start;

	shop_configure(shop, "", "linger = \"1s\";", "");
	worker_start(&worker, shop, "points", 1, "web1");
	worker_await(&worker, "ready");
	start = clock_msecs();
	for (int i = 1; i <= 20; i++) {
		shop_orders(shop, i, 1);
		shop_await_done(shop, "points");
	}
	assert_true(clock_msecs() - start < 10 * 1000);
	assert_int_equal(worker_stop(&worker), 0);
	shop_check_points(shop, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_read_brings_more_while_redis_is_busy, shop_open,
			shop_close),
		cmocka_unit_test_setup_teardown(
			nothing_waits_while_redis_is_idle, shop_open,
			shop_close),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("linger", tests, NULL, NULL);
}
