#include "config.h"

#include "supervisor/ctl/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                   \
	"{\"kind\":\"supervisor\",\"version\":\"0.1.0\",\"pid\":812,"          \
	"\"uptime_seconds\":7300,\"node\":\"web1\",\"state\":\"running\","     \
	"\"reload_error\":null}"

static char *shown;

/* What is shown of these objects; it lives until the next call. */
static const char *show(const char *objects)
{
	json_t *array = json_loads(objects, 0, NULL);
	size_t length = 0;
	FILE *out;

	assert_non_null(array);
	free(shown);
	shown = NULL;
	out = open_memstream(&shown, &length);
	assert_non_null(out);
	table_print(out, array);
	(void)fclose(out);
	json_decref(array);
	return shown;
}

static int forget(void **state)
{
	(void)state;
	free(shown);
	shown = NULL;
	return 0;
}

static void the_head_says_who_it_is(void **state)
{
	(void)state;
	assert_string_equal(show("[" HEAD "]"),
			    "ordermqd 0.1.0, pid 812, up 2h, node web1, "
			    "state running\n");
}

static void a_failed_reload_is_shown(void **state)
{
	(void)state;
	assert_non_null(strstr(show("[{\"kind\":\"supervisor\","
				    "\"reload_error\":\"o.conf:3: no\"}]"),
			       "nothing changed:\no.conf:3: no\n"));
}

static void what_is_unknown_is_no_zero(void **state)
{
	(void)state;
	(void)show("[" HEAD ",{\"kind\":\"group\",\"name\":\"points\","
		   "\"instances\":3,\"ready\":null,\"lag\":null,"
		   "\"pending\":0}]");
	assert_non_null(strstr(shown, "?/3"));
	assert_non_null(strstr(
		shown, "    ?      ?       0      ?      ?     -     ?"));
}

static void what_an_operator_should_know_stands_below_the_groups(void **state)
{
	const char *text =
		show("[{\"kind\":\"supervisor\"},"
		     "{\"kind\":\"group\",\"name\":\"points\",\"instances\":5,"
		     "\"instances_configured\":3,\"silent_seconds\":7200,"
		     "\"paused\":{\"who\":\"anna@web1\",\"when\":"
		     "\"2026-11-20T10:00:00.000Z\",\"why\":\"a\\nb\"}},"
		     "{\"kind\":\"group\",\"name\":\"push\",\"instances\":2,"
		     "\"instances_configured\":2,\"silent_seconds\":0,"
		     "\"paused\":null}]");

	(void)state;
	assert_non_null(strstr(
		text, "\npoints is scaled to 5 until the next reload; the "
		      "configuration says 3\n"
		      "points has something to read, and nobody has read for "
		      "2h\n"
		      "points is paused since 2026-11-20T10:00:00.000Z by "
		      "anna@web1: a\\x0ab\n"));
	assert_null(strstr(text, "\npush is"));
	assert_null(strstr(text, "\npush has"));
}

static void a_group_that_scales_is_shown_with_its_range(void **state)
{
	const char *text =
		show("[{\"kind\":\"supervisor\"},"
		     "{\"kind\":\"group\",\"name\":\"points\",\"instances\":5,"
		     "\"instances_configured\":null,\"instances_min\":1,"
		     "\"instances_max\":8,\"scaled_by_hand\":false},"
		     "{\"kind\":\"group\",\"name\":\"push\",\"instances\":2,"
		     "\"instances_configured\":null,\"instances_min\":3,"
		     "\"instances_max\":4,\"scaled_by_hand\":true}]");

	(void)state;
	assert_non_null(strstr(text,
			       "\npoints wants 5 instances now, of 1 to 8\n"
			       "push is scaled to 2 until the next reload; the "
			       "configuration says 3 to 4\n"));
}

static void an_instance_without_process_has_no_pid(void **state)
{
	(void)state;
	(void)show("[" HEAD ",{\"kind\":\"instance\",\"name\":\"points-1\","
		   "\"pid\":null,\"state\":\"failed\",\"uptime_seconds\":null,"
		   "\"handled\":7,\"restarts\":2,\"last_exit\":\"exit 78\"}]");
	assert_non_null(strstr(shown, "points-1          - failed"));
	assert_non_null(strstr(shown, " exit 78\n"));
}

static void dead_letters_have_a_table_when_there_are_any(void **state)
{
	(void)state;
	(void)show("[" HEAD ",{\"kind\":\"group\",\"name\":\"points\","
		   "\"dead\":7,\"dead_letters\":0}]");
	assert_null(strstr(shown, "DEAD LETTERS"));
	/* Without Redis, or without a group of Redis. */
	(void)show("[" HEAD ",{\"kind\":\"group\",\"name\":\"xread\","
		   "\"dead\":null,\"dead_letters\":null}]");
	assert_null(strstr(shown, "DEAD LETTERS"));
	(void)show("[" HEAD ",{\"kind\":\"group\",\"name\":\"points\","
		   "\"dead\":7,\"dead_letters\":5,"
		   "\"dead_letters_bytes\":19352228,"
		   "\"oldest_dead_letter_seconds\":7300},"
		   "{\"kind\":\"group\",\"name\":\"push\","
		   "\"dead\":7,\"dead_letters\":null}]");
	assert_non_null(strstr(
		shown, "\n\n"
		       "DEAD LETTERS OF       COUNT      SIZE OLDEST\n"
		       "points                    5     18MiB     2h\n"
		       "push                      ?         ?      ?\n"));
}

static void an_age_takes_the_unit_that_fits(void **state)
{
	static const char *const ages[][2] = {
		{ "0", " 0s " },      { "99", " 99s " },
		{ "100", " 1m " },    { "5999", " 99m " },
		{ "6000", " 1h " },   { "359999", " 99h " },
		{ "360000", " 4d " }, { "8640000", " 100d " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		char objects[256];

		(void)snprintf(objects, sizeof(objects),
			       "[" HEAD ",{\"kind\":\"group\",\"lag_seconds\":"
			       "%s}]",
			       ages[i][0]);
		assert_non_null(strstr(show(objects), ages[i][1]));
	}
}

static void a_line_has_eighty_columns(void **state)
{
	const char *line;

	(void)state;
	line = show("[" HEAD ",{\"kind\":\"group\",\"name\":\"points\","
		    "\"instances\":256,\"ready\":256,\"lag\":999999999,"
		    "\"lag_seconds\":359999,\"pending\":99999999,"
		    "\"oldest_pending_seconds\":359999,"
		    "\"handled_per_second\":123456.7,\"p99_seconds\":12.4,"
		    "\"retried\":99999999,"
		    "\"handled\":99999999999,\"dead\":9999999},"
		    "{\"kind\":\"other_group\",\"name\":\"a-long-group-name\","
		    "\"lag\":99999999999,\"lag_seconds\":359999,"
		    "\"pending\":99999999,\"oldest_pending_seconds\":359999,"
		    "\"silent_seconds\":359999},"
		    "{\"kind\":\"instance\",\"name\":\"points-256\","
		    "\"pid\":4194304,\"state\":\"degraded\","
		    "\"uptime_seconds\":359999,\"busy_percent\":100,"
		    "\"handled_per_second\":123456.7,"
		    "\"memory_bytes\":9663676416,"
		    "\"restarts\":99999,\"last_exit\":\"signal 9 (Killed)\"}]");
	while (*line != '\0') {
		size_t length = strcspn(line, "\n");

		assert_in_range(length, 0, 80);
		line += length + 1;
	}
}

static void the_stream_has_a_line_of_its_own(void **state)
{
	(void)state;
	assert_non_null(strstr(
		show("[" HEAD ",{\"kind\":\"stream\",\"key\":\"ordermq\","
		     "\"entries\":12345678,\"added_per_second\":3.25,"
		     "\"first_seconds\":360000,\"last_seconds\":null}]"),
		"\nstream ordermq, entries 12345678, added/s 3.2, oldest 4d, "
		"newest -\n"));
	assert_null(strstr(show("[" HEAD "]"), "stream"));
}

/* One group's column and what stands in it. */
static void check_cell(const char *key, const char *value, const char *cell)
{
	char objects[256];

	(void)snprintf(objects, sizeof(objects),
		       "[" HEAD ",{\"kind\":\"group\",\"name\":\"a\","
		       "\"%s\":%s}]",
		       key, value);
	if (strstr(show(objects), cell) == NULL)
		fail_msg("no '%s' in %s", cell, shown);
}

static void a_number_takes_five_letters(void **state)
{
	static const char *const counts[][2] = {
		{ "0", "     0     ?     ?\n" },
		{ "99999", " 99999     ?" },
		{ "100000", "  100k     ?" },
		{ "9999999", " 9999k     ?" },
		{ "10000000", "   10M     ?" },
		{ "12345678901", "   12G     ?" },
		{ "9007199254740991", " 9007T     ?" },
	};
	static const char *const rates[][2] = {
		{ "0.0", "?    0.0     -" },  { "0.25", "0.2     -" },
		{ "9.94", "9.9     -" },      { "10.5", " 10     -" },
		{ "99999.9", "99999     -" }, { "123456.0", "123k     -" },
		{ "800", "800     -" },       { "null", "   ?     -" },
	};
	static const char *const times[][2] = {
		{ "6.4e-5", " 64us     ?" }, { "0.00128", "1.3ms     ?" },
		{ "0.0128", " 13ms     ?" }, { "0.9", "900ms     ?" },
		{ "1.5", " 1.5s     ?" },    { "67.1", "  67s     ?" },
		{ "null", "     -     ?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		check_cell("handled", counts[i][0], counts[i][1]);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		check_cell("handled_per_second", rates[i][0], rates[i][1]);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		check_cell("p99_seconds", times[i][0], times[i][1]);
}

static void what_an_instance_does_is_shown(void **state)
{
	(void)state;
	(void)show("[" HEAD ",{\"kind\":\"instance\",\"name\":\"points-1\","
		   "\"pid\":77,\"state\":\"ready\",\"uptime_seconds\":5,"
		   "\"busy_percent\":7,\"handled_per_second\":290.3,"
		   "\"memory_bytes\":2441216,\"restarts\":0,"
		   "\"last_exit\":null}]");
	assert_non_null(strstr(
		shown,
		"\nINSTANCE        PID STATE      UP BUSY DONE/S     MEM "
		"RESTARTS LAST EXIT\n"
		"points-1         77 ready      5s   7%    290 2384KiB "
		"       0 -\n"));
}

#define OTHER(name, lag, silent)                                               \
	",{\"kind\":\"other_group\",\"name\":\"" name "\",\"lag\":5,"          \
	"\"lag_seconds\":" lag ",\"pending\":0,"                               \
	"\"oldest_pending_seconds\":0,\"silent_seconds\":" silent "}"

static void another_group_is_shown_when_it_is_behind_or_silent(void **state)
{
	(void)state;
	assert_null(strstr(show("[" HEAD OTHER("well", "9", "0") "]"), "well"));
	(void)show("[" HEAD OTHER("behind", "10", "0") OTHER(
		"silent", "0", "7200") OTHER("unknown", "null", "0") "]");
	assert_non_null(strstr(
		shown,
		"\nNOT OF THIS FILE        LAG BEHIND PENDING OLDEST SILENT\n"
		"behind                    5    10s       0     0s     0s\n"
		"silent                    5     0s       0     0s     2h\n"
		"unknown                   5      ?       0     0s     0s\n"));
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
	(void)state;
	(void)show("[" HEAD
		   ",{\"kind\":\"instance\",\"name\":\"a\\u001b[2J\"}]");
	assert_null(strchr(shown, '\x1b'));
	assert_non_null(strstr(shown, "a\\x1b[2J"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_head_says_who_it_is, forget),
		cmocka_unit_test_teardown(a_failed_reload_is_shown, forget),
		cmocka_unit_test_teardown(what_is_unknown_is_no_zero, forget),
		cmocka_unit_test_teardown(
			what_an_operator_should_know_stands_below_the_groups,
			forget),
		cmocka_unit_test_teardown(
			a_group_that_scales_is_shown_with_its_range, forget),
		cmocka_unit_test_teardown(
			an_instance_without_process_has_no_pid, forget),
		cmocka_unit_test_teardown(
			dead_letters_have_a_table_when_there_are_any, forget),
		cmocka_unit_test_teardown(an_age_takes_the_unit_that_fits,
					  forget),
		cmocka_unit_test_teardown(a_line_has_eighty_columns, forget),
		cmocka_unit_test_teardown(the_stream_has_a_line_of_its_own,
					  forget),
		cmocka_unit_test_teardown(a_number_takes_five_letters, forget),
		cmocka_unit_test_teardown(what_an_instance_does_is_shown,
					  forget),
		cmocka_unit_test_teardown(
			another_group_is_shown_when_it_is_behind_or_silent,
			forget),
		cmocka_unit_test_teardown(
			control_bytes_do_not_reach_the_terminal, forget),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
