#include "config.h"

#include "lib/process/board.h"

#include "lib/base/err.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static int make_path(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(path, "/tmp/omq-board-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const void *bytes, size_t count)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, count), (ssize_t)count);
	assert_int_equal(close(fd), 0);
}

/* Open and map the board at path, closing the descriptor. */
static struct board *open_board(void)
{
	struct err err;
	int fd = board_open_file(path, &err);
	struct board *board = fd < 0 ? NULL : board_map(fd, &err);

	assert_non_null(board);
	(void)close(fd);
	return board;
}

static uint64_t handled(const struct board *board)
{
	return board_get(&board->counters[BOARD_HANDLED]);
}

static void a_new_board_has_nothing_but_its_mark(void **state)
{
	struct board *board;

	(void)state;
	board = open_board();
	assert_true(board_get(&board->magic) == BOARD_MAGIC);
	assert_int_equal(board_get(&board->pid), 0);
	for (int i = 0; i < BOARD_COUNTER_COUNT; i++)
		assert_int_equal(board_get(&board->counters[i]), 0);
	board_unmap(&board);
	assert_null(board);
}

static void counters_survive_their_process(void **state)
{
	struct board *board;

	(void)state;
	board = open_board();
	board_add(board, BOARD_HANDLED, 40);
	board_unmap(&board);
	board = open_board();
	board_add(board, BOARD_HANDLED, 2);
	assert_int_equal(handled(board), 42);
	board_unmap(&board);
}

static void a_file_of_garbage_is_made_anew(void **state)
{
	char garbage[sizeof(struct board)];
	struct board *board;

	(void)state;
	memset(garbage, 'x', sizeof(garbage));
	write_file(garbage, sizeof(garbage));
	board = open_board();
	assert_int_equal(handled(board), 0);
	board_unmap(&board);
}

static void a_file_that_is_too_short_or_too_long_is_made_anew(void **state)
{
	static const int changes[] = { -8, 8 };
	struct stat st;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct board *board = open_board();

		board_add(board, BOARD_HANDLED, 7);
		board_unmap(&board);
		assert_int_equal(
			truncate(path, (off_t)sizeof(*board) + changes[i]), 0);
		board = open_board();
		assert_int_equal(handled(board), 0);
		board_unmap(&board);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, sizeof(struct board));
	}
}

static void a_reader_sees_what_the_writer_wrote(void **state)
{
	struct board *board, copy;
	int fd;

	(void)state;
	board = open_board();
	board_set(&board->touching_seq, UINT64_MAX);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(board_read(fd, &copy), 0);
	assert_true(copy.touching_seq == UINT64_MAX);
	board_unmap(&board);
	(void)close(fd);
}

static void a_reader_refuses_a_cut_file_and_garbage(void **state)
{
	struct board copy = { .pid = 42 };
	char garbage[sizeof(struct board)] = "x";
	int fd;

	(void)state;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(board_read(fd, &copy), -1);
	write_file(garbage, sizeof(garbage));
	assert_int_equal(board_read(fd, &copy), -1);
	write_file(garbage, 5);
	assert_int_equal(board_read(fd, &copy), -1);
	assert_int_equal(copy.pid, 42);
	(void)close(fd);
}

static void a_map_needs_a_whole_board(void **state)
{
	struct err err;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	(void)state;
	assert_null(board_map(fd, &err));
	assert_int_equal(err.class, ERR_RETRY);
	(void)close(fd);
	assert_null(board_map(-1, &err));
}

static void a_board_in_memory_is_a_board(void **state)
{
	struct err err;
	int fd = board_open_anonymous(&err);
	struct board *board = board_map(fd, &err), copy;

	(void)state;
	assert_non_null(board);
	board_add(board, BOARD_DEAD, 3);
	assert_int_equal(board_read(fd, &copy), 0);
	assert_int_equal(board_get(&copy.counters[BOARD_DEAD]), 3);
	board_unmap(&board);
	(void)close(fd);
}

static void a_board_that_cannot_be_is_told_with_its_path(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(board_open_file("/nowhere/x.board", &err), -1);
	assert_int_equal(err.class, ERR_RETRY);
	assert_non_null(strstr(err.text, "/nowhere/x.board"));
}

static void every_state_has_a_name_and_any_value_is_allowed(void **state)
{
	(void)state;
	assert_string_equal(board_state_name(BOARD_STARTING), "starting");
	assert_string_equal(board_state_name(BOARD_READY), "ready");
	assert_string_equal(board_state_name(BOARD_DEGRADED), "degraded");
	assert_string_equal(board_state_name(BOARD_STOPPING), "stopping");
	assert_string_equal(board_state_name(BOARD_STATE_COUNT), "?");
	assert_string_equal(board_state_name(UINT64_MAX), "?");
}

#define with_path(test)                                                        \
	cmocka_unit_test_setup_teardown(test, make_path, remove_path)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_path(a_new_board_has_nothing_but_its_mark),
		with_path(counters_survive_their_process),
		with_path(a_file_of_garbage_is_made_anew),
		with_path(a_file_that_is_too_short_or_too_long_is_made_anew),
		with_path(a_reader_sees_what_the_writer_wrote),
		with_path(a_reader_refuses_a_cut_file_and_garbage),
		with_path(a_map_needs_a_whole_board),
		cmocka_unit_test(a_board_in_memory_is_a_board),
		cmocka_unit_test(a_board_that_cannot_be_is_told_with_its_path),
		cmocka_unit_test(
			every_state_has_a_name_and_any_value_is_allowed),
	};

	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
