#include "config.h"

#include "lib/consumer/reading_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOTHING READING_NOTHING

/* What is to be read, row by row of the table: with the facts that lead there,
   and with all those on top that must not change it. */
static const struct {
	unsigned int facts;
	unsigned int with; /* any of these besides */
	enum reading reading;
} expected[] = {
	{ READING_IS_FULL, READING_FACTS - 1, NOTHING },
	{ READING_IS_CUT_OFF | READING_HAS_HISTORY,
	  (READING_FACTS - 1) &
		  ~(READING_IS_FULL | READING_IS_PAUSED | READING_IS_STALLED),
	  READING_HISTORY },
	{ READING_IS_STOPPING, READING_FACTS - 1 - READING_IS_CUT_OFF,
	  NOTHING },
	{ READING_IS_STOPPING | READING_IS_PAUSED, READING_FACTS - 1, NOTHING },
	{ READING_IS_STOPPING | READING_IS_STALLED, READING_FACTS - 1,
	  NOTHING },
	{ READING_IS_STOPPING | READING_IS_CUT_OFF,
	  READING_FACTS - 1 - READING_HAS_HISTORY, NOTHING },
	{ READING_IS_PAUSED, READING_FACTS - 1, NOTHING },
	{ READING_IS_SETTLING, READING_FACTS - 1 - READING_IS_CUT_OFF,
	  NOTHING },
	{ READING_IS_GREETING, READING_FACTS - 1 - READING_IS_CUT_OFF,
	  NOTHING },
	{ READING_RUNS_ALONE, READING_FACTS - 1 - READING_IS_CUT_OFF, NOTHING },
	{ READING_HAS_DUE,
	  READING_HAS_DUE | READING_IS_STALLED | READING_HAS_HISTORY |
		  READING_WANTS_ALONE | READING_HAS_OPEN | READING_HAS_REPLAYS |
		  READING_DID_REPLAY,
	  READING_DUE },
	{ READING_IS_STALLED,
	  READING_HAS_HISTORY | READING_WANTS_ALONE | READING_HAS_OPEN |
		  READING_HAS_REPLAYS | READING_DID_REPLAY,
	  NOTHING },
	{ READING_HAS_HISTORY,
	  READING_WANTS_ALONE | READING_HAS_OPEN | READING_HAS_REPLAYS |
		  READING_DID_REPLAY,
	  READING_HISTORY },
	{ READING_WANTS_ALONE, READING_HAS_REPLAYS | READING_DID_REPLAY,
	  READING_ALONE },
	{ READING_WANTS_ALONE | READING_HAS_OPEN,
	  READING_HAS_REPLAYS | READING_DID_REPLAY, NOTHING },
	{ READING_HAS_REPLAYS, READING_HAS_OPEN, READING_REPLAY },
	{ READING_HAS_REPLAYS | READING_DID_REPLAY, READING_HAS_OPEN,
	  READING_NEW },
	{ 0, READING_HAS_OPEN | READING_DID_REPLAY, READING_NEW },
};

#define ROWS (sizeof(expected) / sizeof(expected[0]))

static bool is_of_row(unsigned int facts, size_t row)
{
	return (facts & expected[row].facts) == expected[row].facts &&
	       (facts & ~(expected[row].facts | expected[row].with)) == 0;
}

static void every_row_holds_whatever_else_is_true(void **state)
{
	(void)state;
	for (size_t row = 0; row < ROWS; row++) {
		for (unsigned int facts = 0; facts < READING_FACTS; facts++) {
			if (is_of_row(facts, row) &&
			    reading_next(facts) != expected[row].reading)
				fail_msg("row %zu, facts %#x: %d, not %d", row,
					 facts, (int)reading_next(facts),
					 (int)expected[row].reading);
		}
	}
}

/* Without the fact that is only there when it stops. */
static void every_sum_of_facts_is_of_a_row(void **state)
{
	(void)state;
	for (unsigned int facts = 0; facts < READING_FACTS; facts++) {
		size_t row = 0;

		if ((facts & READING_IS_CUT_OFF) != 0 &&
		    (facts & READING_IS_STOPPING) == 0)
			continue;
		while (row < ROWS && !is_of_row(facts, row))
			row++;
		if (row == ROWS)
			fail_msg("facts %#x are of no row", facts);
	}
}

static void an_entry_that_is_to_be_alone_is_alone(void **state)
{
	(void)state;
	for (unsigned int facts = 0; facts < READING_FACTS; facts++) {
		if (reading_next(facts) == READING_ALONE)
			assert_int_equal(facts & READING_HAS_OPEN, 0);
		if ((facts & READING_RUNS_ALONE) != 0 &&
		    (facts & READING_IS_CUT_OFF) == 0)
			assert_int_equal(reading_next(facts), NOTHING);
	}
}

static void nothing_new_is_read_when_told_to_stop_or_to_pause(void **state)
{
	(void)state;
	for (unsigned int facts = 0; facts < READING_FACTS; facts++) {
		if ((facts & (READING_IS_STOPPING | READING_IS_PAUSED)) == 0)
			continue;
		assert_true(reading_next(facts) == NOTHING ||
			    reading_next(facts) == READING_HISTORY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_holds_whatever_else_is_true),
		cmocka_unit_test(every_sum_of_facts_is_of_a_row),
		cmocka_unit_test(an_entry_that_is_to_be_alone_is_alone),
		cmocka_unit_test(
			nothing_new_is_read_when_told_to_stop_or_to_pause),
	};

	return cmocka_run_group_tests_name("reading_table", tests, NULL, NULL);
}
