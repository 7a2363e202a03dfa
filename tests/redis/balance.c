/* The script of points, and balances: numbers or none, in range or beyond it.
 */

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

static void a_balance_that_is_no_number_is_told_and_left_alone(void **state)
{
	static const char *const balances[] = { "x",   "",    "1.5", "-", "1-2",
						"--1", "nan", "inf", NULL };

	(void)state;
	for (size_t i = 0; balances[i] != NULL; i++) {
		(void)redis_fixture_command(redis, "HSET", BALANCE, "7",
					    balances[i], NULL);
		settle_fixture_split((const int[]){ 1, 0 },
				     settle("1-0", "A:paid", "7", "500",
					    "5", /**/
					    "2-0", "B:paid", "8", "500", "5"));
		settle_fixture_rejected(
			settle("1-0", "A:paid", "7", "500", "5"), "balance");
		settle_fixture_field(redis, BALANCE, "7", balances[i]);
		nothing_written();
	}
}

static void a_balance_stays_in_the_range_of_exact_numbers(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "HSET", BALANCE, "7", MOST_BUT_ONE,
				    "8", "-" MOST_BUT_ONE, NULL);
	settle_fixture_rejected(settle("1-0", "A:paid", "7", "500", "2"),
				"balance");
	settle_fixture_rejected(settle("1-0", "A:refunded", "8", "500", "-2"),
				"balance");
	settle_fixture_split((const int[]){ 2, 0 },
			     settle("1-0", "A:paid", "9", "500", "5", /**/
				    "2-0", "B:paid", "7", "500", "2"));
	nothing_written();
	settle_fixture_settled(settle("1-0", "A:paid", "7", "100", "1", /**/
				      "2-0", "A:refunded", "8", "100", "-1"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", MOST);
	settle_fixture_field(redis, BALANCE, "8", "-" MOST);
	settle_fixture_rejected(settle("3-0", "B:paid", "7", "100", "1"),
				"balance");
	settle_fixture_rejected(settle("3-0", "B:refunded", "8", "100", "-1"),
				"balance");
}

/* It may be another number than the one that is read. */
static void a_balance_out_of_range_is_left_alone(void **state)
{
	static const char *const balances[] = { "9007199254740993",
						"-9007199254740992",
						"9223372036854775807", NULL };

	(void)state;
	for (size_t i = 0; balances[i] != NULL; i++) {
		(void)redis_fixture_command(redis, "HSET", BALANCE, "7",
					    balances[i], NULL);
		settle_fixture_rejected(
			settle("1-0", "A:refunded", "7", "500", "-5"),
			"balance");
		settle_fixture_rejected(
			settle("1-0", "A:paid", "7", "500", "5"), "balance");
		settle_fixture_field(redis, BALANCE, "7", balances[i]);
		nothing_written();
	}
}

static void a_balance_counts_however_it_is_written(void **state)
{
	(void)state;
	(void)redis_fixture_command(redis, "HSET", BALANCE, "7", "007", "8",
				    "-0", "9", "1e3", NULL);
	settle_fixture_settled(settle("1-0", "A:paid", "7", "500", "5", /**/
				      "2-0", "B:paid", "8", "0", "0",   /**/
				      "3-0", "C:paid", "9", "0", "0"),
			       0);
	settle_fixture_field(redis, BALANCE, "7", "12");
	settle_fixture_field(redis, BALANCE, "8", "0");
	settle_fixture_field(redis, BALANCE, "9", "1000");
}

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
		settle_fixture_split(
			(const int[]){ 4, 6, 0 },
			settle("1-0", "A:refunded", "5", MOST, LEAST, /**/
			       "2-0", "B:paid", "6", "500", "5",      /**/
			       "3-0", "C:paid", "8", "0", "0",        /**/
			       "4-0", "D:paid", "7", "500", "5",      /**/
			       "5-0", "E:paid", "9", "500", "5",      /**/
			       "6-0", "F:paid", "7", "500", "5"));
		settle_fixture_field(redis, BALANCE, "5", MOST_BUT_ONE);
		settle_fixture_field(redis, BALANCE, "6", "-3");
		settle_fixture_field(redis, BALANCE, "7", bad[i]);
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

/* The sum of all is in range, thanks to one that is known. */
static void a_sum_of_what_is_new_stays_in_range(void **state)
{
	(void)state;
	settle_fixture_settled(settle("1-0", "A:refunded", "7", "500", "-5"),
			       0);
	(void)redis_fixture_command(redis, "HDEL", BALANCE, "7", NULL);
	settle_fixture_split((const int[]){ 1, 3, 0 },
			     settle("2-0", "B:paid", "7", "500",
				    MOST_BUT_ONE,                          /**/
				    "3-0", "A:refunded", "7", "500", "-5", /**/
				    "4-0", "C:paid", "7", "500", "3",      /**/
				    "5-0", "D:paid", "8", "500", "5"));
	assert_int_equal(redis_fixture_integer(redis, "EXISTS", BALANCE, NULL),
			 0);
	settle_fixture_books(redis, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_entries(
			a_balance_that_is_no_number_is_told_and_left_alone),
		with_entries(a_balance_stays_in_the_range_of_exact_numbers),
		with_entries(a_balance_out_of_range_is_left_alone),
		with_entries(a_balance_counts_however_it_is_written),
		with_entries(one_bad_balance_of_many_leaves_all_as_they_were),
		with_entries(a_sum_out_of_range_does_not_go_into_a_call),
		with_entries(a_sum_of_what_is_new_stays_in_range),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name(
		"balance", tests, ledger_fixture_start, ledger_fixture_stop);
}
