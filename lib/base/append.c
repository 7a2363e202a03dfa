/* Lines into a file that several processes share. The push log and the log of
   ordermq-xread go through it; logrotate may rename the file at any moment. */

#include "config.h"

#include "lib/base/append.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPEND_TAIL_BYTES 4096

/* At most that much memory is kept when the lines are written. */
#define APPEND_KEEP_BYTES (256 * 1024)

void append_open(struct append *append, const char *path)
{
	*append = (struct append){ .path = path, .fd = -1 };
}

void append_close(struct append *append)
{
	if (append->fd >= 0)
		(void)close(append->fd);
	free(append->buf);
	append_open(append, append->path);
}

int append_put(struct append *append, struct text text)
{
	size_t wanted = append->used + text.length;
	char *buf;

	if (text.length == 0)
		return 0;
	if (wanted > append->size) {
		wanted += wanted / 2;
		buf = realloc(append->buf, wanted);
		if (buf == NULL)
			return -1;
		append->buf = buf;
		append->size = wanted;
	}
	memcpy(append->buf + append->used, text.data, text.length);
	append->used += text.length;
	return 0;
}

void append_clear(struct append *append)
{
	append->used = 0;
	if (append->size <= APPEND_KEEP_BYTES)
		return;
	free(append->buf);
	append->buf = NULL;
	append->size = 0;
}

/* Is the open file still the one at the path? */
static bool is_current(const struct append *append)
{
	struct stat opened, named;

	return append->fd >= 0 && fstat(append->fd, &opened) == 0 &&
	       stat(append->path, &named) == 0 &&
	       opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* Lock the file at the path, and open it when it is not open or was renamed.
   Returns 1; 0 when another process has the lock; or -1. */
static int file_lock(struct append *append, struct err *err)
{
	for (;;) {
		if (append->fd < 0)
			append->fd = open(append->path,
					  O_RDWR | O_CREAT | O_APPEND |
						  O_CLOEXEC | O_NOCTTY,
					  0640);
		if (append->fd < 0)
			return err_errno(err, ERR_RETRY, "open");
		if (flock(append->fd, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK
				       ? 0
				       : err_errno(err, ERR_RETRY, "flock");
		if (is_current(append))
			return 1;
		(void)close(append->fd);
		append->fd = -1;
	}
}

/* The offset at which the last whole line ends, searched backwards from size;
   -1 on failure. */
static off_t last_line_end(int fd, off_t size)
{
	char tail[APPEND_TAIL_BYTES];

	while (size > 0) {
		off_t start =
			size > APPEND_TAIL_BYTES ? size - APPEND_TAIL_BYTES : 0;
		size_t length = (size_t)(size - start);
		char *newline;

		if (pread(fd, tail, length, start) != (ssize_t)length)
			return -1;
		newline = memrchr(tail, '\n', length);
		if (newline != NULL)
			return start + (newline - tail) + 1;
		size = start;
	}
	return 0;
}

/* Cut off a torn last line. Returns where the file ends now, or -1. */
static off_t torn_line_cut(int fd, struct err *err)
{
	struct stat st;
	off_t end;

	if (fstat(fd, &st) < 0)
		return err_errno(err, ERR_RETRY, "fstat");
	if (!S_ISREG(st.st_mode))
		return 0;
	end = last_line_end(fd, st.st_size);
	if (end < 0 || (end < st.st_size && ftruncate(fd, end) < 0))
		return err_errno(err, ERR_RETRY, "cutting off a torn line");
	return end;
}

static int buffer_write(struct append *append, struct err *err)
{
	off_t end = torn_line_cut(append->fd, err);
	size_t written = 0;

	if (end < 0)
		return -1;
	while (written < append->used) {
		ssize_t count = write(append->fd, append->buf + written,
				      append->used - written);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0) {
			(void)err_errno(err, ERR_RETRY, "write");
			/* When this fails too, the next writer cuts off the
			   torn line; the whole lines before it are written
			   twice. */
			(void)!ftruncate(append->fd, end);
			return -1;
		}
		written += (size_t)count;
	}
	return 1;
}

int append_flush(struct append *append, struct err *err)
{
	int ret = 1;

	if (append->used == 0)
		return 1;
	ret = file_lock(append, err);
	if (ret > 0) {
		ret = buffer_write(append, err);
		(void)flock(append->fd, LOCK_UN);
	}
	if (ret < 0)
		return err_wrap(err, "%s", append->path);
	if (ret > 0)
		append_clear(append);
	return ret;
}
