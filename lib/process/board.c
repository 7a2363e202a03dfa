/* The file or memory under a board. process.c makes or inherits one at the
   start; ordermqd reads it (supervisor/ordermqd). */

#include "config.h"

#include "lib/process/board.h"

#include "lib/base/err.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const state_names[BOARD_STATE_COUNT] = {
	[BOARD_STARTING] = "starting", [BOARD_READY] = "ready",
	[BOARD_DEGRADED] = "degraded", [BOARD_STALLED] = "stalled",
	[BOARD_PAUSED] = "paused",     [BOARD_STOPPING] = "stopping",
};

const char *board_state_name(uint64_t state)
{
	return state < BOARD_STATE_COUNT ? state_names[state] : "?";
}

/* Give the file its size and its magic number. A file of another size or with
   another number is no board of ours: it begins with zeros. */
static int board_format(int fd, struct err *err)
{
	const uint64_t magic = BOARD_MAGIC;
	uint64_t found = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, ERR_RETRY, "fstat");
	if (st.st_size == (off_t)sizeof(struct board) &&
	    pread(fd, &found, sizeof(found), 0) == (ssize_t)sizeof(found) &&
	    found == magic)
		return 0;
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, sizeof(struct board)) < 0 ||
	    pwrite(fd, &magic, sizeof(magic), 0) != (ssize_t)sizeof(magic))
		return err_errno(err, ERR_RETRY, "write");
	return 0;
}

static int board_prepare(int fd, const char *what, struct err *err)
{
	if (fd < 0) {
		(void)err_errno(err, ERR_RETRY, "open");
		return err_wrap(err, "board %s", what);
	}
	if (board_format(fd, err) < 0) {
		(void)close(fd);
		return err_wrap(err, "board %s", what);
	}
	return fd;
}

int board_open_file(const char *path, struct err *err)
{
	return board_prepare(
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640),
		path, err);
}

int board_open_anonymous(struct err *err)
{
	return board_prepare(memfd_create("ordermq-board", MFD_CLOEXEC),
			     "in memory", err);
}

struct board *board_map(int fd, struct err *err)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(struct board)) {
		(void)err_set(err, ERR_RETRY, "board: no board behind it");
		return NULL;
	}
	map = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		(void)err_errno(err, ERR_RETRY, "board: mmap");
		return NULL;
	}
	return map;
}

void board_unmap(struct board **_board)
{
	struct board *board = *_board;

	*_board = NULL;
	if (board != NULL)
		(void)munmap(board, sizeof(*board));
}

int board_read(int fd, struct board *board_r)
{
	struct board board;

	if (pread(fd, &board, sizeof(board), 0) != (ssize_t)sizeof(board) ||
	    board_get(&board.magic) != BOARD_MAGIC)
		return -1;
	memcpy(board_r, &board, sizeof(board));
	return 0;
}
