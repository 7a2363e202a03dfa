/* What verify says of losses that the keeper has counted, and how it corrects
   those that were none. */

#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOAD 100

static struct shop *shop;
static struct worker points, keeper;

static void says(const char *text)
{
	if (strstr(ctl.out, text) == NULL)
		fail_msg("'%s' is not in:\n%s%s", text, ctl.out, ctl.err);
}

static void expect(int status, int is)
{
	if (status != is)
		fail_msg("exit status %d:\n%s%s", is, ctl.out, ctl.err);
}

#define verify(...) ctl_run_on(shop, "verify", "points", __VA_ARGS__)

/* A group that has settled LOAD orders, and rests. */
static void work(void **state)
{
	shop = *state;
	worker_start(&points, shop, "points", 1, "web1");
	shop_orders(shop, 1, LOAD);
	shop_await_done(shop, "points");
	assert_int_equal(worker_stop(&points), 0);
	expect(0, verify(NULL));
}

static void keeper_says(const char *text)
{
	worker_start(&keeper, shop, "keeper", 0, "web1");
	worker_await(&keeper, text);
	assert_int_equal(worker_stop(&keeper), 0);
}

static void book(const char *name, const char *count)
{
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:books", name, count,
				    NULL);
}

static void what_was_removed_unread_is_off(void **state)
{
	work(state);
	shop_orders(shop, LOAD + 1, 10);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "4", NULL);
	expect(70, verify(NULL));
	says("6 entries were due and are nowhere");
	keeper_says("group points: 6 entries were removed from the stream");
	expect(70, verify(NULL));
	says("OFF: 6 entries were removed from the stream before they were "
	     "delivered (dropped)");
	/* It is real. */
	expect(70, verify("--correct", "--execute", NULL));
	says("there is nothing to correct");
	says("OFF: 6 entries were removed");
}

static void what_retention_may_drop_is_only_told(void **state)
{
	work(state);
	shop_orders(shop, LOAD + 1, 10);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "4", NULL);
	keeper_says("group points: 6 entries were removed from the stream");
	shop_configure(shop, "", "",
		       "stream: { retention: { unread = \"drop\"; }; };");
	expect(0, verify(NULL));
	says("note: 6 entries were removed from the stream before they were "
	     "delivered (dropped), as stream.retention allows");
}

static void what_a_stranger_acknowledged_is_off(void **state)
{
	work(state);
	shop_orders_read_by(shop, LOAD + 1, 3, "points", "stranger");
	(void)redis_fixture_command(shop->redis, "XGROUP", "DELCONSUMER",
				    "ordermq", "points", "stranger", NULL);
	keeper_says("group points: 3 entries were skipped");
	expect(70, verify(NULL));
	says("OFF: 3 entries were never settled here");
	says("skipped                 3");
}

static void what_was_given_twice_is_off(void **state)
{
	work(state);
	(void)redis_fixture_command(shop->redis, "XGROUP", "SETID", "ordermq",
				    "points", "0", NULL);
	keeper_says("group points: 100 more entries than were due");
	expect(70, verify(NULL));
	says("OFF: 100 more than were due");
	says("(moved)");
	expect(70, verify("--correct", NULL));
	says("there is nothing to correct");
}

/* As the version before did at each restart of Redis. */
static void count_falsely(void **state)
{
	work(state);
	book("dropped", "100");
	expect(70, verify(NULL));
	says("OFF: 100 more than were due");
}

static void correct(void)
{
	expect(70, verify("--correct", NULL));
	says("note: dropped would be corrected from 100 to 0: 100 entries were "
	     "counted as dropped, and were settled; add --execute to do it");
	assert_int_equal(shop_number(shop, "points", "books", "dropped"), 100);
	expect(0, verify("--correct", "--execute", NULL));
	says("note: dropped was corrected from 100 to 0");
	says("balanced");
	expect(0, verify("--correct", "--execute", NULL));
	says("there is nothing to correct");
	assert_int_equal(shop_number(shop, "points", "books", "dropped"), 0);
	expect(0, verify(NULL));
}

static void a_dropping_that_was_none_is_corrected(void **state)
{
	count_falsely(state);
	correct();
}

static void also_when_the_keeper_has_noted_it(void **state)
{
	count_falsely(state);
	keeper_says("group points: 100 more entries than were due");
	expect(70, verify(NULL));
	says("OFF: 100 entries are counted as dropped, and were settled: "
	     "verify --correct");
	correct();
}

static void a_loss_beside_it_stays(void **state)
{
	count_falsely(state);
	keeper_says("group points: 100 more entries than were due");
	shop_orders(shop, LOAD + 1, 10);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "3", NULL);
	keeper_says("group points: 7 entries were removed from the stream");
	expect(70, verify("--correct", "--execute", "--json", NULL));
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "corrected"), "100");
	assert_int_equal(shop_number(shop, "points", "books", "dropped"), 7);
	expect(70, verify(NULL));
	says("OFF: 7 entries were removed");
}

static void to_execute_is_to_correct(void **state)
{
	work(state);
	expect(64, verify("--execute", NULL));
	expect(65, ctl_run_on(shop, "verify", "--correct", "nobody", NULL));
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_was_removed_unread_is_off),
		in_shop(what_retention_may_drop_is_only_told),
		in_shop(what_a_stranger_acknowledged_is_off),
		in_shop(what_was_given_twice_is_off),
		in_shop(a_dropping_that_was_none_is_corrected),
		in_shop(also_when_the_keeper_has_noted_it),
		in_shop(a_loss_beside_it_stays),
		in_shop(to_execute_is_to_correct),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
