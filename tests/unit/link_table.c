#include "config.h"

#include "lib/consumer/link_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What is to happen, cell by cell: TIME, OPENED, ROUND, PUT_OFF, BROKEN,
   ROBBED, CUT. A second opinion on the table, so that nothing in it changes by
   accident; "-" is where nothing happens. */
static const char *const expected[LINK_STATE_COUNT][LINK_EVENT_COUNT] = {
	[LINK_DOWN] = { "down: connect", "greeting: nothing", "-", "-",
			"down: close", "-", "-" },
	[LINK_GREETING] = { "-", "-", "well: praise", "waiting: rest",
			    "down: close", "lost: drop", "down: hang up" },
	[LINK_WELL] = { "-", "-", "-", "waiting: rest", "down: close",
			"lost: drop", "down: hang up" },
	[LINK_WAITING] = { "greeting: nothing", "-", "-", "-", "down: close",
			   "lost: drop", "down: hang up" },
	[LINK_LOST] = { "down: renew", "-", "-", "-", "down: renew", "-",
			"down: renew" },
};

static const char *const states[LINK_STATE_COUNT] = {
	"down", "greeting", "well", "waiting", "lost",
};

static void every_cell_is_as_it_is_meant(void **state)
{
	static const char *const words[LINK_ACTION_COUNT] = {
		"nothing", "connect", "praise",  "rest",
		"close",   "drop",    "hang up", "renew",
	};
	char cell[64];

	(void)state;
	for (int s = 0; s < LINK_STATE_COUNT; s++) {
		for (int e = 0; e < LINK_EVENT_COUNT; e++) {
			struct link_step step = link_step(s, e);

			(void)snprintf(cell, sizeof(cell), "%s: %s",
				       states[step.next], words[step.action]);
			if ((int)step.next == s && step.action == LINK_NOTHING)
				(void)strcpy(cell, "-");
			if (strcmp(cell, expected[s][e]) != 0)
				fail_msg("%s, event %d: %s, not %s", states[s],
					 e, cell, expected[s][e]);
		}
	}
}

static bool is_connected(enum link_state state)
{
	return state != LINK_DOWN;
}

static void a_connection_begins_only_by_its_opening(void **state)
{
	(void)state;
	for (int e = 0; e < LINK_EVENT_COUNT; e++)
		assert_int_equal(is_connected(link_step(LINK_DOWN, e).next),
				 e == LINK_OPENED);
}

static void it_ends_with_whatever_hangs_up(void **state)
{
	(void)state;
	for (int s = 0; s < LINK_STATE_COUNT; s++) {
		for (int e = 0; is_connected(s) && e < LINK_EVENT_COUNT; e++) {
			enum link_action action = link_step(s, e).action;

			assert_int_equal(!is_connected(link_step(s, e).next),
					 action == LINK_CLOSE ||
						 action == LINK_HANG_UP ||
						 action == LINK_RENEW);
		}
	}
}

/* What is lost is never called well, and never settled. */
static void a_lost_lease_leads_only_to_a_new_one(void **state)
{
	(void)state;
	for (int e = 0; e < LINK_EVENT_COUNT; e++) {
		struct link_step step = link_step(LINK_LOST, e);

		assert_true(step.next == LINK_LOST ||
			    step.action == LINK_RENEW);
	}
}

static void well_needs_a_whole_round_trip(void **state)
{
	(void)state;
	for (int s = 0; s < LINK_STATE_COUNT; s++) {
		for (int e = 0; e < LINK_EVENT_COUNT; e++) {
			if (s == LINK_WELL || link_step(s, e).next != LINK_WELL)
				continue;
			assert_int_equal(s, LINK_GREETING);
			assert_int_equal(e, LINK_ROUND);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_is_as_it_is_meant),
		cmocka_unit_test(a_connection_begins_only_by_its_opening),
		cmocka_unit_test(it_ends_with_whatever_hangs_up),
		cmocka_unit_test(a_lost_lease_leads_only_to_a_new_one),
		cmocka_unit_test(well_needs_a_whole_round_trip),
	};

	return cmocka_run_group_tests_name("link_table", tests, NULL, NULL);
}
