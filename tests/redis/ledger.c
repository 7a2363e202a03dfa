/* The script of points, and the arguments that consumers/ledger.c gives it, on
   a server: what each kind of entry in a call becomes. */

#include "config.h"

#include "tests/fixtures/ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_event_credits_its_account_and_is_acknowledged(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "13998", "139"), 0);
	settle_fixture_field(redis, BALANCE, "7", "139");
	settle_fixture_field(redis, LEDGER, "A:paid",
			     "7\t13998\t139\t1/100+0\t1-0\t1700000000000");
	settle_fixture_books(redis, 1, 0);
	assert_int_equal(settle_fixture_pending(redis), 8);
}

static void events_of_many_accounts_are_added_up(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5", /**/
				      "2-0", "B:paid", "8", "100", "1", /**/
				      "3-0", "C:paid", "7", "300", "3"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", "8");
	settle_fixture_field(redis, BALANCE, "8", "1");
	settle_fixture_books(redis, 3, 0);
	assert_int_equal(redis_fixture_integer(redis, "HLEN", LEDGER, NULL), 3);
	assert_int_equal(settle_fixture_pending(redis), 6);
}

static void a_refund_may_take_a_balance_below_zero(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:refunded", "7", "500", "-5"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", "-5");
	settle_fixture_settled(settle("2-0", "A:paid", "7", "500", "5"), 0);
	settle_fixture_field(redis, BALANCE, "7", "0");
	settle_fixture_settled(settle("3-0", "B:refunded:1", "7", "500",
				      "-5", /**/
				      "4-0", "B:refunded:2", "7", "500", "-5"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", "-10");
}

static void the_second_of_one_key_is_a_duplicate(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5", /**/
				      "2-0", "B:paid", "8", "500", "5", /**/
				      "3-0", "A:paid", "7", "500", "5", /**/
				      "4-0", "A:paid", "7", "500", "5"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", "5");
	settle_fixture_field(redis, BALANCE, "8", "5");
	settle_fixture_field(redis, LEDGER, "A:paid",
			     "7\t500\t5\t1/100+0\t1-0\t1700000000000");
	settle_fixture_books(redis, 2, 2);
	assert_int_equal(settle_fixture_pending(redis), 5);
}

/* The first in the stream counts, whatever the second says. */
static void the_second_that_differs_goes_alone(void **state)
{
	(void)state;
	settle_fixture_split((const int[]){ 2, 4, 0 },
			     settle("1-0", "A:paid", "7", "500", "5", /**/
				    "2-0", "A:paid", "8", "500", "5", /**/
				    "3-0", "B:paid", "8", "500", "5", /**/
				    "4-0", "A:paid", "7", "501", "5"));
	nothing_written();
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5", /**/
				      "3-0", "B:paid", "8", "500", "5"),
			       0);
	settle_fixture_rejected(settle("2-0", "A:paid", "8", "500", "5"),
				"conflict");
	settle_fixture_rejected(settle("4-0", "A:paid", "7", "501", "5"),
				"conflict");
	settle_fixture_field(redis, BALANCE, "7", "5");
	settle_fixture_field(redis, BALANCE, "8", "5");
	settle_fixture_books(redis, 2, 0);
}

static void a_call_may_hold_what_is_new_and_what_is_known(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5", /**/
				      "2-0", "B:paid", "8", "300", "3"),
			       0);
	settle_fixture_settled(settle("3-0", "C:paid", "7", "100", "1", /**/
				      "4-0", "A:paid", "7", "500", "5", /**/
				      "5-0", "A:refunded", "7", "500",
				      "-5", /**/
				      "6-0", "B:paid", "8", "300", "3"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", "1");
	settle_fixture_field(redis, BALANCE, "8", "3");
	settle_fixture_books(redis, 4, 2);
	assert_int_equal(settle_fixture_pending(redis), 3);
}

static void a_call_of_known_ones_writes_no_balance(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	(void)redis_fixture_command(redis, "HSET", BALANCE, "7", "x", NULL);
	settle_fixture_settled(settle("2-0", "A:paid", "7", "500", "5", /**/
				      "3-0", "A:paid", "7", "500", "5"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", "x");
	settle_fixture_books(redis, 1, 2);
}

static void a_conflict_goes_alone_and_the_rest_together(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	settle_fixture_split((const int[]){ 3, 0 },
			     settle("2-0", "B:paid", "7", "500", "5", /**/
				    "3-0", "A:paid", "7", "500", "5", /**/
				    "4-0", "A:paid", "7", "400", "4", /**/
				    "5-0", "B:paid", "7", "500", "5"));
	settle_fixture_field(redis, BALANCE, "7", "5");
	settle_fixture_books(redis, 1, 0);
	settle_fixture_settled(settle("2-0", "B:paid", "7", "500", "5", /**/
				      "3-0", "A:paid", "7", "500", "5", /**/
				      "5-0", "B:paid", "7", "500", "5"),
			       0);
	settle_fixture_rejected(settle("4-0", "A:paid", "7", "400", "4"),
				"conflict");
	settle_fixture_field(redis, BALANCE, "7", "10");
	settle_fixture_books(redis, 2, 2);
}

/* Else it would be credited in the place of the first. */
static void what_repeats_one_that_goes_alone_goes_alone(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "HSET", BALANCE, "7", MOST, NULL);
	settle_fixture_split((const int[]){ 1, 3, 4, 0 },
			     settle("1-0", "A:paid", "7", "500", "5", /**/
				    "2-0", "B:paid", "8", "500", "5", /**/
				    "3-0", "A:paid", "7", "500", "5", /**/
				    "4-0", "A:paid", "9", "500", "5"));
	nothing_written();
}

static void a_known_key_with_equal_content_is_a_duplicate(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	/* The points follow from the rule of the day: they do not matter. */
	settle_fixture_settled(settle("2-0", "A:paid", "7", "500", "99"), 0);
	settle_fixture_field(redis, BALANCE, "7", "5");
	settle_fixture_books(redis, 1, 1);
	assert_int_equal(settle_fixture_pending(redis), 7);
}

static void a_known_key_with_other_content_is_a_conflict(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	settle_fixture_rejected(settle("2-0", "A:paid", "8", "500", "5"),
				"conflict");
	settle_fixture_rejected(settle("3-0", "A:paid", "7", "501", "5"),
				"conflict");
	settle_fixture_field(redis, BALANCE, "7", "5");
	assert_int_equal(settle_fixture_pending(redis), 8);
}

static void an_entry_that_is_not_pending_any_more_is_told(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "XACK", SETTLE_STREAM, "g", "1-0",
				    NULL);
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5", /**/
				      "2-0", "B:paid", "7", "500", "5"),
			       1);
	settle_fixture_field(redis, BALANCE, "7", "10");
	settle_fixture_books(redis, 2, 0);
}

/* Make the group again, at a place; its account begins with 9 entries due. */
static void make_again_at(const char *id)
{
	(void)redis_fixture_command(redis, "XGROUP", "DESTROY", SETTLE_STREAM,
				    "g", NULL);
	(void)redis_fixture_command(redis, "XGROUP", "CREATE", SETTLE_STREAM,
				    "g", id, NULL);
	(void)redis_fixture_command(redis, "HSET", START, "due", "9", NULL);
}

static void what_takes_effect_before_it_is_due_moves_the_account(void **state)
{
	(void)state;
	make_again_at("0");
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5", /**/
				      "2-0", "B:paid", "7", "500", "5"),
			       2);
	settle_fixture_field(redis, START, "due", "11");
	settle_fixture_field(redis, START, "early", "2");
	/* Only what the group has not been given yet. */
	make_again_at("3-0");
	settle_fixture_settled(settle("3-0", "C:paid", "7", "500", "5", /**/
				      "4-0", "D:paid", "7", "500", "5"),
			       2);
	settle_fixture_field(redis, START, "due", "10");
	settle_fixture_field(redis, START, "early", "3");
	settle_fixture_books(redis, 4, 0);
}

static void an_effect_without_an_account_is_as_good(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "XGROUP", "DESTROY", SETTLE_STREAM,
				    "g", NULL);
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 1);
	(void)redis_fixture_command(redis, "SET", START, "hello", NULL);
	settle_fixture_settled(settle("2-0", "B:paid", "7", "500", "5"), 1);
	settle_fixture_field(redis, BALANCE, "7", "10");
}

static void a_duplicate_is_counted_once(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 1);
	settle_fixture_field(redis, BALANCE, "7", "5");
	settle_fixture_books(redis, 1, 0);
}

static void a_foreign_token_changes_nothing(void **state)
{
	static const char *const event[] = { "1-0", "A:paid", "7",
					     "500", "5",      NULL };

	(void)state;
	settle_fixture_answered(settle_as("node 2", event), "lost");
	(void)redis_fixture_command(
		redis, "HSET", SETTLE_OWNERS, SETTLE_CONSUMER,
		SETTLE_TOKEN "0 9999999999999 test pid 1", NULL);
	settle_fixture_answered(settle_as(SETTLE_TOKEN, event), "lost");
	(void)redis_fixture_command(redis, "DEL", SETTLE_OWNERS, NULL);
	settle_fixture_answered(settle_as(SETTLE_TOKEN, event), "lost");
	nothing_written();
}

static void a_key_of_the_wrong_type_changes_nothing(void **state)
{
	static const char *const keys[] = { SETTLE_OWNERS, SETTLE_BOOKS, LEDGER,
					    BALANCE };

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

static void a_book_that_is_no_number_changes_nothing(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "HSET", SETTLE_BOOKS, "applied", "x",
				    NULL);
	assert_true(reply_is_error_word(
		settle("1-0", "A:paid", "7", "500", "5"), "WRONGTYPE"));
	(void)redis_fixture_command(redis, "DEL", SETTLE_BOOKS, NULL);
	nothing_written();
	assert_int_equal(redis_fixture_integer(redis, "EXISTS", BALANCE, NULL),
			 0);
}

/* A right that only later commands of the script need must not fail behind the
   first write. */
static void a_missing_right_changes_nothing(void **state)
{
	static const char *const rights[] = { "-hset", "-xack",   "-hmget",
					      "-hdel", "-exists", "-hget" };

	(void)state;
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		(void)redis_fixture_command(redis, "ACL", "SETUSER", "default",
					    rights[i], NULL);
		assert_true(reply_is_error(
			settle("1-0", "A:paid", "7", "500", "5")));
		(void)redis_fixture_command(redis, "ACL", "SETUSER", "default",
					    "+@all", NULL);
		nothing_written();
		assert_int_equal(
			redis_fixture_integer(redis, "EXISTS", BALANCE, NULL),
			0);
	}
	(void)redis_fixture_command(redis, "ACL", "SETUSER", "default", "-hset",
				    NULL);
	assert_true(reply_is_error_word(
		settle("1-0", "A:paid", "7", "500", "5"), "NOPERM"));
	(void)redis_fixture_command(redis, "ACL", "SETUSER", "default", "+@all",
				    NULL);
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5"), 0);
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
		(void)redis_fixture_command(redis, "XADD", SETTLE_STREAM,
					    ids[i], "f", "v", NULL);
		assert_int_equal(add(words), 0);
	}
	(void)redis_fixture_command(redis, "XREADGROUP", "GROUP", "g",
				    SETTLE_CONSUMER, "COUNT", "2000", "STREAMS",
				    SETTLE_STREAM, ">", NULL);
	settle_fixture_settled(settle_added(SETTLE_TOKEN), 0);
	assert_int_equal(settle_fixture_pending(redis), 9);
	settle_fixture_books(redis, LEDGER_EVENTS_MAX, 0);
	assert_int_equal(redis_fixture_integer(redis, "HLEN", BALANCE, NULL),
			 LEDGER_EVENTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_entries(an_event_credits_its_account_and_is_acknowledged),
		with_entries(events_of_many_accounts_are_added_up),
		with_entries(a_refund_may_take_a_balance_below_zero),
		with_entries(the_second_of_one_key_is_a_duplicate),
		with_entries(the_second_that_differs_goes_alone),
		with_entries(a_call_may_hold_what_is_new_and_what_is_known),
		with_entries(a_call_of_known_ones_writes_no_balance),
		with_entries(a_conflict_goes_alone_and_the_rest_together),
		with_entries(what_repeats_one_that_goes_alone_goes_alone),
		with_entries(a_known_key_with_equal_content_is_a_duplicate),
		with_entries(a_known_key_with_other_content_is_a_conflict),
		with_entries(an_entry_that_is_not_pending_any_more_is_told),
		with_entries(
			what_takes_effect_before_it_is_due_moves_the_account),
		with_entries(an_effect_without_an_account_is_as_good),
		with_entries(a_duplicate_is_counted_once),
		with_entries(a_foreign_token_changes_nothing),
		with_entries(a_key_of_the_wrong_type_changes_nothing),
		with_entries(a_book_that_is_no_number_changes_nothing),
		with_entries(a_missing_right_changes_nothing),
		with_entries(a_full_batch_is_settled_at_once),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name(
		"ledger", tests, ledger_fixture_start, ledger_fixture_stop);
}
