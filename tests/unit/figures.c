#include "config.h"

#include "supervisor/common/figures.h"

#include "lib/process/board.h"
#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1000000

static int fd = -1;
static struct figures written, found;

static int open_all(void **state)
{
	struct err err;

	(void)state;
	fd = board_open_anonymous(&err);
	memset(&written, 0, sizeof(written));
	written.msecs = NOW;
	written.count = 1;
	(void)strcpy(written.groups[0].name, "points");
	written.groups[0].numbers.lag = 7;
	return fd < 0 ? -1 : 0;
}

static int close_all(void **state)
{
	(void)state;
	(void)close(fd);
	return 0;
}

static void what_was_written_is_read(void **state)
{
	struct board board;

	(void)state;
	figures_write(fd, &written);
	assert_int_equal(figures_read(fd, NOW + 1, &found), 0);
	assert_int_equal(figures_of(&found, "points")->numbers.lag, 7);
	assert_null(figures_of(&found, "push"));
	/* The board in front of them is what it was. */
	assert_int_equal(board_read(fd, &board), 0);
}

static void nothing_is_told_before_they_are_written(void **state)
{
	(void)state;
	assert_int_equal(figures_read(fd, NOW, &found), -1);
}

static void old_ones_and_those_of_no_redis_tell_nothing(void **state)
{
	(void)state;
	figures_write(fd, &written);
	assert_int_equal(figures_read(fd, NOW + FIGURES_STALE_MSECS, &found),
			 0);
	assert_int_equal(
		figures_read(fd, NOW + FIGURES_STALE_MSECS + 1, &found), -1);
	/* Of a time that is yet to come: the file is of an earlier boot. */
	assert_int_equal(figures_read(fd, NOW - 1, &found), -1);
	written.msecs = -1;
	figures_write(fd, &written);
	assert_int_equal(figures_read(fd, NOW, &found), -1);
}

static void any_byte_that_is_wrong_is_noticed(void **state)
{
	char byte;

	(void)state;
	figures_write(fd, &written);
	for (size_t i = 0; i < sizeof(written); i += 97) {
		off_t at = (off_t)(sizeof(struct board) + i);

		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte = (char)(byte ^ 1);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_int_equal(figures_read(fd, NOW, &found), -1);
		byte = (char)(byte ^ 1);
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_int_equal(figures_read(fd, NOW, &found), 0);
	}
}

static void numbers_beyond_their_bounds_are_not_taken(void **state)
{
	(void)state;
	written.count = SETTINGS_GROUPS_MAX + 1;
	figures_write(fd, &written);
	assert_int_equal(figures_read(fd, NOW, &found), -1);
	written.count = 1;
	memset(written.groups[0].name, 'x', sizeof(written.groups[0].name));
	figures_write(fd, &written);
	assert_int_equal(figures_read(fd, NOW, &found), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read),
		TEST(nothing_is_told_before_they_are_written),
		TEST(old_ones_and_those_of_no_redis_tell_nothing),
		TEST(any_byte_that_is_wrong_is_noticed),
		TEST(numbers_beyond_their_bounds_are_not_taken),
	};

	return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
