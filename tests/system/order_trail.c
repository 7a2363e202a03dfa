#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

static struct worker points, trial;

/* Points is done with both events of X-1. Push has one of them in hand, and was
   not yet given the other. */
static void a_paid_and_refunded_order(const struct shop *shop)
{
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "push", "$", NULL);
	(void)shop_publish(shop, "orderno", "X-1", "userid", "7", "amount",
			   "1000", NULL);
	(void)redis_fixture_command(shop->redis, "XREADGROUP", "GROUP", "push",
				    "push-7@web1", "COUNT", "1", "STREAMS",
				    "ordermq", ">", NULL);
	shop_orders(shop, 1, 3);
	(void)shop_publish(shop, "orderno", "X-1", "userid", "7", "amount",
			   "500", "type", "refunded", "eventno", "1", NULL);
	shop_await_done(shop, "points");
}

static void every_group_tells_where_it_is(void **state)
{
	const struct shop *shop = *state;

	a_paid_and_refunded_order(shop);
	assert_int_equal(ctl_run_on(shop, "order", "X-1", NULL), EX_OK);
	ctl_says(
		"ENTRY           TYPE       GROUP    STATE       CONSUMER      "
		"IDLE DELIV TRIES ERROR\n"
		"ID              paid       points   done        -             "
		"   -     -     - -\n"
		"ID              paid       push     pending     push-7@web1   "
		"  0s     1     0 -\n"
		"ID              refunded:1 points   done        -          "
		"      -     -     - -\n"
		"ID              refunded:1 push     undelivered -          "
		"      -     -     - -\n"
		"\n"
		"EVENT                  GROUP    ACCOUNT     AMOUNT   POINTS"
		"  AGE ENTRY\n"
		"X-1:paid               points   7             1000       10"
		"   0s ID             \n"
		"X-1:refunded:1         points   7              500       -5"
		"   0s ID             \n");
}

static void json_has_places_and_ledger_lines(void **state)
{
	const struct shop *shop = *state;

	a_paid_and_refunded_order(shop);
	assert_int_equal(ctl_run_on(shop, "order", "X-1", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 6);
	assert_string_equal(ctl_value(1, "kind"), "\"place\"");
	assert_string_equal(ctl_value(1, "event"), "\"X-1:paid\"");
	assert_string_equal(ctl_value(1, "group"), "\"push\"");
	assert_string_equal(ctl_value(1, "state"), "\"pending\"");
	assert_string_equal(ctl_value(1, "consumer"), "\"push-7@web1\"");
	assert_string_equal(ctl_value(1, "idle_seconds"), "0");
	assert_string_equal(ctl_value(1, "deliveries"), "1");
	assert_string_equal(ctl_value(1, "attempts"), "0");
	assert_string_equal(ctl_value(3, "state"), "\"undelivered\"");
	assert_string_equal(ctl_value(3, "consumer"), "null");
	assert_string_equal(ctl_value(4, "kind"), "\"ledger\"");
	assert_string_equal(ctl_value(5, "points"), "-5");
}

static void a_dead_letter_is_no_done(void **state)
{
	const struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	(void)shop_publish(shop, "orderno", "X-2", "amount", "12x", NULL);
	shop_await_done(shop, "points");
	assert_int_equal(ctl_run_on(shop, "order", "X-2", NULL), EX_OK);
	ctl_says(
		"ENTRY           TYPE       GROUP    STATE       CONSUMER      "
		"IDLE DELIV TRIES ERROR\n"
		"ID              ?          points   dead        points-1@web1 "
		"   -     1     0 amount '12x' is no whole number of minor "
		"units\n");
	/* Also when the stream has forgotten it. */
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	assert_int_equal(ctl_run_on(shop, "order", "X-2", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "state"), "\"dead\"");
	assert_true(strlen(ctl_value(0, "dead_letter")) > 15);
}

static bool has_died(void *data)
{
	const struct shop *shop = data;

	return redis_fixture_integer(shop->redis, "XLEN", "{ordermq}:dead",
				     NULL) > 0;
}

/* A letter of points came back, and nobody reads. */
static void what_came_back_is_neither_dead_nor_done(void **state)
{
	const struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	(void)shop_publish(shop, "orderno", "X-2", "amount", "12x", NULL);
	shop_await_done(shop, "points");
	worker_kill(&points);
	assert_int_equal(
		ctl_run_on(shop, "dead", "replay", "points", "ALL", NULL),
		EX_OK);
	assert_int_equal(ctl_run_on(shop, "order", "X-2", NULL), EX_OK);
	ctl_says(
		"ENTRY           TYPE       GROUP    STATE       CONSUMER      "
		"IDLE DELIV TRIES ERROR\n"
		"ID              ?          points   replay      -             "
		"   -     -     - -\n");
	/* Also without its entry, and when somebody has it. */
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	(void)redis_fixture_command(shop->redis, "XREADGROUP", "GROUP",
				    "points", "points-7@web1", "STREAMS",
				    "{ordermq}:points:replay", ">", NULL);
	assert_int_equal(ctl_run_on(shop, "order", "X-2", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "state"), "\"replay\"");
	assert_string_equal(ctl_value(0, "consumer"), "\"points-7@web1\"");
	assert_string_equal(ctl_value(0, "dead_letter"), "null");
	assert_true(strlen(ctl_value(0, "replay_id")) > 15);
}

static void what_failed_too_often_says_why(void **state)
{
	struct shop *shop = *state;

	worker_start(&trial, shop, "trial", 1, "web1");
	(void)shop_publish(shop, "orderno", "X-3", "act", "fail", NULL);
	until(has_died, shop, "it is dead");
	assert_int_equal(ctl_run_on(shop, "order", "X-3", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "state"), "\"dead\"");
	assert_string_equal(ctl_value(0, "attempts"), "5");
	assert_non_null(strstr(ctl_value(0, "error"), "it always fails"));
}

static void a_ledger_line_outlives_its_entry(void **state)
{
	const struct shop *shop = *state;

	a_paid_and_refunded_order(shop);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	assert_int_equal(ctl_run_on(shop, "order", "X-1", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "event"), "\"X-1:paid\"");
}

static void it_is_found_on_any_page(void **state)
{
	const struct shop *shop = *state;

	shop_orders(shop, 1, 1201);
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "0", NULL);
	assert_int_equal(ctl_run_on(shop, "order", "A-1201", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "state"), "\"undelivered\"");
}

static void fields_may_have_other_names(void **state)
{
	const struct shop *shop = *state;

	shop_configure(shop, "", "", "fields: { orderno = \"order_id\"; };");
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	(void)shop_publish(shop, "order_id", "X-1", NULL);
	(void)shop_publish(shop, "orderno", "X-2", NULL);
	assert_int_equal(ctl_run_on(shop, "order", "X-1", NULL), EX_OK);
	assert_int_equal(ctl_run_on(shop, "order", "X-2", NULL), EX_DATAERR);
}

static void wrong_usage_is_told(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "order", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "order", "a", "b", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "order", "X-9", NULL), EX_DATAERR);
	assert_string_equal(ctl.out, "");
	assert_string_equal(ctl.err, "ordermqctl: X-9: no such order\n");
	redis_fixture_kill(shop->redis);
	assert_int_equal(ctl_run_on(shop, "order", "X-1", NULL),
			 EX_UNAVAILABLE);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(every_group_tells_where_it_is),
		in_shop(json_has_places_and_ledger_lines),
		in_shop(a_dead_letter_is_no_done),
		in_shop(what_came_back_is_neither_dead_nor_done),
		in_shop(what_failed_too_often_says_why),
		in_shop(a_ledger_line_outlives_its_entry),
		in_shop(it_is_found_on_any_page),
		in_shop(fields_may_have_other_names),
		in_shop(wrong_usage_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("trail", tests, NULL, NULL);
}
