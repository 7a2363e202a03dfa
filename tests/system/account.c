#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#define LEDGER "{ordermq}:points:ledger"
#define BALANCE "{ordermq}:points:balance"

static struct worker points;

/* Account 7 pays 1000, pays 2500, and is paid 500 back; a point a 100. */
static void three_events(const struct shop *shop)
{
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	(void)shop_publish(shop, "orderno", "A-1", "userid", "7", "amount",
			   "1000", NULL);
	(void)shop_publish(shop, "orderno", "A-2", "userid", "7", "amount",
			   "2500", NULL);
	(void)shop_publish(shop, "orderno", "A-1", "userid", "7", "amount",
			   "500", "type", "refunded", "eventno", "1", NULL);
	/* Others, one of whom is called much like it. */
	(void)shop_publish(shop, "orderno", "A-4", "userid", "77", "amount",
			   "100", NULL);
	shop_await_done(shop, "points");
}

static void an_account_has_a_balance_and_its_lines(void **state)
{
	const struct shop *shop = *state;

	three_events(shop);
	assert_int_equal(ctl_run_on(shop, "points", "7", NULL), EX_OK);
	ctl_says("GROUP             ACCOUNT                     BALANCE"
		 "               SUM    LINES\n"
		 "points            7                                30"
		 "                30        3\n"
		 "\n"
		 "EVENT                  GROUP    ACCOUNT     AMOUNT   POINTS"
		 "  AGE ENTRY\n"
		 "A-1:paid               points   7             1000       10"
		 "   0s ID             \n"
		 "A-2:paid               points   7             2500       25"
		 "   0s ID             \n"
		 "A-1:refunded:1         points   7              500       -5"
		 "   0s ID             \n");
	assert_string_equal(ctl.err, "");
}

static void json_has_the_balance_first(void **state)
{
	const struct shop *shop = *state;

	three_events(shop);
	assert_int_equal(ctl_run_on(shop, "points", "7", "--group", "points",
				    "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 4);
	assert_string_equal(ctl_value(0, "kind"), "\"balance\"");
	assert_string_equal(ctl_value(0, "account"), "\"7\"");
	assert_string_equal(ctl_value(0, "balance"), "30");
	assert_string_equal(ctl_value(0, "sum"), "30");
	assert_string_equal(ctl_value(0, "lines"), "3");
	assert_string_equal(ctl_value(3, "kind"), "\"ledger\"");
	assert_string_equal(ctl_value(3, "event"), "\"A-1:refunded:1\"");
	assert_string_equal(ctl_value(3, "amount"), "500");
	assert_string_equal(ctl_value(3, "points"), "-5");
	assert_int_equal(strlen(ctl_value(3, "time")),
			 strlen("\"2025-11-20T12:00:00.000Z\""));
}

static void a_ledger_of_any_size_is_read(void **state)
{
	const struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	shop_orders(shop, 1, 5000);
	shop_await_done(shop, "points");
	assert_int_equal(ctl_run_on(shop, "points", "3", NULL), EX_OK);
	assert_non_null(strstr(ctl.out, " 5000              5000      500\n"));
}

static bool is_settled(void *data)
{
	const struct shop *shop = data;

	/* 75: it never stood still; 65: nothing was credited yet. */
	assert_int_not_equal(ctl_run_on(shop, "points", "3", NULL),
			     EX_SOFTWARE);
	return ctl.status == EX_OK && strstr(ctl.out, "     2000\n") != NULL;
}

static void credits_meanwhile_are_no_difference(void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, 20000);
	worker_start(&points, shop, "points", 1, "web1");
	until(is_settled, shop, "all is credited");
}

static void a_balance_that_is_no_sum_is_a_bug(void **state)
{
	const struct shop *shop = *state;

	three_events(shop);
	(void)redis_fixture_command(shop->redis, "HINCRBY", BALANCE, "7", "1",
				    NULL);
	assert_int_equal(ctl_run_on(shop, "points", "7", "--json", NULL),
			 EX_SOFTWARE);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "balance"), "31");
	assert_string_equal(ctl_value(0, "sum"), "30");
	assert_string_equal(ctl.err, "ordermqctl: points: the balance is not "
				     "the sum of the ledger\n");
	(void)redis_fixture_command(shop->redis, "HSET", BALANCE, "7", "much",
				    NULL);
	assert_int_equal(ctl_run_on(shop, "points", "7", "--json", NULL),
			 EX_SOFTWARE);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "balance"), "null");
}

static void a_broken_line_is_no_zero(void **state)
{
	const struct shop *shop = *state;

	three_events(shop);
	(void)redis_fixture_command(shop->redis, "HSET", LEDGER, "A-9\x1b:paid",
				    "7\tmuch\t\x1b[2J", NULL);
	assert_int_equal(ctl_run_on(shop, "points", "7", NULL), EX_SOFTWARE);
	assert_non_null(strstr(ctl.out, "A-9\\x1b:paid "));
	assert_null(strchr(ctl.out, '\x1b'));
	assert_int_equal(ctl_run_on(shop, "points", "7", "--json", NULL),
			 EX_SOFTWARE);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "sum"), "null");
	assert_string_equal(ctl_value(1, "points"), "null");
}

static void lines_without_a_balance_are_found(void **state)
{
	const struct shop *shop = *state;

	three_events(shop);
	(void)redis_fixture_command(shop->redis, "HDEL", BALANCE, "7", NULL);
	assert_int_equal(ctl_run_on(shop, "points", "7", NULL), EX_SOFTWARE);
	assert_non_null(strstr(ctl.out, " 0                30        3\n"));
}

static void wrong_usage_is_told(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "points", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "points", "7", "8", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "points", "7", NULL), EX_DATAERR);
	assert_string_equal(ctl.err, "ordermqctl: 7: no such account\n");
	assert_int_equal(
		ctl_run_on(shop, "points", "7", "--group", "push", NULL),
		EX_DATAERR);
	assert_string_equal(ctl.err, "ordermqctl: push: no group of the "
				     "program points\n");
	/* A key of another type is for an operator to look at. */
	(void)redis_fixture_command(shop->redis, "SET", LEDGER, "x", NULL);
	assert_int_equal(ctl_run_on(shop, "points", "7", NULL), EX_CONFIG);
	assert_non_null(strstr(ctl.err, "HSCAN: WRONGTYPE"));
	redis_fixture_kill(shop->redis);
	assert_int_equal(ctl_run_on(shop, "points", "7", NULL), EX_UNAVAILABLE);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(an_account_has_a_balance_and_its_lines),
		in_shop(json_has_the_balance_first),
		in_shop(a_ledger_of_any_size_is_read),
		in_shop(credits_meanwhile_are_no_difference),
		in_shop(a_balance_that_is_no_sum_is_a_bug),
		in_shop(a_broken_line_is_no_zero),
		in_shop(lines_without_a_balance_are_found),
		in_shop(wrong_usage_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
