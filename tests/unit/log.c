#include "config.h"

#include "lib/base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE_BYTES 4096

/* stderr while a test runs, and a file in its place. */
static int real_stderr;
static FILE *caught;

static int catch_stderr(void **state)
{
	(void)state;
	caught = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	if (caught == NULL || real_stderr < 0)
		return -1;
	log_open("test", "points-2", LOG_TO_STDERR, LOG_DAEMON, LOG_INFO);
	return dup2(fileno(caught), STDERR_FILENO) < 0 ? -1 : 0;
}

static int release_stderr(void **state)
{
	(void)state;
	(void)dup2(real_stderr, STDERR_FILENO);
	(void)close(real_stderr);
	return fclose(caught);
}

/* All that was written to stderr so far. */
static const char *lines(void)
{
	static char text[LINE_BYTES];
	ssize_t got = pread(fileno(caught), text, sizeof(text) - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
	return text;
}

static void a_line_begins_with_the_name(void **state)
{
	(void)state;
	log_line(LOG_INFO, "entry %s: dead", "1-0");
	assert_string_equal(lines(), "points-2: entry 1-0: dead\n");
}

static void control_bytes_cannot_forge_a_line(void **state)
{
	(void)state;
	log_line(LOG_INFO, "%s", "a\nb\r\x1b[1m\x7f\t\x01 \xc3\xa9");
	assert_string_equal(
		lines(),
		"points-2: a\\x0ab\\x0d\\x1b[1m\\x7f\\x09\\x01 \xc3\xa9\n");
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
	char text[LINE_BYTES / 2];
	size_t length;

	(void)state;
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_line(LOG_INFO, "%s", text);
	length = strlen(lines());
	assert_true(length < 1200);
	assert_int_equal(lines()[length - 1], '\n');
	assert_ptr_equal(strchr(lines(), '\n'), lines() + length - 1);
}

static void lines_below_the_level_are_not_written(void **state)
{
	(void)state;
	log_line(LOG_DEBUG, "no");
	assert_string_equal(lines(), "");
}

static void errno_is_left_alone(void **state)
{
	(void)state;
	errno = ENOSPC;
	log_line(LOG_INFO, "x");
	assert_int_equal(errno, ENOSPC);
}

/* What is in the pipe now, as much as has room. */
static const char *pipe_take(int fd, char *text, size_t bytes)
{
	ssize_t length = read(fd, text, bytes - 1);

	assert_true(length >= 0);
	text[length] = '\0';
	return text;
}

static void a_reader_that_stops_reading_holds_up_nobody(void **state)
{
	char text[128 * 1024];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	/* Many more than a pipe takes. */
	for (int i = 0; i < 5000; i++)
		log_line(LOG_INFO, "line %d of what nobody reads", i);
	assert_non_null(strstr(pipe_take(ends[0], text, sizeof(text)),
			       "points-2: line 0 of what nobody reads\n"));
	log_line(LOG_INFO, "again");
	(void)pipe_take(ends[0], text, sizeof(text));
	assert_non_null(strstr(text, " lines were dropped\n"));
	assert_non_null(strstr(text, "points-2: again\n"));
	log_line(LOG_INFO, "and on");
	assert_string_equal(pipe_take(ends[0], text, sizeof(text)),
			    "points-2: and on\n");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void every_level_has_a_name_and_back(void **state)
{
	(void)state;
	for (int level = LOG_EMERG; level <= LOG_DEBUG; level++)
		assert_int_equal(log_level_find(log_level_name(level)), level);
	assert_int_equal(log_level_find("loud"), -1);
	assert_int_equal(log_level_find(""), -1);
}

static void every_facility_has_a_number(void **state)
{
	(void)state;
	assert_int_equal(log_facility_find("daemon"), LOG_DAEMON);
	assert_int_equal(log_facility_find("local7"), LOG_LOCAL7);
	assert_int_equal(log_facility_find("kern"), -1);
}

#define caught_test(test)                                                      \
	cmocka_unit_test_setup_teardown(test, catch_stderr, release_stderr)

int main(void)
{
	const struct CMUnitTest tests[] = {
		caught_test(a_line_begins_with_the_name),
		caught_test(control_bytes_cannot_forge_a_line),
		caught_test(a_long_line_is_cut_and_still_ends),
		caught_test(lines_below_the_level_are_not_written),
		caught_test(errno_is_left_alone),
		caught_test(a_reader_that_stops_reading_holds_up_nobody),
		cmocka_unit_test(every_level_has_a_name_and_back),
		cmocka_unit_test(every_facility_has_a_number),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
