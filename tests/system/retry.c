#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEAD "{ordermq}:dead"

static struct worker one, two;

static int64_t number(const struct shop *shop, const char *command,
		      const char *key)
{
	return redis_fixture_integer(shop->redis, command, key, NULL);
}

static int64_t applied(const struct shop *shop)
{
	return shop_number(shop, "trial", "books", "applied");
}

static int64_t noted(const struct shop *shop)
{
	return number(shop, "HLEN", "{ordermq}:trial:tries");
}

/* The number of tabs-parted field i of what is noted of an entry; -1: none. */
static int64_t tries_field(const struct shop *shop, const char *id, int i)
{
	const struct reply *row = redis_fixture_command(
		shop->redis, "HGET", "{ordermq}:trial:tries", id, NULL);
	const char *text = reply_text(row).data;

	if (reply_text(row).length == 0)
		return -1;
	for (; i > 0; i--)
		text = strchr(text, '\t') + 1;
	return strtoll(text, NULL, 10);
}

static bool is_noted(void *data)
{
	return noted(data) > 0;
}

static bool fifty_are_applied(void *data)
{
	return applied(data) == 50;
}

static bool is_dead(void *data)
{
	const struct shop *shop = data;

	return number(shop, "XLEN", DEAD) > 0;
}

/* A field of the first dead letter. */
static const char *letter_says(const struct shop *shop, const char *name)
{
	const struct reply *letters = redis_fixture_command(
		shop->redis, "XRANGE", DEAD, "-", "+", NULL);
	const struct reply *fields = reply_at(reply_at(letters, 0), 1);

	return reply_text(reply_field(fields, name)).data;
}

static const char *act(const struct shop *shop, const char *orderno,
		       const char *what)
{
	return shop_publish(shop, "orderno", orderno, "act", what, NULL);
}

static void what_fails_is_dead_after_its_last_attempt(void **state)
{
	struct shop *shop = *state;
	char id[64];

	(void)strcpy(id, act(shop, "bad", "fail"));
	shop_orders(shop, 1, 100);
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "the entry is dead-lettered");
	shop_await_done(shop, "trial");
	assert_int_equal(applied(shop), 100);
	assert_string_equal(letter_says(shop, "group"), "trial");
	assert_string_equal(letter_says(shop, "id"), id);
	assert_string_equal(letter_says(shop, "class"), "exhausted");
	assert_string_equal(letter_says(shop, "reason"), "it always fails");
	assert_string_equal(letter_says(shop, "attempts"), "5");
	assert_string_equal(letter_says(shop, "crashes"), "0");
	assert_string_equal(letter_says(shop, "orderno"), "bad");
	assert_int_equal(shop_number(shop, "trial", "books", "dead"), 1);
	assert_int_equal(noted(shop), 0);
}

static void other_entries_flow_on_meanwhile(void **state)
{
	struct shop *shop = *state;

	(void)act(shop, "bad", "wish");
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_noted, shop, "the failure is noted");
	shop_orders(shop, 1, 50);
	until(fifty_are_applied, shop, "all others are done");
	assert_int_equal(noted(shop), 1);
	shop_await_done(shop, "trial");
	assert_int_equal(applied(shop), 51);
	assert_int_equal(noted(shop), 0);
}

static void what_works_in_the_end_is_forgotten(void **state)
{
	struct shop *shop = *state;

	(void)act(shop, "bad", "twice");
	worker_start(&one, shop, "trial", 1, "web1");
	shop_await_done(shop, "trial");
	assert_int_equal(applied(shop), 1);
	assert_int_equal(noted(shop), 0);
	assert_int_equal(number(shop, "XLEN", DEAD), 0);
}

static void attempts_outlive_the_process_and_its_host(void **state)
{
	struct shop *shop = *state;
	char id[64];

	(void)strcpy(id, act(shop, "bad", "fail"));
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_noted, shop, "the failure is noted");
	worker_kill(&one);
	assert_true(tries_field(shop, id, 0) >= 1);
	shop_move(shop);
	worker_start(&two, shop, "trial", 1, "web2");
	until(is_dead, shop, "the entry is dead-lettered");
	assert_string_equal(letter_says(shop, "attempts"), "5");
	assert_string_equal(letter_says(shop, "consumer"), "trial-1@web2");
}

static void what_is_postponed_does_not_count_as_failed(void **state)
{
	struct shop *shop = *state;

	(void)act(shop, "later", "postpone");
	worker_start(&one, shop, "trial", 1, "web1");
	shop_await_done(shop, "trial");
	assert_int_equal(applied(shop), 1);
	assert_int_equal(number(shop, "XLEN", DEAD), 0);
}

static bool is_stalled(void *data)
{
	(void)data;
	return worker_said(&one, "stalled: ") > 0;
}

static bool is_with_one(void *data)
{
	const struct shop *shop = data;

	return shop_pending(shop, "trial") == 1;
}

struct turn {
	const struct shop *shop;
	struct worker *worker;
};

static bool is_dead_or_gone(void *data)
{
	const struct turn *turn = data;

	return number(turn->shop, "XLEN", DEAD) > 0 ||
	       !worker_is_alive(turn->worker);
}

static void with_too_much_waiting_nothing_more_is_read(void **state)
{
	struct shop *shop = *state;
	char name[16];

	shop_configure(shop, "", "batch = 4;", "");
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "b%d", i);
		(void)act(shop, name, "wish");
	}
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_stalled, shop, "it says that it is stalled");
	assert_true(shop_pending(shop, "trial") < 40);
	shop_await_done(shop, "trial");
	assert_int_equal(applied(shop), 40);
	assert_true(worker_said(&one, "no longer stalled") > 0);
}

/* The entry is pending, and was delivered once, to the first worker. */
static bool is_held(const struct shop *shop)
{
	const struct reply *rows =
		redis_fixture_command(shop->redis, "XPENDING", "ordermq",
				      "trial", "-", "+", "10", NULL);
	const struct reply *row = reply_at(rows, 0);

	if (reply_count(rows) == 0)
		return false;
	assert_int_equal(reply_count(rows), 1);
	assert_string_equal(reply_text(reply_at(row, 1)).data, "trial-1@web1");
	assert_int_equal(reply_integer(reply_at(row, 3), 0), 1);
	return true;
}

static bool is_applied(void *data)
{
	const struct shop *shop = data;

	return !is_held(shop) && applied(shop) == 1;
}

/* For five times the shortest owner_ttl there is, with a sibling that looks for
   orphans. */
static void a_slow_handler_keeps_what_it_holds(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "trial", 1, "web1");
	worker_await(&one, "ready");
	(void)act(shop, "slow", "slow");
	until(is_with_one, shop, "the first one has it");
	worker_start(&two, shop, "trial", 2, "web1");
	worker_await(&two, "ready");
	assert_true(is_held(shop));
	until(is_applied, shop, "it is done");
	assert_int_equal(worker_said(&one, "took over"), 0);
	assert_int_equal(worker_said(&two, "took over"), 0);
	assert_int_equal(number(shop, "XLEN", DEAD), 0);
}

/* It dies on the entry, and the other one takes over before it is back. */
static void a_killer_that_goes_from_one_to_the_next_is_recognised(void **state)
{
	struct worker *turn[] = { &one, &two };
	struct shop *shop = *state;
	int deaths = 0;

	(void)act(shop, "killer", "null");
	for (; deaths < 6 && !is_dead(shop); deaths++) {
		worker_start(turn[deaths % 2], shop, "trial", 1 + deaths % 2,
			     "web1");
		until(is_dead_or_gone, &(struct turn){ shop, turn[deaths % 2] },
		      "it dies, or the entry is dead-lettered");
	}
	assert_true(is_dead(shop));
	assert_string_equal(letter_says(shop, "class"), "crash");
	assert_string_equal(letter_says(shop, "crashes"), "3");
	shop_await_done(shop, "trial");
	assert_int_equal(number(shop, "XLEN", DEAD), 1);
	assert_int_equal(noted(shop), 0);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_fails_is_dead_after_its_last_attempt),
		in_shop(other_entries_flow_on_meanwhile),
		in_shop(what_works_in_the_end_is_forgotten),
		in_shop(attempts_outlive_the_process_and_its_host),
		in_shop(what_is_postponed_does_not_count_as_failed),
		in_shop(with_too_much_waiting_nothing_more_is_read),
		in_shop(a_slow_handler_keeps_what_it_holds),
		in_shop(a_killer_that_goes_from_one_to_the_next_is_recognised),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
