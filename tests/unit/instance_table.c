#include "config.h"

#include "supervisor/ordermqd/instance_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool has_process(enum instance_state state)
{
	return state == INSTANCE_STARTING || state == INSTANCE_READY ||
	       state == INSTANCE_HANGING || state == INSTANCE_STOPPING ||
	       state == INSTANCE_RECYCLING;
}

static bool is_end(enum instance_event event)
{
	return event == INSTANCE_DIED || event == INSTANCE_GAVE_UP ||
	       event == INSTANCE_DONE;
}

static enum instance_state after(enum instance_state state,
				 enum instance_event event)
{
	return instance_step(state, event).next;
}

/* Every cell leads to a state and an action that exist. */
static void every_event_is_allowed_in_every_state(void **state)
{
	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++) {
		for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
			struct instance_step step = instance_step(s, e);

			assert_in_range(step.next, 0, INSTANCE_STATE_COUNT - 1);
			assert_in_range(step.action, 0,
					INSTANCE_ACTION_COUNT - 1);
		}
		assert_non_null(instance_state_name(s));
	}
}

/* What is to happen, cell by cell: START, STOP, UP, DIED, GAVE_UP, DONE, TIMER,
   HUNG. A second opinion on the table, so that nothing in it changes by
   accident; "-" is where nothing happens. */
static const char
	*const expected[INSTANCE_STATE_COUNT][INSTANCE_EVENT_COUNT] = {
		[INSTANCE_STOPPED] = { "starting: spawn", "-", "-", "-", "-",
				       "-", "-", "-" },
		[INSTANCE_STARTING] = { "-", "stopping: term", "ready: greet",
					"waiting: wait", "failed: settle",
					"finished: settle", "-",
					"hanging: abort" },
		[INSTANCE_READY] = { "-", "stopping: term", "-",
				     "waiting: wait", "failed: settle",
				     "finished: settle", "-",
				     "hanging: abort" },
		[INSTANCE_HANGING] = { "-", "stopping: term", "-",
				       "waiting: wait", "failed: settle",
				       "finished: settle", "hanging: kill",
				       "-" },
		[INSTANCE_STOPPING] = { "recycling: nothing", "-", "-",
					"stopped: settle", "stopped: settle",
					"stopped: settle", "stopping: kill",
					"-" },
		[INSTANCE_RECYCLING] = { "-", "stopping: nothing", "-",
					 "starting: spawn", "starting: spawn",
					 "starting: spawn", "recycling: kill",
					 "-" },
		[INSTANCE_WAITING] = { "starting: spawn", "stopped: settle",
				       "-", "-", "-", "-", "starting: spawn",
				       "-" },
		[INSTANCE_FAILED] = { "starting: spawn", "stopped: settle", "-",
				      "-", "-", "-", "-", "-" },
		[INSTANCE_FINISHED] = { "starting: spawn", "stopped: settle",
					"-", "-", "-", "-", "-", "-" },
	};

static void every_cell_is_as_it_is_meant(void **state)
{
	static const char *const states[INSTANCE_STATE_COUNT] = {
		"stopped",   "starting", "ready",  "hanging",  "stopping",
		"recycling", "waiting",  "failed", "finished",
	};
	static const char *const words[INSTANCE_ACTION_COUNT] = {
		"nothing", "spawn", "greet", "wait",
		"term",    "kill",  "abort", "settle",
	};
	char cell[64];

	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++) {
		for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
			struct instance_step step = instance_step(s, e);

			(void)snprintf(cell, sizeof(cell), "%s: %s",
				       states[step.next], words[step.action]);
			if ((int)step.next == s &&
			    step.action == INSTANCE_NOTHING)
				(void)strcpy(cell, "-");
			if (strcmp(cell, expected[s][e]) != 0)
				fail_msg("%s, event %d: %s, not %s", states[s],
					 e, cell, expected[s][e]);
		}
	}
}

static void never_two_processes_for_one_instance(void **state)
{
	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++) {
		for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
			if (instance_step(s, e).action != INSTANCE_SPAWN)
				continue;
			assert_int_equal(after(s, e), INSTANCE_STARTING);
			assert_true(!has_process(s) || is_end(e));
		}
	}
}

static void a_process_is_gone_only_by_its_death(void **state)
{
	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++) {
		for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
			if (has_process(s) && !is_end(e))
				assert_true(has_process(after(s, e)));
		}
	}
}

static void only_processes_are_signalled(void **state)
{
	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++) {
		for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
			enum instance_action action =
				instance_step(s, e).action;

			if (action == INSTANCE_TERM ||
			    action == INSTANCE_KILL || action == INSTANCE_ABORT)
				assert_true(has_process(s));
		}
	}
}

static void stop_ends_every_state_in_stopped(void **state)
{
	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++) {
		enum instance_state stopping = after(s, INSTANCE_STOP);

		if (!has_process(s))
			assert_int_equal(stopping, INSTANCE_STOPPED);
		else
			assert_int_equal(after(stopping, INSTANCE_DIED),
					 INSTANCE_STOPPED);
	}
}

static void start_leads_back_to_a_process_from_every_state(void **state)
{
	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++)
		assert_true(has_process(after(s, INSTANCE_START)));
	assert_int_equal(
		after(after(INSTANCE_STOPPING, INSTANCE_START), INSTANCE_DIED),
		INSTANCE_STARTING);
}

static void start_does_not_touch_what_runs(void **state)
{
	(void)state;
	assert_int_equal(after(INSTANCE_READY, INSTANCE_START), INSTANCE_READY);
	assert_int_equal(instance_step(INSTANCE_READY, INSTANCE_START).action,
			 INSTANCE_NOTHING);
	assert_int_equal(
		instance_step(INSTANCE_STARTING, INSTANCE_START).action,
		INSTANCE_NOTHING);
}

static void one_that_gave_up_starts_only_by_a_start(void **state)
{
	(void)state;
	assert_int_equal(after(INSTANCE_READY, INSTANCE_GAVE_UP),
			 INSTANCE_FAILED);
	assert_int_equal(after(INSTANCE_STARTING, INSTANCE_GAVE_UP),
			 INSTANCE_FAILED);
	for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
		if (e != INSTANCE_START)
			assert_int_not_equal(
				instance_step(INSTANCE_FAILED, e).action,
				INSTANCE_SPAWN);
	}
}

static void one_that_has_finished_starts_only_by_a_start(void **state)
{
	(void)state;
	assert_int_equal(after(INSTANCE_READY, INSTANCE_DONE),
			 INSTANCE_FINISHED);
	assert_int_equal(after(INSTANCE_STARTING, INSTANCE_DONE),
			 INSTANCE_FINISHED);
	for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
		if (e != INSTANCE_START)
			assert_int_not_equal(
				instance_step(INSTANCE_FINISHED, e).action,
				INSTANCE_SPAWN);
	}
}

/* However it ends, and whatever its group's restart is. */
static void what_was_asked_for_does_not_hang_on_how_it_ends(void **state)
{
	(void)state;
	for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
		if (!is_end(e))
			continue;
		assert_int_equal(after(INSTANCE_STOPPING, e), INSTANCE_STOPPED);
		assert_int_equal(after(INSTANCE_RECYCLING, e),
				 INSTANCE_STARTING);
	}
}

/* Rows: always, on-failure, never. */
static void the_restart_of_a_group_judges_every_end(void **state)
{
	static const int statuses[] = { 0, 1, 70, 75, 78, 127, -1 };
	static const enum instance_event judged[SETTINGS_RESTART_COUNT][7] = {
		{ INSTANCE_DIED, INSTANCE_DIED, INSTANCE_DIED, INSTANCE_DIED,
		  INSTANCE_GAVE_UP, INSTANCE_DIED, INSTANCE_DIED },
		{ INSTANCE_DONE, INSTANCE_DIED, INSTANCE_DIED, INSTANCE_DIED,
		  INSTANCE_GAVE_UP, INSTANCE_DIED, INSTANCE_DIED },
		{ INSTANCE_DONE, INSTANCE_GAVE_UP, INSTANCE_GAVE_UP,
		  INSTANCE_GAVE_UP, INSTANCE_GAVE_UP, INSTANCE_GAVE_UP,
		  INSTANCE_GAVE_UP },
	};

	(void)state;
	for (int r = 0; r < SETTINGS_RESTART_COUNT; r++) {
		for (int i = 0; i < 7; i++)
			assert_int_equal(instance_end(r, statuses[i]),
					 judged[r][i]);
	}
}

static void ready_needs_the_word_of_the_instance(void **state)
{
	(void)state;
	for (int s = 0; s < INSTANCE_STATE_COUNT; s++) {
		for (int e = 0; e < INSTANCE_EVENT_COUNT; e++) {
			if (s != INSTANCE_READY &&
			    after(s, e) == INSTANCE_READY) {
				assert_int_equal(s, INSTANCE_STARTING);
				assert_int_equal(e, INSTANCE_UP);
			}
		}
	}
}

static void a_death_nobody_asked_for_waits_for_its_turn(void **state)
{
	(void)state;
	assert_int_equal(instance_step(INSTANCE_READY, INSTANCE_DIED).action,
			 INSTANCE_WAIT);
	assert_int_equal(instance_step(INSTANCE_STARTING, INSTANCE_DIED).action,
			 INSTANCE_WAIT);
	assert_int_equal(instance_step(INSTANCE_WAITING, INSTANCE_TIMER).action,
			 INSTANCE_SPAWN);
}

static void what_hangs_is_aborted_then_killed_then_started_again(void **state)
{
	(void)state;
	assert_int_equal(instance_step(INSTANCE_READY, INSTANCE_HUNG).action,
			 INSTANCE_ABORT);
	assert_int_equal(instance_step(INSTANCE_STARTING, INSTANCE_HUNG).action,
			 INSTANCE_ABORT);
	assert_int_equal(instance_step(INSTANCE_HANGING, INSTANCE_TIMER).action,
			 INSTANCE_KILL);
	assert_int_equal(instance_step(INSTANCE_HANGING, INSTANCE_DIED).action,
			 INSTANCE_WAIT);
	/* What drains is killed by its own deadline. */
	assert_int_equal(instance_step(INSTANCE_STOPPING, INSTANCE_HUNG).action,
			 INSTANCE_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_is_allowed_in_every_state),
		cmocka_unit_test(every_cell_is_as_it_is_meant),
		cmocka_unit_test(never_two_processes_for_one_instance),
		cmocka_unit_test(a_process_is_gone_only_by_its_death),
		cmocka_unit_test(only_processes_are_signalled),
		cmocka_unit_test(stop_ends_every_state_in_stopped),
		cmocka_unit_test(
			start_leads_back_to_a_process_from_every_state),
		cmocka_unit_test(start_does_not_touch_what_runs),
		cmocka_unit_test(one_that_gave_up_starts_only_by_a_start),
		cmocka_unit_test(one_that_has_finished_starts_only_by_a_start),
		cmocka_unit_test(
			what_was_asked_for_does_not_hang_on_how_it_ends),
		cmocka_unit_test(the_restart_of_a_group_judges_every_end),
		cmocka_unit_test(ready_needs_the_word_of_the_instance),
		cmocka_unit_test(a_death_nobody_asked_for_waits_for_its_turn),
		cmocka_unit_test(
			what_hangs_is_aborted_then_killed_then_started_again),
	};

	return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
