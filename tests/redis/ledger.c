#include "config.h"

#include "tests/fixtures/redis_fixture.h"

#include "consumers/ledger.h"
#include "lib/redis/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STREAM "s"
#define GROUP "g"
#define CONSUMER "c@test"
#define TOKEN "node 1"
#define OWNERS "{s}:g:owners"
#define BOOKS "{s}:g:books"
#define TRIES "{s}:g:tries"
#define LEDGER "{s}:g:ledger"
#define BALANCE "{s}:g:balance"

#define WORDS_MAX 64

/* 2^53 - 1 and 2^53 - 2. */
#define MOST "9007199254740991"
#define LEAST "-9007199254740991"
#define MOST_BUT_ONE "9007199254740990"

static struct redis_fixture *redis;
static struct ledger ledger;
static struct command command;
static struct ledger_event *events[LEDGER_EVENTS_MAX];
static size_t event_count;

/* The group, and the entries 1-0 to 9-0 pending for our consumer, which has the
   lease. */
static int pending_entries(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "FLUSHALL", NULL);
	(void)redis_fixture_command(redis, "XGROUP", "CREATE", STREAM, GROUP,
				    "0", "MKSTREAM", NULL);
	for (int i = 1; i <= 9; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "%d-0", i);
		(void)redis_fixture_command(redis, "XADD", STREAM, id, "f", "v",
					    NULL);
	}
	(void)redis_fixture_command(redis, "XREADGROUP", "GROUP", GROUP,
				    CONSUMER, "STREAMS", STREAM, ">", NULL);
	(void)redis_fixture_command(redis, "HSET", OWNERS, CONSUMER,
				    TOKEN " 9999999999999 test pid 1", NULL);
	return 0;
}

/* "A:refunded:1" of account 7 over 500 as an order. */
static struct order order_of(const char *key, const char *account,
			     const char *amount)
{
	size_t orderno = strcspn(key, ":");
	const char *type = key + orderno + 1;
	const char *eventno = strchr(type, ':');

	return (struct order){
		.orderno = { key, orderno },
		.type = type[0] == 'p' ? ORDER_PAID : ORDER_REFUNDED,
		.eventno = text_of(eventno == NULL ? "" : eventno + 1),
		.userid = text_of(account),
		.amount = atoll(amount),
	};
}

/* Add an event to the call: id, event key, account, amount, points. */
static int add(const char *const *words)
{
	struct order order = order_of(words[1], words[2], words[3]);
	struct text id = text_of(words[0]);
	struct text rule = text_of("1/100+0");
	struct ledger_event *event =
		malloc(ledger_event_bytes(&order, id, rule));

	assert_non_null(event);
	ledger_event_set(event, &order, id, atoll(words[4]), rule);
	assert_true(text_is(event->key, words[1]));
	events[event_count++] = event;
	return ledger_add(&ledger, event);
}

static void clear(void)
{
	while (event_count > 0)
		free(events[--event_count]);
	ledger_clear(&ledger);
}

/* Run the script with a token for the events that were added. */
static const struct reply *settle_added(const char *token)
{
	static const char *const head[] = { "6",     STREAM, OWNERS,
					    BOOKS,   TRIES,  LEDGER,
					    BALANCE, GROUP,  CONSUMER };

	command_begin(&command, "EVAL");
	command_word(&command, ledger_script);
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		command_word(&command, head[i]);
	command_word(&command, token);
	ledger_write(&ledger, INT64_C(1700000000000), &command);
	return redis_fixture_call(redis, command.words, command.count);
}

/* Settle events: the words of add() for each, ended by NULL. */
static const struct reply *settle_as(const char *token,
				     const char *const *words)
{
	clear();
	for (; *words != NULL; words += 5)
		assert_int_equal(add(words), 0);
	return settle_added(token);
}

#define settle(...) settle_as(TOKEN, (const char *const[]){ __VA_ARGS__, NULL })

static void answered(const struct reply *reply, const char *status)
{
	if (reply_is_error(reply))
		fail_msg("%s", reply_text(reply).data);
	assert_string_equal(reply_text(reply_at(reply, 0)).data, status);
}

static void settled(const struct reply *reply, int64_t missing)
{
	answered(reply, "ok");
	assert_int_equal(reply_integer(reply_at(reply, 1), -1), missing);
}

static void rejected(const struct reply *reply, const char *class)
{
	answered(reply, "reject");
	assert_string_equal(reply_text(reply_at(reply, 1)).data, class);
	assert_true(reply_text(reply_at(reply, 2)).length > 0);
}

static void field_is(const char *key, const char *field, const char *value)
{
	const struct reply *reply =
		redis_fixture_command(redis, "HGET", key, field, NULL);

	assert_int_equal(reply->type, REPLY_STRING);
	assert_string_equal(reply_text(reply).data, value);
}

static int64_t book(const char *name)
{
	return reply_integer(
		redis_fixture_command(redis, "HGET", BOOKS, name, NULL), 0);
}

static int64_t pending(void)
{
	return reply_integer(
		reply_at(redis_fixture_command(redis, "XPENDING", STREAM, GROUP,
					       NULL),
			 0),
		-1);
}

/* Nothing of an event is anywhere. */
static void nothing_written(void)
{
	assert_int_equal(pending(), 9);
	assert_int_equal(redis_fixture_integer(redis, "EXISTS", LEDGER, NULL),
			 0);
	assert_int_equal(book("applied"), 0);
	assert_int_equal(book("duplicate"), 0);
}

static void an_event_credits_its_account_and_is_acknowledged(void **state)
{
	(void)state;
	settled(settle("1-0", "A:paid", "7", "13998", "139"), 0);
	field_is(BALANCE, "7", "139");
	field_is(LEDGER, "A:paid",
		 "7\t13998\t139\t1/100+0\t1-0\t1700000000000");
	assert_int_equal(book("applied"), 1);
	assert_int_equal(pending(), 8);
}

static void events_of_many_accounts_are_added_up(void **state)
{
	(void)state;
	settled(settle("1-0", "A:paid", "7", "500", "5", /**/
		       "2-0", "B:paid", "8", "100", "1", /**/
		       "3-0", "C:paid", "7", "300", "3"),
		0);
	field_is(BALANCE, "7", "8");
	field_is(BALANCE, "8", "1");
	assert_int_equal(book("applied"), 3);
	assert_int_equal(redis_fixture_integer(redis, "HLEN", LEDGER, NULL), 3);
	assert_int_equal(pending(), 6);
}

static void a_refund_may_take_a_balance_below_zero(void **state)
{
	(void)state;
	settled(settle("1-0", "A:refunded", "7", "500", "-5"), 0);
	field_is(BALANCE, "7", "-5");
	settled(settle("2-0", "A:paid", "7", "500", "5"), 0);
	field_is(BALANCE, "7", "0");
	settled(settle("3-0", "B:refunded:1", "7", "500", "-5", /**/
		       "4-0", "B:refunded:2", "7", "500", "-5"),
		0);
	field_is(BALANCE, "7", "-10");
}

/* Is the last of these events refused, and those before are not? */
static void last_does_not_fit(const char *const *words)
{
	clear();
	for (; words[5] != NULL; words += 5)
		assert_int_equal(add(words), 0);
	assert_int_equal(add(words), -1);
	clear();
	assert_int_equal(add(words), 0);
}

#define does_not_fit(...)                                                      \
	last_does_not_fit((const char *const[]){ __VA_ARGS__, NULL })

static void a_key_does_not_go_twice_into_a_call(void **state)
{
	(void)state;
	does_not_fit("1-0", "A:paid", "7", "500", "5", /**/
		     "2-0", "B:paid", "7", "500", "5", /**/
		     "3-0", "A:paid", "7", "500", "5");
}

static void what_went_before_one_that_does_not_fit_is_settled(void **state)
{
	(void)state;
	settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	clear();
	assert_int_equal(
		add((const char *const[]){ "3-0", "B:paid", "7", "100", "1" }),
		0);
	assert_int_equal(
		add((const char *const[]){ "4-0", "B:paid", "8", "100", "1" }),
		-1);
	settled(settle_added(TOKEN), 0);
	field_is(BALANCE, "7", "6");
	assert_int_equal(redis_fixture_integer(redis, "HLEN", BALANCE, NULL),
			 1);
}

static void a_known_key_in_a_batch_is_to_be_split(void **state)
{
	(void)state;
	settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	answered(settle("2-0", "B:paid", "7", "500", "5", /**/
			"3-0", "A:paid", "7", "500", "5"),
		 "split");
	field_is(BALANCE, "7", "5");
	assert_int_equal(pending(), 8);
}

static void a_known_key_with_the_same_account_and_amount_is_a_duplicate(
	void **state)
{
	(void)state;
	settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	/* The points follow from the rule of the day: they do not matter. */
	settled(settle("2-0", "A:paid", "7", "500", "99"), 0);
	field_is(BALANCE, "7", "5");
	assert_int_equal(book("applied"), 1);
	assert_int_equal(book("duplicate"), 1);
	assert_int_equal(pending(), 7);
}

static void a_known_key_with_another_account_or_amount_is_a_conflict(
	void **state)
{
	(void)state;
	settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	rejected(settle("2-0", "A:paid", "8", "500", "5"), "conflict");
	rejected(settle("3-0", "A:paid", "7", "501", "5"), "conflict");
	field_is(BALANCE, "7", "5");
	assert_int_equal(book("duplicate"), 0);
	assert_int_equal(pending(), 8);
}

static void a_balance_that_is_no_number_is_told_and_left_alone(void **state)
{
	static const char *const balances[] = { "x",  "",    "1.5",  "1e3",
						"-",  "007", "-0",   " 1",
						"+1", "nan", "0x10", NULL };

	(void)state;
	for (size_t i = 0; balances[i] != NULL; i++) {
		(void)redis_fixture_command(redis, "HSET", BALANCE, "7",
					    balances[i], NULL);
		answered(settle("1-0", "A:paid", "7", "500", "5", /**/
				"2-0", "B:paid", "8", "500", "5"),
			 "split");
		rejected(settle("1-0", "A:paid", "7", "500", "5"), "balance");
		field_is(BALANCE, "7", balances[i]);
		nothing_written();
	}
}

static void a_balance_stays_in_the_range_of_exact_numbers(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "HSET", BALANCE, "7", MOST_BUT_ONE,
				    "8", "-" MOST_BUT_ONE, NULL);
	rejected(settle("1-0", "A:paid", "7", "500", "2"), "balance");
	rejected(settle("1-0", "A:refunded", "8", "500", "-2"), "balance");
	answered(settle("1-0", "A:paid", "7", "500", "2", /**/
			"2-0", "B:paid", "9", "500", "5"),
		 "split");
	nothing_written();
	settled(settle("1-0", "A:paid", "7", "100", "1", /**/
		       "2-0", "A:refunded", "8", "100", "-1"),
		0);
	field_is(BALANCE, "7", MOST);
	field_is(BALANCE, "8", "-" MOST);
	rejected(settle("3-0", "B:paid", "7", "100", "1"), "balance");
	rejected(settle("3-0", "B:refunded", "8", "100", "-1"), "balance");
}

static void a_balance_out_of_range_already_may_only_come_back(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "HSET", BALANCE, "7",
				    "9007199254740993", NULL);
	rejected(settle("1-0", "A:refunded", "7", "100", "-1"), "balance");
	rejected(settle("1-0", "A:paid", "7", "0", "0"), "balance");
	field_is(BALANCE, "7", "9007199254740993");
	nothing_written();
	settled(settle("1-0", "A:refunded", "7", "500", "-5"), 0);
	field_is(BALANCE, "7", "9007199254740988");
}

/* Those before it had their points already, and give them back. */
static void one_bad_balance_of_many_leaves_all_as_they_were(void **state)
{
	static const char *const bad[] = { "x", MOST, "9223372036854775807",
					   NULL };

	(void)state;
	(void)redis_fixture_command(redis, "HSET", BALANCE, "5", MOST_BUT_ONE,
				    "6", "-3", NULL);
	for (size_t i = 0; bad[i] != NULL; i++) {
		(void)redis_fixture_command(redis, "HSET", BALANCE, "7", bad[i],
					    NULL);
		answered(settle("1-0", "A:refunded", "5", MOST, LEAST, /**/
				"2-0", "B:paid", "6", "500", "5",      /**/
				"3-0", "C:paid", "8", "0", "0",        /**/
				"4-0", "D:paid", "7", "500", "5",      /**/
				"5-0", "E:paid", "9", "500", "5"),
			 "split");
		field_is(BALANCE, "5", MOST_BUT_ONE);
		field_is(BALANCE, "6", "-3");
		field_is(BALANCE, "7", bad[i]);
		nothing_written();
	}
}

static void a_sum_out_of_range_does_not_go_into_a_call(void **state)
{
	(void)state;
	does_not_fit("1-0", "A:paid", "7", "500", MOST, /**/
		     "2-0", "B:paid", "7", "500", "2");
	does_not_fit("1-0", "A:refunded", "7", "500", LEAST, /**/
		     "2-0", "B:refunded", "7", "500", "-1");
}

static void an_entry_that_is_not_pending_any_more_is_told(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "XACK", STREAM, GROUP, "1-0", NULL);
	settled(settle("1-0", "A:paid", "7", "500", "5", /**/
		       "2-0", "B:paid", "7", "500", "5"),
		1);
	field_is(BALANCE, "7", "10");
	assert_int_equal(book("applied"), 2);
}

static void a_duplicate_that_is_not_pending_is_not_counted_twice(void **state)
{
	(void)state;
	settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	settled(settle("1-0", "A:paid", "7", "500", "5"), 1);
	field_is(BALANCE, "7", "5");
	assert_int_equal(book("applied"), 1);
	assert_int_equal(book("duplicate"), 0);
}

static void a_foreign_token_changes_nothing(void **state)
{
	static const char *const event[] = { "1-0", "A:paid", "7",
					     "500", "5",      NULL };

	(void)state;
	answered(settle_as("node 2", event), "lost");
	(void)redis_fixture_command(redis, "HSET", OWNERS, CONSUMER,
				    TOKEN "0 9999999999999 test pid 1", NULL);
	answered(settle_as(TOKEN, event), "lost");
	(void)redis_fixture_command(redis, "DEL", OWNERS, NULL);
	answered(settle_as(TOKEN, event), "lost");
	nothing_written();
}

static void a_key_of_the_wrong_type_fails_before_anything_is_written(
	void **state)
{
	static const char *const keys[] = { OWNERS, BOOKS, LEDGER, BALANCE };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		(void)pending_entries(NULL);
		(void)redis_fixture_command(redis, "SET", keys[i], "x", NULL);
		assert_true(reply_is_error_word(
			settle("1-0", "A:paid", "7", "500", "5"), "WRONGTYPE"));
		(void)redis_fixture_command(redis, "DEL", keys[i], NULL);
		nothing_written();
		assert_int_equal(
			redis_fixture_integer(redis, "EXISTS", BALANCE, NULL),
			0);
	}
}

static void a_book_that_is_no_number_fails_before_anything_is_written(
	void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "HSET", BOOKS, "applied", "x", NULL);
	assert_true(reply_is_error_word(
		settle("1-0", "A:paid", "7", "500", "5"), "WRONGTYPE"));
	(void)redis_fixture_command(redis, "DEL", BOOKS, NULL);
	nothing_written();
	assert_int_equal(redis_fixture_integer(redis, "EXISTS", BALANCE, NULL),
			 0);
}

/* It must not look like a balance that is no number. */
static void a_missing_right_fails_before_anything_is_written(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "ACL", "SETUSER", "default",
				    "-hincrby", NULL);
	assert_true(reply_is_error_word(
		settle("1-0", "A:paid", "7", "500", "5"), "NOPERM"));
	(void)redis_fixture_command(redis, "ACL", "SETUSER", "default",
				    "+hincrby", NULL);
	nothing_written();
	settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
}

static void a_full_batch_is_settled_at_once(void **state)
{
	(void)state;
	clear();
	for (int i = 0; i < LEDGER_EVENTS_MAX; i++) {
		static char ids[LEDGER_EVENTS_MAX][16];
		static char keys[LEDGER_EVENTS_MAX][16];
		const char *words[] = { ids[i], keys[i], ids[i], "100", "1" };

		(void)snprintf(ids[i], sizeof(ids[i]), "%d-0", i + 10);
		(void)snprintf(keys[i], sizeof(keys[i]), "%d:paid", i);
		(void)redis_fixture_command(redis, "XADD", STREAM, ids[i], "f",
					    "v", NULL);
		assert_int_equal(add(words), 0);
	}
	(void)redis_fixture_command(redis, "XREADGROUP", "GROUP", GROUP,
				    CONSUMER, "COUNT", "2000", "STREAMS",
				    STREAM, ">", NULL);
	settled(settle_added(TOKEN), 0);
	assert_int_equal(pending(), 9);
	assert_int_equal(book("applied"), LEDGER_EVENTS_MAX);
	assert_int_equal(redis_fixture_integer(redis, "HLEN", BALANCE, NULL),
			 LEDGER_EVENTS_MAX);
}

static int start_redis(void **state)
{
	(void)state;
	redis = redis_fixture_start();
	return command_open(&command, 8 * LEDGER_EVENTS_MAX + WORDS_MAX);
}

static int stop_redis(void **state)
{
	(void)state;
	clear();
	command_close(&command);
	redis_fixture_stop(&redis);
	return 0;
}

#define with_entries(test) cmocka_unit_test_setup(test, pending_entries)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_entries(an_event_credits_its_account_and_is_acknowledged),
		with_entries(events_of_many_accounts_are_added_up),
		with_entries(a_refund_may_take_a_balance_below_zero),
		with_entries(a_key_does_not_go_twice_into_a_call),
		with_entries(what_went_before_one_that_does_not_fit_is_settled),
		with_entries(a_known_key_in_a_batch_is_to_be_split),
		with_entries(
			a_known_key_with_the_same_account_and_amount_is_a_duplicate),
		with_entries(
			a_known_key_with_another_account_or_amount_is_a_conflict),
		with_entries(
			a_balance_that_is_no_number_is_told_and_left_alone),
		with_entries(a_balance_stays_in_the_range_of_exact_numbers),
		with_entries(a_balance_out_of_range_already_may_only_come_back),
		with_entries(one_bad_balance_of_many_leaves_all_as_they_were),
		with_entries(a_sum_out_of_range_does_not_go_into_a_call),
		with_entries(an_entry_that_is_not_pending_any_more_is_told),
		with_entries(
			a_duplicate_that_is_not_pending_is_not_counted_twice),
		with_entries(a_foreign_token_changes_nothing),
		with_entries(
			a_key_of_the_wrong_type_fails_before_anything_is_written),
		with_entries(
			a_book_that_is_no_number_fails_before_anything_is_written),
		with_entries(a_missing_right_fails_before_anything_is_written),
		with_entries(a_full_batch_is_settled_at_once),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("ledger", tests, start_redis,
					   stop_redis);
}
