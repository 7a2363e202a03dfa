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
#define MIB (1024 * 1024)
#define FIELDS_MAX 10000

static struct worker points, push;

static void both_start(const struct shop *shop)
{
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
}

static void both_await_done(const struct shop *shop)
{
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
}

/* Publish words, which may hold any byte; the id until the next one. */
static const char *publish(const struct shop *shop, const struct text *pairs,
			   size_t count)
{
	static struct text words[3 + 2 * FIELDS_MAX];
	static char id[64];

	words[0] = text_of("XADD");
	words[1] = text_of("ordermq");
	words[2] = text_of("*");
	for (size_t i = 0; i < 2 * count; i++)
		words[3 + i] = pairs[i];
	(void)snprintf(id, sizeof(id), "%s",
		       reply_text(redis_fixture_call(shop->redis, words,
						     3 + 2 * count))
			       .data);
	return id;
}

/* An entry of count fields, the last of which has a value of so many bytes. */
static const char *publish_large(const struct shop *shop, size_t count,
				 size_t bytes)
{
	static struct text pairs[2 * FIELDS_MAX];
	char *value = malloc(bytes);
	const char *id;

	assert_non_null(value);
	memset(value, 'x', bytes);
	for (size_t i = 0; i < 2 * count; i++)
		pairs[i] = text_of("f");
	pairs[2 * count - 1] = (struct text){ value, bytes };
	id = publish(shop, pairs, count);
	free(value);
	return id;
}

/* The only dead letter of that group and id, as a flat array. */
static const struct reply *letter_of(const struct shop *shop, const char *group,
				     const char *id)
{
	const struct reply *letters = redis_fixture_command(
		shop->redis, "XRANGE", DEAD, "-", "+", NULL);
	const struct reply *found = NULL;

	for (size_t i = 0; i < reply_count(letters); i++) {
		const struct reply *letter = reply_at(reply_at(letters, i), 1);

		if (!text_is(reply_text(reply_field(letter, "group")), group) ||
		    !text_is(reply_text(reply_field(letter, "id")), id))
			continue;
		if (found != NULL)
			fail_msg("%s: %s is dead twice", group, id);
		found = letter;
	}
	if (found == NULL)
		fail_msg("%s: %s is not dead\n%s", group, id,
			 worker_log(&points));
	return found;
}

static void letter_says(const struct reply *letter, const char *field,
			const char *value)
{
	assert_string_equal(reply_text(reply_field(letter, field)).data, value);
}

/* Dead for both groups, for that reason, with that many fields. */
static void is_dead(const struct shop *shop, const char *id, const char *reason,
		    const char *fields)
{
	static const char *const groups[] = { "points", "push" };

	for (size_t i = 0; i < 2; i++) {
		const struct reply *letter = letter_of(shop, groups[i], id);
		char consumer[32];

		(void)snprintf(consumer, sizeof(consumer), "%s-1@web1",
			       groups[i]);
		letter_says(letter, "reason", reason);
		letter_says(letter, "class", "reject");
		letter_says(letter, "consumer", consumer);
		letter_says(letter, "deliveries", "1");
		letter_says(letter, "fields", fields);
	}
}

static int64_t dead_count(const struct shop *shop)
{
	return redis_fixture_integer(shop->redis, "XLEN", DEAD, NULL);
}

static void entries_that_are_no_orders_stop_nobody(void **state)
{
	static const struct {
		struct text pairs[8];
		size_t count;
		const char *reason;
	} bad[] = {
		{ { { "userid", 6 }, { "7", 1 } }, 1, "no orderno" },
		{ { { "orderno", 7 },
		    { "1", 1 },
		    { "amount", 6 },
		    { "12x", 3 } },
		  2,
		  "amount '12x' is no whole number of minor units" },
		{ { { "orderno", 7 },
		    { "1", 1 },
		    { "amount", 6 },
		    { "-5", 2 } },
		  2,
		  "amount '-5' is no whole number of minor units" },
		{ { { "orderno", 7 }, { "1\n\x1b\0002", 5 } },
		  1,
		  "orderno '1\\x0a\\x1b\\x002' has control bytes" },
		{ { { "orderno", 7 },
		    { "1", 1 },
		    { "orderno", 7 },
		    { "2", 1 } },
		  2,
		  "orderno given twice" },
		{ { { "orderno", 7 }, { "a:b", 3 } },
		  1,
		  "orderno 'a:b' has a colon" },
		{ { { "", 0 }, { "", 0 } }, 1, "no orderno" },
	};
	const size_t count = sizeof(bad) / sizeof(bad[0]);
	char ids[sizeof(bad) / sizeof(bad[0])][64];
	const struct shop *shop = *state;

	both_start(shop);
	for (size_t i = 0; i < count; i++) {
		(void)strcpy(ids[i], publish(shop, bad[i].pairs, bad[i].count));
		shop_orders(shop, (int)i + 1, 1);
	}
	both_await_done(shop);
	for (size_t i = 0; i < count; i++)
		is_dead(shop, ids[i], bad[i].reason,
			bad[i].count == 2 ? "2" : "1");
	assert_int_equal(dead_count(shop), 2 * (int64_t)count);
	shop_check_points(shop, (int)count);
	assert_int_equal(shop_check_push(shop, (int)count), 0);
	assert_int_equal(shop_number(shop, "points", "books", "rejected"),
			 count);
	/* Nothing in an entry forges a line of the log. */
	assert_int_equal(worker_said(&points, "\x1b"), 0);
}

static void a_dead_letter_has_the_fields_as_they_came(void **state)
{
	static const struct text pairs[] = {
		{ "orderno", 7 },  { "\xff\0\n", 3 }, { "group", 5 },
		{ "not ours", 8 }, { "", 0 },         { "", 0 },
	};
	const struct shop *shop = *state;
	const struct reply *letter;
	size_t first;
	char id[64];

	(void)strcpy(id, publish(shop, pairs, 3));
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	letter = letter_of(shop, "points", id);
	letter_says(letter, "fields", "3");
	first = reply_count(letter) - 6;
	for (size_t i = 0; i < 6; i++)
		assert_true(text_equal(reply_text(reply_at(letter, first + i)),
				       pairs[i]));
}

static void entries_of_any_size_stop_nobody(void **state)
{
	const struct shop *shop = *state;
	char large[64], many[64], very_many[64];
	const struct reply *letter;

	both_start(shop);
	(void)strcpy(large, publish_large(shop, 1, MIB));
	(void)strcpy(many, publish_large(shop, 1000, 1));
	(void)strcpy(very_many, publish_large(shop, 10000, 1));
	shop_orders(shop, 1, 10);
	both_await_done(shop);
	is_dead(shop, large, "1048577 bytes, more than 262144", "1");
	is_dead(shop, many, "1000 fields, more than 128", "1000");
	is_dead(shop, very_many, "10000 fields, more than 128", "10000");
	letter = letter_of(shop, "points", large);
	assert_int_equal(reply_text(reply_field(letter, "f")).length, MIB);
	letter = letter_of(shop, "points", very_many);
	assert_true(reply_text(reply_field(letter, "packed")).length > 20000);
	assert_int_equal(dead_count(shop), 6);
	shop_check_points(shop, 10);
	assert_int_equal(shop_check_push(shop, 10), 0);
}

static void more_than_one_reply_can_hold_is_read_in_portions(void **state)
{
	const struct shop *shop = *state;

	shop_configure(shop, "max_reply = \"8MiB\";", "", "");
	for (int i = 0; i < 40; i++)
		(void)publish_large(shop, 1, MIB);
	shop_orders(shop, 1, 300);
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	assert_int_equal(dead_count(shop), 40);
	shop_check_points(shop, 300);
	assert_true(worker_said(&points, "reply over max_reply") > 0);
	assert_true(worker_said(&points, "reply over max_reply") < 10);
}

static void an_entry_that_no_reply_can_hold_is_dead_by_its_id(void **state)
{
	const struct shop *shop = *state;
	char id[64];

	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	both_start(shop);
	shop_orders(shop, 1, 100);
	(void)strcpy(id, publish_large(shop, 1, 3 * MIB));
	shop_orders(shop, 101, 100);
	both_await_done(shop);
	is_dead(shop, id, "larger than redis.max_reply", "0");
	assert_int_equal(dead_count(shop), 2);
	shop_check_points(shop, 200);
	(void)shop_check_push(shop, 200);
}

static void an_entry_that_no_reply_can_hold_takes_no_other_with_it(void **state)
{
	const struct shop *shop = *state;
	char ids[3][64];

	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	worker_kill(&points);
	/* All of it is pending for the instance when it is back. */
	shop_orders_read_by(shop, 1, 10, "points", "points-1@web1");
	for (int i = 0; i < 3; i++) {
		(void)strcpy(ids[i], publish_large(shop, 1, 2 * MIB));
		shop_orders_read_by(shop, 11 + 10 * i, 10, "points",
				    "points-1@web1");
	}
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	assert_int_equal(dead_count(shop), 3);
	for (int i = 0; i < 3; i++)
		letter_says(letter_of(shop, "points", ids[i]), "fields", "0");
	shop_check_points(shop, 40);
}

/* Entries that wait for a retry are pending, too, and older. */
static void a_giant_behind_entries_that_wait_is_dead_all_the_same(void **state)
{
	struct shop *shop = *state;
	char id[64];

	(void)snprintf(shop->push_file, sizeof(shop->push_file),
		       "%s/nowhere/push.jsonl", shop->dir);
	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	shop_orders(shop, 1, 3);
	(void)strcpy(id, publish_large(shop, 1, 3 * MIB));
	worker_start(&push, shop, "push", 1, "web1");
	worker_await(&push, "larger than redis.max_reply");
	letter_says(letter_of(shop, "push", id), "fields", "0");
	assert_int_equal(shop_pending(shop, "push"), 3);
	assert_int_equal(dead_count(shop), 1);
}

/* Entries of points that are known to have a letter. */
static int64_t indexed(const struct shop *shop)
{
	return redis_fixture_integer(shop->redis, "ZCARD",
				     "{ordermq}:points:dead", NULL);
}

static void points_vanishes_and_is_back(const struct shop *shop)
{
	(void)redis_fixture_command(shop->redis, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	shop_await_done(shop, "points");
}

static const char *publish_wrong(const struct shop *shop, const char *id,
				 const char *amount)
{
	return reply_text(redis_fixture_command(shop->redis, "XADD", "ordermq",
						id, "orderno", "W-1", "amount",
						amount, NULL))
		.data;
}

static void a_group_that_is_made_again_leaves_one_letter(void **state)
{
	const struct shop *shop = *state;
	char id[64];

	worker_start(&points, shop, "points", 1, "web1");
	(void)snprintf(id, sizeof(id), "%s", publish_wrong(shop, "*", "12x"));
	shop_await_done(shop, "points");
	points_vanishes_and_is_back(shop);
	points_vanishes_and_is_back(shop);
	(void)letter_of(shop, "points", id);
	assert_int_equal(dead_count(shop), 1);
	assert_int_equal(indexed(shop), 1);
	assert_int_equal(shop_number(shop, "points", "books", "rejected"), 1);
	/* The account of the group has begun anew. */
	assert_int_equal(shop_number(shop, "points", "books", "duplicate"), 2);
}

static void a_letter_that_is_gone_is_written_again(void **state)
{
	const struct shop *shop = *state;
	char id[64];

	worker_start(&points, shop, "points", 1, "web1");
	for (int i = 0; i < 3; i++)
		(void)snprintf(id, sizeof(id), "%s",
			       publish_wrong(shop, "*", "12x"));
	shop_await_done(shop, "points");
	assert_int_equal(indexed(shop), 3);
	/* Deleted by hand; the index knows nothing of it. */
	(void)redis_fixture_command(shop->redis, "XTRIM", DEAD, "MAXLEN", "0",
				    NULL);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "1", NULL);
	points_vanishes_and_is_back(shop);
	(void)letter_of(shop, "points", id);
	assert_int_equal(dead_count(shop), 1);
	assert_int_equal(indexed(shop), 1);
}

/* Ids come again when a stream was deleted. */
static void another_entry_of_the_same_id_has_its_own_letter(void **state)
{
	const struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	(void)publish_wrong(shop, "7-1", "12x");
	shop_await_done(shop, "points");
	(void)redis_fixture_command(shop->redis, "DEL", "ordermq", NULL);
	(void)publish_wrong(shop, "7-1", "13x");
	shop_await_done(shop, "points");
	assert_int_equal(dead_count(shop), 2);
	assert_int_equal(indexed(shop), 1);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(entries_that_are_no_orders_stop_nobody),
		in_shop(a_dead_letter_has_the_fields_as_they_came),
		in_shop(entries_of_any_size_stop_nobody),
		in_shop(more_than_one_reply_can_hold_is_read_in_portions),
		in_shop(an_entry_that_no_reply_can_hold_is_dead_by_its_id),
		in_shop(an_entry_that_no_reply_can_hold_takes_no_other_with_it),
		in_shop(a_giant_behind_entries_that_wait_is_dead_all_the_same),
		in_shop(a_group_that_is_made_again_leaves_one_letter),
		in_shop(a_letter_that_is_gone_is_written_again),
		in_shop(another_entry_of_the_same_id_has_its_own_letter),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("dead", tests, NULL, NULL);
}
