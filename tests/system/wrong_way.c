/* Points when things happen the wrong way round, or twice, or half. */

#include "config.h"

#include "tests/fixtures/ctl_fixture.h"
#include "tests/fixtures/process_fixture.h"
#include "tests/fixtures/proxy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOAD 2000

/* 2^53 - 1: beyond it a sum may be inexact. */
#define MOST "9007199254740991"

static struct worker one, two;
static struct proxy *proxy;

static int64_t book(const struct shop *shop, const char *name)
{
	return shop_number(shop, "points", "books", name);
}

static int64_t balance(const struct shop *shop, const char *account)
{
	return shop_number(shop, "points", "balance", account);
}

static int64_t letters(const struct shop *shop)
{
	return redis_fixture_integer(shop->redis, "XLEN", "{ordermq}:dead",
				     NULL);
}

/* The class of the only dead letter. */
static const char *letter_class(const struct shop *shop)
{
	const struct reply *all = redis_fixture_command(
		shop->redis, "XRANGE", "{ordermq}:dead", "-", "+", NULL);
	const struct reply *fields = reply_at(reply_at(all, 0), 1);

	assert_int_equal(reply_count(all), 1);
	return reply_text(reply_field(fields, "class")).data;
}

/* eventno: NULL for none. */
static void event(const struct shop *shop, const char *orderno,
		  const char *type, const char *eventno, const char *amount)
{
	(void)shop_publish(shop, "orderno", orderno, "userid", "7", "type",
			   type, "amount", amount,
			   eventno == NULL ? NULL : "eventno", eventno, NULL);
}

/* Everything was there before the worker: it is read in one batch. */
static void settled_in_one_batch(const struct shop *shop)
{
	worker_start(&one, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
}

static void the_same_event_twice_in_a_batch_credits_once(void **state)
{
	const struct shop *shop = *state;

	event(shop, "A", "paid", NULL, "1000");
	event(shop, "B", "paid", NULL, "500");
	event(shop, "A", "paid", NULL, "1000");
	settled_in_one_batch(shop);
	assert_int_equal(balance(shop, "7"), 15);
	assert_int_equal(book(shop, "applied"), 2);
	assert_int_equal(book(shop, "duplicate"), 1);
	assert_int_equal(letters(shop), 0);
}

static void the_same_event_with_another_amount_in_a_batch_is_a_conflict(
	void **state)
{
	const struct shop *shop = *state;

	event(shop, "A", "paid", NULL, "1000");
	event(shop, "A", "paid", NULL, "2000");
	event(shop, "B", "paid", NULL, "500");
	settled_in_one_batch(shop);
	assert_int_equal(balance(shop, "7"), 15);
	assert_int_equal(book(shop, "applied"), 2);
	assert_string_equal(letter_class(shop), "conflict");
}

/* Both have to go alone, and Redis takes neither at first. */
static void the_first_of_two_counts_when_redis_was_full_meanwhile(void **state)
{
	struct shop *shop = *state;

	shop->owner_ttl = "20s";
	shop_configure(shop, "", "", "");
	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	worker_pause(&one);
	/* In one step, so that they are read together. */
	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"for _, amount in ipairs({'1000', '2000'}) do "
		"redis.call('XADD', KEYS[1], '*', 'orderno', 'A', 'userid', "
		"'7', 'type', 'paid', 'amount', amount) end",
		"1", "ordermq", NULL);
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "1", NULL);
	worker_resume(&one);
	worker_await(&one, "OOM ");
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "0", NULL);
	shop_await_done(shop, "points");
	assert_int_equal(balance(shop, "7"), 10);
	assert_string_equal(letter_class(shop), "conflict");
}

static void two_partial_refunds_count_apart(void **state)
{
	const struct shop *shop = *state;

	event(shop, "A", "paid", NULL, "1000");
	event(shop, "A", "refunded", "1", "300");
	event(shop, "A", "refunded", "2", "300");
	event(shop, "A", "refunded", "1", "300");
	settled_in_one_batch(shop);
	assert_int_equal(balance(shop, "7"), 10 - 3 - 3);
	assert_int_equal(book(shop, "applied"), 3);
	assert_int_equal(book(shop, "duplicate"), 1);
}

static void a_refund_before_its_payment_comes_to_the_same(void **state)
{
	const struct shop *shop = *state;

	event(shop, "A", "refunded", NULL, "1000");
	settled_in_one_batch(shop);
	assert_int_equal(balance(shop, "7"), -10);
	event(shop, "A", "paid", NULL, "1000");
	shop_await_done(shop, "points");
	assert_int_equal(balance(shop, "7"), 0);
	assert_int_equal(book(shop, "applied"), 2);
	assert_int_equal(letters(shop), 0);
}

static void a_balance_at_its_limit_refuses_one_and_takes_the_others(
	void **state)
{
	const struct shop *shop = *state;

	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:balance", "7", MOST,
				    NULL);
	event(shop, "A", "paid", NULL, "1000");
	shop_orders(shop, 1, 6); /* none of them for account 7 */
	settled_in_one_batch(shop);
	assert_int_equal(balance(shop, "7"), INT64_C(9007199254740991));
	assert_int_equal(book(shop, "applied"), 6);
	assert_string_equal(letter_class(shop), "balance");
	/* A refund makes room. */
	event(shop, "B", "refunded", NULL, "1000");
	event(shop, "C", "paid", NULL, "1000");
	shop_await_done(shop, "points");
	assert_int_equal(balance(shop, "7"), INT64_C(9007199254740991));
	assert_int_equal(book(shop, "applied"), 8);
}

static void scripts_forgotten_under_load_credit_once(void **state)
{
	const struct shop *shop = *state;

	worker_start(&one, shop, "points", 1, "web1");
	for (int i = 0; i < 20; i++) {
		shop_orders(shop, 1 + i * 100, 100);
		(void)redis_fixture_command(shop->redis, "SCRIPT", "FLUSH",
					    NULL);
	}
	shop_await_done(shop, "points");
	shop_check_points(shop, 2000);
	assert_int_equal(book(shop, "applied"), 2000);
}

/* Entries that the first worker has read and not settled. */
static int64_t held_by_one(const struct shop *shop)
{
	const struct reply *rows = redis_fixture_command(
		shop->redis, "XPENDING", "ordermq", "points", "-", "+", "1",
		"points-1@web1", NULL);

	return (int64_t)reply_count(rows);
}

static bool is_at_work(void *data)
{
	return book(data, "applied") > 0;
}

static bool two_has_all(void *data)
{
	const struct shop *shop = data;

	return shop_pending(shop, "points") == 0 && book(shop, "applied") > 0 &&
	       held_by_one(shop) == 0;
}

static void an_owner_that_stalls_finds_its_entries_credited(void **state)
{
	struct shop *shop = *state;

	/* Small batches: it is at work for long enough to be stopped. */
	shop_configure(shop, "", "batch = 4;", "");
	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	shop_orders_read_by(shop, 1, LOAD, "points", "points-1@web1");
	until(is_at_work, shop, "it has begun");
	worker_pause(&one);
	assert_true(held_by_one(shop) > 0);
	shop_move(shop);
	worker_start(&two, shop, "points", 1, "web2");
	worker_await(&two, "took over");
	until(two_has_all, shop, "the other one does its work");
	shop_check_points(shop, LOAD);
	worker_resume(&one);
	worker_await(&one, "lease lost");
	shop_orders(shop, LOAD + 1, 100);
	shop_await_done(shop, "points");
	shop_check_points(shop, LOAD + 100);
	assert_int_equal(book(shop, "applied"), LOAD + 100);
	assert_true(worker_is_alive(&one));
}

static bool ten_are_applied(void *data)
{
	return book(data, "applied") == 10;
}

static void orders_at_once(const struct shop *shop)
{
	static const char script[] =
		"for n = 1, 10 do redis.call('XADD', KEYS[1], '*', 'orderno', "
		"'A-' .. n, 'userid', n % 10, 'amount', 1000) end";

	(void)redis_fixture_command(shop->redis, "EVAL", script, "1", "ordermq",
				    NULL);
}

/* The credit is given, and in the file; the worker is not told. */
static void redis_killed_between_effect_and_reply_credits_once(void **state)
{
	struct shop *shop = *state;

	redis_fixture_append_only(shop->redis);
	proxy = proxy_start(redis_fixture_socket(shop->redis));
	shop->url = proxy_url(proxy);
	shop_configure(shop, "reply_timeout = \"500ms\";", "", "");
	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
	/* The reply with entries passes, the one to their settling does not. */
	proxy_set(proxy, PROXY_ENTRIES);
	orders_at_once(shop);
	until(ten_are_applied, shop, "the effect takes place");
	assert_int_equal(shop_pending(shop, "points"), 0);
	redis_fixture_kill(shop->redis);
	worker_await(&one, "no answer in time");
	redis_fixture_restart(shop->redis);
	proxy_set(proxy, PROXY_PASS);
	worker_await(&one, "redis is well again");
	shop_orders(shop, 11, 10);
	shop_await_done(shop, "points");
	shop_check_points(shop, 20);
	assert_int_equal(book(shop, "applied"), 20);
	assert_true(worker_is_alive(&one));
	ctl_check_books(shop);
}

static int proxied_close(void **state)
{
	proxy_stop(&proxy);
	return shop_close(state);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, proxied_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(the_same_event_twice_in_a_batch_credits_once),
		in_shop(the_same_event_with_another_amount_in_a_batch_is_a_conflict),
		in_shop(the_first_of_two_counts_when_redis_was_full_meanwhile),
		in_shop(two_partial_refunds_count_apart),
		in_shop(a_refund_before_its_payment_comes_to_the_same),
		in_shop(a_balance_at_its_limit_refuses_one_and_takes_the_others),
		in_shop(scripts_forgotten_under_load_credit_once),
		in_shop(an_owner_that_stalls_finds_its_entries_credited),
		in_shop(redis_killed_between_effect_and_reply_credits_once),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("wrong_way", tests, NULL, NULL);
}
