#include "config.h"

#include "tests/fixtures/supervisor_fixture.h"

#include "lib/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Instances that are replaced since they have grown, or have settled enough. */

static char text[65536];
static struct fixture *fixture;

static void events_read(void)
{
	const char *args[] = { "events", NULL };

	assert_int_equal(fixture_run(fixture, "bin/ordermqctl", args, text,
				     sizeof(text)),
			 0);
}

static void says(const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("'%s' is not in:\n%s", what, text);
}

/* In the events, never is one on its way out before the other is back. */
static void check_turns(const char *a, const char *b)
{
	const char *gone = NULL;
	int turns = 0;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *name = strstr(line, a) != NULL   ? a
				   : strstr(line, b) != NULL ? b
							     : NULL;

		if (name == NULL)
			continue;
		if (strstr(line, "is asked to stop") != NULL) {
			assert_null(gone);
			gone = name;
			turns++;
		} else if (gone == name && strstr(line, "is ready") != NULL) {
			gone = NULL;
		}
	}
	assert_true(turns >= 2);
}

static void check_is_no_restart(const char *name)
{
	assert_string_equal(fixture_field(fixture, name, "restarts"), "0");
	assert_string_equal(fixture_field(fixture, name, "last_exit"),
			    "\"exit 0\"");
}

static void what_has_grown_is_drained_and_replaced_in_turn(void **state)
{
	int64_t then_msecs = clock_msecs();
	char groups[1024];
	pid_t good, bloated, greedy[2];

	(void)snprintf(groups, sizeof(groups), "%s,%s,%s",
		       GROUP_WITH("greedy", "2", "max_rss = \"96MiB\";"),
		       GROUP_WITH("bloated", "1", "max_rss = \"96MiB\";"),
		       GROUP("good", "1"));
	fixture = fixture_begin(state, groups);
	good = fixture_await(fixture, "good-1", "ready");
	bloated = fixture_await(fixture, "bloated-1", "ready");
	greedy[0] = fixture_await(fixture, "greedy-1", "ready");
	greedy[1] = fixture_await(fixture, "greedy-2", "ready");
	fixture_await_renewal(fixture, "greedy-1", greedy[0]);
	fixture_await_renewal(fixture, "greedy-2", greedy[1]);
	check_is_no_restart("greedy-1");
	check_is_no_restart("greedy-2");
	/* It has grown as well, but got nothing done: it would do so again. To
	   be ready for ten seconds is something. */
	if (clock_msecs() - then_msecs < 9000)
		assert_int_equal(fixture_await(fixture, "bloated-1", "ready"),
				 bloated);
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), good);
	events_read();
	says("KiB of memory, to be replaced (max_rss 96MiB)\n");
	check_turns(" greedy-1 ", " greedy-2 ");
}

static void what_has_settled_enough_is_replaced(void **state)
{
	pid_t good, eager[2];
	char line[64];

	fixture = fixture_begin(state,
				GROUP("eager", "2") "," GROUP("good", "1"));
	good = fixture_await(fixture, "good-1", "ready");
	eager[0] = fixture_await(fixture, "eager-1", "ready");
	eager[1] = fixture_await(fixture, "eager-2", "ready");
	assert_string_equal(
		fixture_set_groups(
			fixture,
			GROUP_WITH("eager", "2",
				   "recycle_after = 300;") "," GROUP("good",
								     "1")),
		"eager live, good unchanged");
	fixture_await_renewal(fixture, "eager-1", eager[0]);
	fixture_await_renewal(fixture, "eager-2", eager[1]);
	check_is_no_restart("eager-1");
	check_is_no_restart("eager-2");
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), good);
	events_read();
	says(" entries, to be replaced (recycle_after 300)\n");
	/* Not for the reload. */
	(void)snprintf(line, sizeof(line), "pid %d has settled ",
		       (int)eager[0]);
	says(line);
	check_turns(" eager-1 ", " eager-2 ");
}

static void ctl(const char *a, const char *b)
{
	const char *args[] = { a, b, NULL };

	(void)fixture_run(fixture, "bin/ordermqctl", args, text, sizeof(text));
}

/* There is no Redis, and so nothing that the backlog could want. */
static void a_range_changes_with_a_reload_and_touches_nobody(void **state)
{
	pid_t first, second;

	fixture = fixture_begin(state, GROUP("good", "{ min = 2; max = 6; }"));
	first = fixture_await(fixture, "good-1", "ready");
	second = fixture_await(fixture, "good-2", "ready");
	ctl("status", NULL);
	says("good wants 2 instances now, of 2 to 6\n");
	says("    2/2 ");
	assert_string_equal(
		fixture_set_groups(fixture,
				   GROUP("good", "{ min = 1; max = 8; }")),
		"good 2-6 -> 1-8 (live)");
	assert_string_equal(
		fixture_set_groups(fixture,
				   GROUP("good", "{ min = 4; max = 8; }")),
		"good 2 -> 4 (+2)");
	(void)fixture_await(fixture, "good-4", "ready");
	ctl("scale", "good=5");
	says("good: 4 -> 5 (+1), until the next reload; the configuration "
	     "says 4 to 8\n");
	(void)fixture_await(fixture, "good-5", "ready");
	ctl("status", NULL);
	says("good is scaled to 5 until the next reload; the configuration "
	     "says 4 to 8\n");
	/* Who was scaled by hand goes on from there, within the range. */
	assert_string_equal(
		fixture_set_groups(fixture,
				   GROUP("good", "{ min = 1; max = 3; }")),
		"good 5 -> 3 (-2)");
	(void)fixture_await(fixture, "good-4", "absent");
	(void)fixture_await(fixture, "good-3", "ready");
	assert_string_equal(fixture_set_groups(fixture, GROUP("good", "2")),
			    "good 3 -> 2 (-1)");
	(void)fixture_await(fixture, "good-3", "absent");
	ctl("status", NULL);
	assert_null(strstr(text, "good wants"));
	assert_int_equal(fixture_await(fixture, "good-1", "ready"), first);
	assert_int_equal(fixture_await(fixture, "good-2", "ready"), second);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_has_grown_is_drained_and_replaced_in_turn),
		TEST(what_has_settled_enough_is_replaced),
		TEST(a_range_changes_with_a_reload_and_touches_nobody),
	};

	return cmocka_run_group_tests_name("upkeep", tests, NULL, NULL);
}
