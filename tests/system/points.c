#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOAD 3000

/* What stopping an idle instance may take: promised are 500 ms, on a machine
   that has nothing else to do. */
#define STOP_MSECS 5000

/* A read waits for new entries twice as long. */
#define CLAIM_MSECS 1500

static struct worker one, two;

/* Entries counted in a book of the group. */
static int64_t book(const struct shop *shop, const char *name)
{
	return shop_number(shop, "points", "books", name);
}

struct applied {
	const struct shop *shop;
	int64_t least;
};

static bool has_applied(void *data)
{
	const struct applied *applied = data;

	return book(applied->shop, "applied") >= applied->least;
}

static void await_applied(const struct shop *shop, int64_t least)
{
	until(has_applied, &(struct applied){ shop, least }, "applied");
}

static void an_order_credits_its_customer(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	(void)shop_publish(shop, "orderno", "10001", "userid", "7", "amount",
			   "13998", "note", "x", NULL);
	(void)shop_publish(shop, "orderno", "10001", "userid", "7", "amount",
			   "998", "type", "refunded", "eventno", "1", NULL);
	shop_await_done(shop, "points");
	assert_int_equal(shop_number(shop, "points", "balance", "7"), 139 - 9);
	assert_int_equal(book(shop, "applied"), 2);
}

static void orders_of_guests_and_other_types_are_counted_apart(void **state)
{
	struct shop *shop = *state;

	(void)shop_publish(shop, "orderno", "10001", NULL);
	(void)shop_publish(shop, "orderno", "10002", "userid", "", NULL);
	(void)shop_publish(shop, "orderno", "10003", "userid", "7", "type",
			   "shipped", NULL);
	worker_start(&one, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	assert_int_equal(book(shop, "guest"), 2);
	assert_int_equal(book(shop, "other"), 1);
	assert_int_equal(redis_fixture_integer(shop->redis, "EXISTS",
					       "{ordermq}:points:balance",
					       NULL),
			 0);
}

static void an_order_published_again_is_credited_once(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	shop_orders(shop, 1, 500);
	shop_orders(shop, 1, 500);
	worker_start(&two, shop, "points", 2, "web1");
	shop_orders(shop, 1, 500);
	shop_await_done(shop, "points");
	shop_check_points(shop, 500);
	assert_int_equal(book(shop, "applied"), 500);
	assert_int_equal(book(shop, "duplicate"), 1000);
}

static void the_same_event_with_another_amount_is_a_dead_letter(void **state)
{
	struct shop *shop = *state;

	(void)shop_publish(shop, "orderno", "1", "userid", "7", "amount",
			   "1000", NULL);
	(void)shop_publish(shop, "orderno", "1", "userid", "7", "amount",
			   "2000", NULL);
	worker_start(&one, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	assert_int_equal(shop_number(shop, "points", "balance", "7"), 10);
	assert_int_equal(redis_fixture_integer(shop->redis, "XLEN",
					       "{ordermq}:dead", NULL),
			 1);
	assert_int_equal(worker_said(&one, "is in the ledger with another"), 1);
}

static void a_killed_instance_finishes_what_it_held_when_it_is_back(
	void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, LOAD);
	for (int kills = 1; kills <= 5; kills++) {
		worker_start(&one, shop, "points", 1, "web1");
		await_applied(shop, kills * LOAD / 10);
		worker_kill(&one);
	}
	worker_start(&one, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	shop_check_points(shop, LOAD);
	assert_int_equal(shop_pending(shop, "points"), 0);
	assert_int_equal(book(shop, "applied"), LOAD);
}

static void entries_read_by_a_dead_connection_are_found_again(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	shop_orders(shop, 1, 100);
	shop_await_done(shop, "points");
	/* As if another connection of the same consumer had read them. */
	shop_orders_read_by(shop, 101, 100, "points", "points-1@web1");
	shop_await_done(shop, "points");
	shop_check_points(shop, 200);
}

static void an_idle_instance_stops_at_once_and_leaves_no_consumer(void **state)
{
	struct shop *shop = *state;
	int64_t start;

	worker_start(&one, shop, "points", 1, "web1");
	worker_start(&two, shop, "points", 2, "web1");
	worker_await(&one, "ready");
	worker_await(&two, "ready");
	assert_int_equal(shop_consumers(shop, "points"), 2);
	start = clock_msecs();
	assert_int_equal(worker_stop(&one), 0);
	assert_true(clock_msecs() - start < STOP_MSECS);
	assert_int_equal(shop_consumers(shop, "points"), 1);
	assert_int_equal(worker_stop(&two), 0);
	assert_int_equal(shop_consumers(shop, "points"), 0);
	assert_int_equal(redis_fixture_integer(shop->redis, "EXISTS",
					       "{ordermq}:points:owners", NULL),
			 0);
}

static bool one_consumer_left(void *data)
{
	return shop_consumers(data, "points") == 1;
}

static void stopping_under_load_loses_nothing(void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, LOAD);
	worker_start(&one, shop, "points", 1, "web1");
	worker_start(&two, shop, "points", 2, "web1");
	worker_await(&one, "ready");
	await_applied(shop, 1);
	assert_int_equal(worker_stop(&one), 0);
	shop_await_done(shop, "points");
	shop_check_points(shop, LOAD);
	assert_int_equal(book(shop, "applied"), LOAD);
	until(one_consumer_left, shop, "the empty consumer is deleted");
}

static void a_batch_of_any_size_is_settled(void **state)
{
	static const char *const batches[] = { "batch = 1;", "batch = 1024;" };
	struct shop *shop = *state;

	for (int i = 0; i < 2; i++) {
		shop_configure(shop, "", batches[i], "");
		shop_orders(shop, 1 + i * LOAD, LOAD);
		worker_start(&one, shop, "points", 1, "web1");
		shop_await_done(shop, "points");
		assert_int_equal(worker_stop(&one), 0);
	}
	shop_check_points(shop, 2 * LOAD);
}

static void a_sibling_finishes_what_a_dead_instance_held(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	shop_move(shop);
	worker_start(&two, shop, "points", 1, "web2");
	worker_await(&two, "ready");
	shop_orders(shop, 1, LOAD / 2);
	worker_kill(&one);
	/* What it had read when it died. */
	shop_orders_read_by(shop, LOAD / 2 + 1, LOAD / 2, "points",
			    "points-1@web1");
	shop_await_done(shop, "points");
	shop_check_points(shop, LOAD);
	until(one_consumer_left, shop, "the dead consumer is deleted");
	assert_true(worker_said(&two, "that nobody held") > 0);
}

static void what_is_taken_over_does_not_wait_for_new_entries(void **state)
{
	struct shop *shop = *state;
	int64_t start;

	shop->owner_ttl = "60s";
	shop_configure(shop, "", "", "");
	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	shop_orders_read_by(shop, 1, 100, "points", "points-1@web2");
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:owners", "points-1@web2",
				    "- 1 0 -", NULL);
	worker_await(&one, "that nobody held");
	start = clock_msecs();
	shop_await_done(shop, "points");
	assert_true(clock_msecs() - start < CLAIM_MSECS);
	shop_check_points(shop, 100);
}

static void a_stopped_instance_is_fenced_off_when_it_goes_on(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	shop_move(shop);
	worker_start(&two, shop, "points", 1, "web2");
	worker_await(&two, "ready");
	worker_pause(&one);
	until(one_consumer_left, shop, "the consumer is deleted");
	shop_orders(shop, 1, 100);
	worker_resume(&one);
	worker_await(&one, "lease lost");
	shop_orders(shop, 101, 100);
	shop_await_done(shop, "points");
	shop_check_points(shop, 200);
	assert_true(worker_is_alive(&one));
	assert_true(worker_is_alive(&two));
}

static void a_second_set_under_the_same_name_is_refused(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	shop_move(shop);
	worker_start(&two, shop, "points", 1, "web1");
	assert_int_equal(worker_wait(&two), 78);
	assert_true(worker_said(&two, "is held by web1 pid") > 0);
	assert_true(worker_said(&two, "give this node another name") > 0);
	assert_true(worker_is_alive(&one));
}

static void a_second_process_of_the_same_slot_is_refused(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	worker_start(&two, shop, "points", 1, "web1");
	assert_int_equal(worker_wait(&two), 78);
	assert_true(worker_said(&two, "another process holds it") > 0);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(an_order_credits_its_customer),
		in_shop(orders_of_guests_and_other_types_are_counted_apart),
		in_shop(an_order_published_again_is_credited_once),
		in_shop(the_same_event_with_another_amount_is_a_dead_letter),
		in_shop(a_killed_instance_finishes_what_it_held_when_it_is_back),
		in_shop(entries_read_by_a_dead_connection_are_found_again),
		in_shop(an_idle_instance_stops_at_once_and_leaves_no_consumer),
		in_shop(stopping_under_load_loses_nothing),
		in_shop(a_batch_of_any_size_is_settled),
		in_shop(a_sibling_finishes_what_a_dead_instance_held),
		in_shop(what_is_taken_over_does_not_wait_for_new_entries),
		in_shop(a_stopped_instance_is_fenced_off_when_it_goes_on),
		in_shop(a_second_set_under_the_same_name_is_refused),
		in_shop(a_second_process_of_the_same_slot_is_refused),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("points", tests, NULL, NULL);
}
