/* The script of audit on a server: what each kind of entry in a call becomes.
   The program itself is looked at by tests/system/totals.c. */

#include "config.h"

#include "lib/redis/command.h"
#include "tests/fixtures/redis_fixture.h"
#include "tests/fixtures/settle_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define EVENTS "{s}:g:events"
#define TOTALS "{s}:g:totals"

#define WORDS_MAX 64

/* 2^53 - 1. */
#define MOST "9007199254740991"

#define DAY "2026-11-20"

static const char audit_script[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/early.inc"
#include "consumers/audit.inc"
	;

static struct redis_fixture *redis;
static struct command command;

static int pending_entries(void **state)
{
	(void)state;
	settle_fixture_begin(redis);
	return 0;
}

/* Settle entries: id, event key, country, amount for each, ended by NULL; all
   of one day. */
static const struct reply *settle_words(const char *const *words)
{
	settle_fixture_call(&command, audit_script, EVENTS, TOTALS,
			    SETTLE_TOKEN);
	for (; *words != NULL; words += 4) {
		command_word(&command, words[0]);
		command_word(&command, words[1]);
		command_word(&command, DAY);
		command_word(&command, words[2]);
		command_word(&command, words[3]);
	}
	return redis_fixture_call(redis, command.words, command.count);
}

#define settle(...) settle_words((const char *const[]){ __VA_ARGS__, NULL })

static void total_is(const char *country, const char *total)
{
	settle_fixture_field(redis, TOTALS, country, total);
}

static void nothing_written(void)
{
	assert_int_equal(settle_fixture_pending(redis), 9);
	assert_int_equal(redis_fixture_integer(redis, "EXISTS", EVENTS, NULL),
			 0);
	settle_fixture_books(redis, 0, 0);
}

static void amounts_are_added_up_by_country(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "de", "500", /**/
				      "2-0", "B:paid", "fr", "300", /**/
				      "3-0", "A:refunded", "de", "-200"),
			       0);
	total_is(DAY " de", "300");
	total_is(DAY " fr", "300");
	settle_fixture_field(redis, EVENTS, "A:paid", "500\tde\t" DAY);
	settle_fixture_books(redis, 3, 0);
	assert_int_equal(settle_fixture_pending(redis), 6);
}

static void what_is_not_pending_any_more_counts_all_the_same(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "XACK", SETTLE_STREAM, "g", "1-0",
				    NULL);
	settle_fixture_settled(settle("1-0", "A:paid", "de", "500", /**/
				      "2-0", "B:paid", "de", "100"),
			       1);
	total_is(DAY " de", "600");
	settle_fixture_books(redis, 2, 0);
}

static void what_is_known_and_what_comes_twice_is_a_duplicate(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "de", "500"), 0);
	settle_fixture_settled(settle("2-0", "B:paid", "de", "100", /**/
				      "3-0", "A:paid", "de", "500", /**/
				      "4-0", "B:paid", "de", "100"),
			       0);
	total_is(DAY " de", "600");
	settle_fixture_books(redis, 2, 2);
	assert_int_equal(settle_fixture_pending(redis), 5);
}

static void a_conflict_goes_alone_and_what_repeats_it_too(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "de", "500"), 0);
	settle_fixture_split((const int[]){ 2, 4, 0 },
			     settle("2-0", "A:paid", "de", "500", /**/
				    "3-0", "A:paid", "fr", "500", /**/
				    "4-0", "B:paid", "de", "100", /**/
				    "5-0", "A:paid", "fr", "500"));
	settle_fixture_settled(settle("2-0", "A:paid", "de", "500", /**/
				      "4-0", "B:paid", "de", "100"),
			       0);
	settle_fixture_rejected(settle("3-0", "A:paid", "fr", "500"),
				"conflict");
	total_is(DAY " de", "600");
	settle_fixture_books(redis, 2, 1);
}

static void a_total_that_is_no_number_is_told_and_left_alone(void **state)
{
	static const char *const totals[] = { "x", "",       "1.5", "1e3",
					      "-", MOST "0", NULL };

	(void)state;
	for (size_t i = 0; totals[i] != NULL; i++) {
		(void)redis_fixture_command(redis, "HSET", TOTALS, DAY " de",
					    totals[i], NULL);
		settle_fixture_split((const int[]){ 1, 3, 0 },
				     settle("1-0", "A:paid", "de", "5", /**/
					    "2-0", "B:paid", "fr", "5", /**/
					    "3-0", "A:paid", "fr", "5"));
		settle_fixture_rejected(settle("1-0", "A:paid", "de", "5"),
					"total");
		total_is(DAY " de", totals[i]);
		nothing_written();
	}
}

static void a_total_stays_in_the_range_of_exact_numbers(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:paid", "de", MOST), 0);
	settle_fixture_split((const int[]){ 2, 0 },
			     settle("2-0", "B:paid", "de", "-1", /**/
				    "3-0", "C:paid", "de", "2",  /**/
				    "4-0", "D:paid", "de", "1"));
	total_is(DAY " de", MOST);
	settle_fixture_rejected(settle("3-0", "C:paid", "de", "2"), "total");
}

static void a_key_of_the_wrong_type_fails_before_anything_is_written(
	void **state)
{
	static const char *const keys[] = { SETTLE_OWNERS, SETTLE_BOOKS, EVENTS,
					    TOTALS };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		(void)pending_entries(NULL);
		(void)redis_fixture_command(redis, "SET", keys[i], "x", NULL);
		assert_true(reply_is_error_word(
			settle("1-0", "A:paid", "de", "5"), "WRONGTYPE"));
		(void)redis_fixture_command(redis, "DEL", keys[i], NULL);
		nothing_written();
		assert_int_equal(
			redis_fixture_integer(redis, "EXISTS", TOTALS, NULL),
			0);
	}
}

static void a_missing_right_fails_before_anything_is_written(void **state)
{
	static const char *const rights[] = { "-hset", "-xack", "-hdel" };

	(void)state;
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		(void)redis_fixture_command(redis, "ACL", "SETUSER", "default",
					    rights[i], NULL);
		assert_true(reply_is_error_word(
			settle("1-0", "A:paid", "de", "5"), "NOPERM"));
		(void)redis_fixture_command(redis, "ACL", "SETUSER", "default",
					    "+@all", NULL);
		nothing_written();
	}
}

static int start_redis(void **state)
{
	(void)state;
	redis = redis_fixture_start();
	return command_open(&command, WORDS_MAX);
}

static int stop_redis(void **state)
{
	(void)state;
	command_close(&command);
	redis_fixture_stop(&redis);
	return 0;
}

#define with_entries(test) cmocka_unit_test_setup(test, pending_entries)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_entries(amounts_are_added_up_by_country),
		with_entries(what_is_not_pending_any_more_counts_all_the_same),
		with_entries(what_is_known_and_what_comes_twice_is_a_duplicate),
		with_entries(a_conflict_goes_alone_and_what_repeats_it_too),
		with_entries(a_total_that_is_no_number_is_told_and_left_alone),
		with_entries(a_total_stays_in_the_range_of_exact_numbers),
		with_entries(
			a_key_of_the_wrong_type_fails_before_anything_is_written),
		with_entries(a_missing_right_fails_before_anything_is_written),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("totals", tests, start_redis,
					   stop_redis);
}
