/* What stands beside an entry that the ledger knows, or that comes twice: it is
   credited at once, and the first of two entries of one event counts. */

#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include "lib/base/clock.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 20
#define MEDIAN_MSECS 50
#define AGAIN_MSECS 200 /* after the group vanished */
#define GRACE_MSECS 300 /* for a machine that does much else */

static struct worker points;

/* Publish orders in one transaction: number and amount by turns, ended by
   NULL. */
static void publish_at_once(const struct shop *shop, const char *const *words)
{
	(void)redis_fixture_command(shop->redis, "MULTI", NULL);
	for (; words[0] != NULL; words += 2)
		(void)redis_fixture_command(shop->redis, "XADD", "ordermq", "*",
					    "orderno", words[0], "userid", "7",
					    "amount", words[1], NULL);
	(void)redis_fixture_command(shop->redis, "EXEC", NULL);
}

struct credit {
	const struct shop *shop;
	const char *key;
};

static bool is_credited(const struct credit *credit)
{
	return redis_fixture_integer(credit->shop->redis, "HEXISTS",
				     "{ordermq}:points:ledger", credit->key,
				     NULL) == 1;
}

/* How long it takes until the event is in the ledger. */
static int64_t credited_after(const struct shop *shop, const char *key)
{
	const struct credit credit = { shop, key };
	int64_t begin_msecs = clock_msecs();

	while (!is_credited(&credit)) {
		if (clock_msecs() > begin_msecs + 10000)
			fail_msg("%s is not credited", key);
		(void)poll(NULL, 0, 1);
	}
	return clock_msecs() - begin_msecs;
}

static int by_size(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static void open_points(struct shop *shop)
{
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	(void)shop_publish(shop, "orderno", "X", "userid", "7", "amount",
			   "1000", NULL);
	(void)credited_after(shop, "X:paid");
}

/* On a quiet stream. twice: the other order stands there twice. */
static void check_neighbour(struct shop *shop, const char *known)
{
	int64_t msecs[ROUNDS];

	open_points(shop);
	for (int i = 0; i < ROUNDS; i++) {
		char number[16], other[16], key[24];

		(void)snprintf(number, sizeof(number), "Y-%d", i);
		(void)snprintf(key, sizeof(key), "%s:paid", number);
		(void)snprintf(other, sizeof(other), "%s-%d", known, i);
		/* X is known; D-i comes twice. */
		if (strcmp(known, "X") == 0)
			publish_at_once(shop,
					(const char *[]){ "X", "1000", number,
							  "1000", NULL });
		else
			publish_at_once(shop,
					(const char *[]){ other, "1000", other,
							  "1000", number,
							  "1000", NULL });
		msecs[i] = credited_after(shop, key);
	}
	qsort(msecs, ROUNDS, sizeof(msecs[0]), by_size);
	assert_in_range(msecs[ROUNDS / 2], 0, MEDIAN_MSECS);
	shop_await_done(shop, "points");
}

static void beside_a_known_order_one_is_credited_at_once(void **state)
{
	check_neighbour(*state, "X");
}

static void so_is_one_beside_an_order_that_comes_twice(void **state)
{
	check_neighbour(*state, "D");
}

static void what_is_new_after_the_group_vanished_is_credited_at_once(
	void **state)
{
	struct shop *shop = *state;

	open_points(shop);
	shop_orders(shop, 1, 50);
	shop_await_done(shop, "points");
	(void)redis_fixture_command(shop->redis, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	(void)shop_publish(shop, "orderno", "N", "userid", "7", "amount",
			   "1000", NULL);
	assert_in_range(credited_after(shop, "N:paid"), 0,
			AGAIN_MSECS + GRACE_MSECS);
}

/* As in an export in which an order with two items has a second row: it is the
   first amount that counts, in whatever way the rows fall into batches. */
static void the_first_entry_of_an_event_counts(void **state)
{
	struct shop *shop = *state;
	char number[16], account[16];

	for (int n = 0; n < 300; n++) {
		(void)snprintf(number, sizeof(number), "B-%d", n);
		(void)snprintf(account, sizeof(account), "b%d", n);
		(void)shop_publish(shop, "orderno", number, "userid", account,
				   "amount", "1100", NULL);
		(void)shop_publish(shop, "orderno", number, "userid", account,
				   "amount", "2200", NULL);
	}
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	for (int n = 0; n < 300; n++) {
		(void)snprintf(account, sizeof(account), "b%d", n);
		assert_int_equal(
			shop_number(shop, "points", "balance", account), 11);
	}
	assert_int_equal(redis_fixture_integer(shop->redis, "XLEN",
					       "{ordermq}:dead", NULL),
			 300);
}

/* What the script of split_worker.c has noted. */
static const struct reply *noted(const struct shop *shop, const char *what)
{
	char key[64];

	(void)snprintf(key, sizeof(key), "{ordermq}:trial:%s", what);
	return redis_fixture_command(shop->redis, "LRANGE", key, "0", "-1",
				     NULL);
}

/* Orders 0 to count - 1 with a word for those at its places. */
static void publish_words(const struct shop *shop, int count, const char *word,
			  const int *places)
{
	char number[16];

	for (int n = 0; n < count; n++) {
		bool is_there = *places == n;

		places += is_there;
		(void)snprintf(number, sizeof(number), "%d", n);
		(void)shop_publish(shop, "orderno", number, "word",
				   is_there ? word : "plain", NULL);
	}
}

/* All but those at the places are settled, in the sequence of the stream. */
static void settled_in_sequence(const struct shop *shop, int count,
				const int *places)
{
	const struct reply *list = noted(shop, "settled");
	size_t at = 0;

	for (int n = 0; n < count; n++) {
		if (*places == n)
			places++;
		else
			assert_int_equal(
				reply_integer(reply_at(list, at++), -1), n);
	}
	assert_int_equal(reply_count(list), at);
}

/* A full call, the one before each odd one, that one, and the rest. */
static void odd_entries_go_alone_and_all_keep_their_sequence(void **state)
{
	static const int odd[] = { 3, 4, 9, -1 };
	static const int sizes[] = { 16, 3, 1, 1, 4, 1, 6 };
	struct shop *shop = *state;
	const struct reply *calls;

	publish_words(shop, 16, "odd", odd);
	worker_start(&points, shop, "split", 1, "web1");
	shop_await_done(shop, "trial");
	settled_in_sequence(shop, 16, odd);
	assert_int_equal(redis_fixture_integer(shop->redis, "XLEN",
					       "{ordermq}:dead", NULL),
			 3);
	calls = noted(shop, "calls");
	assert_int_equal(reply_count(calls), sizeof(sizes) / sizeof(sizes[0]));
	for (size_t i = 0; i < reply_count(calls); i++)
		assert_int_equal(reply_integer(reply_at(calls, i), 0),
				 sizes[i]);
}

static void a_split_without_positions_sends_each_alone(void **state)
{
	static const int all[] = { 7, -1 }, none[] = { -1 };
	struct shop *shop = *state;

	publish_words(shop, 16, "all", all);
	worker_start(&points, shop, "split", 1, "web1");
	shop_await_done(shop, "trial");
	settled_in_sequence(shop, 16, none);
	assert_int_equal(reply_count(noted(shop, "calls")), 17);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(beside_a_known_order_one_is_credited_at_once),
		in_shop(so_is_one_beside_an_order_that_comes_twice),
		in_shop(what_is_new_after_the_group_vanished_is_credited_at_once),
		in_shop(the_first_entry_of_an_event_counts),
		in_shop(odd_entries_go_alone_and_all_keep_their_sequence),
		in_shop(a_split_without_positions_sends_each_alone),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("neighbours", tests, NULL, NULL);
}
