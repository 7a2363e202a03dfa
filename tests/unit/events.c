#include "config.h"

#include "supervisor/ordermqd/events.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct events *events;
static json_t *lines;

static int open_all(void **state)
{
	(void)state;
	events = events_open();
	return events == NULL ? -1 : 0;
}

static int close_all(void **state)
{
	(void)state;
	events_close(&events);
	json_decref(lines);
	lines = NULL;
	return 0;
}

/* What is written from that number on, as an array of objects. */
static size_t read_from(int64_t from)
{
	char *text = NULL, *rest = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	events_write(out, events, from);
	(void)fclose(out);
	json_decref(lines);
	lines = json_array();
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		(void)json_array_append_new(lines, object);
	}
	free(text);
	return json_array_size(lines);
}

static int64_t number(size_t i, const char *key)
{
	return json_integer_value(
		json_object_get(json_array_get(lines, i), key));
}

static const char *text_of_line(size_t i, const char *key)
{
	return json_string_value(
		json_object_get(json_array_get(lines, i), key));
}

static void at_first_there_are_none(void **state)
{
	(void)state;
	assert_int_equal(read_from(0), 1);
	assert_string_equal(text_of_line(0, "kind"), "events");
	assert_int_equal(number(0, "next"), 0);
}

static void each_has_a_number_a_name_and_a_text(void **state)
{
	(void)state;
	events_add(events, "points-1", "pid %d started", 17);
	events_add(events, "push-1", "pid %d started", 18);
	assert_int_equal(read_from(0), 3);
	assert_int_equal(number(0, "next"), 2);
	assert_int_equal(number(1, "number"), 0);
	assert_string_equal(text_of_line(1, "name"), "points-1");
	assert_string_equal(text_of_line(1, "text"), "pid 17 started");
	assert_int_equal(strlen(text_of_line(1, "time")), 24);
	assert_int_equal(read_from(1), 2);
	assert_string_equal(text_of_line(1, "name"), "push-1");
	/* From a number that is yet to come: none. */
	assert_int_equal(read_from(7), 1);
}

static void only_the_last_ones_are_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 3 * EVENTS_MAX + 5; i++)
		events_add(events, "a", "%d", i);
	assert_int_equal(read_from(0), EVENTS_MAX + 1);
	assert_int_equal(number(1, "number"), 2 * EVENTS_MAX + 5);
	assert_string_equal(text_of_line(EVENTS_MAX, "text"), "1540");
	assert_int_equal(number(0, "next"), 3 * EVENTS_MAX + 5);
}

static void what_is_long_is_cut(void **state)
{
	char name[400];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	events_add(events, name, "%s%s", name, name);
	assert_int_equal(read_from(0), 2);
	assert_int_equal(strlen(text_of_line(1, "name")), 79);
	assert_int_equal(strlen(text_of_line(1, "text")), 239);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_first_there_are_none),
		TEST(each_has_a_number_a_name_and_a_text),
		TEST(only_the_last_ones_are_kept),
		TEST(what_is_long_is_cut),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
