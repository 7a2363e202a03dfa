/* The files of an outbox: locks, names, the list of segments. outbox.c appends
   to them; sources/drain.c reads and removes them. */

#include "config.h"

#include "producers/publish/outbox_dir.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A writer holds the lock for one write to the disk, so this is long. */
#define LOCK_WAIT_MSECS 5000
#define LOCK_PAUSE_MSECS 2

#define NUMBER_DIGITS 20

int outbox_dir_file(const struct outbox_dir *dir, const char *name)
{
	return openat(dir->fd, name,
		      O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
}

/* Open a new file under a name that no other process uses. */
static int temporary_open(const struct outbox_dir *dir, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY;
	int fd = openat(dir->fd, name, flags, S_IRUSR | S_IWUSR);

	/* A killed process with this number left its file. */
	if (fd < 0 && errno == EEXIST && unlinkat(dir->fd, name, 0) == 0)
		fd = openat(dir->fd, name, flags, S_IRUSR | S_IWUSR);
	return fd;
}

int outbox_dir_make(const struct outbox_dir *dir, const char *name)
{
	char temporary[64];
	int fd, failure = 0;

	(void)snprintf(temporary, sizeof(temporary), "%ld-%p.new",
		       (long)getpid(), (const void *)dir);
	fd = temporary_open(dir, temporary);
	if (fd < 0)
		return -1;
	if (fchmod(fd, dir->mode) < 0 ||
	    linkat(dir->fd, temporary, dir->fd, name, 0) < 0)
		failure = errno;
	(void)unlinkat(dir->fd, temporary, 0);
	(void)close(fd);
	errno = failure;
	return failure == 0 ? 0 : -1;
}

static int lock_file_open(const struct outbox_dir *dir, const char *name,
			  struct err *err)
{
	int fd = outbox_dir_file(dir, name);

	if (fd < 0 && errno == ENOENT &&
	    (outbox_dir_make(dir, name) == 0 || errno == EEXIST))
		fd = outbox_dir_file(dir, name);
	return fd < 0 ? err_errno(err, ERR_RETRY, "outbox %s: open %s",
				  dir->path, name)
		      : fd;
}

static int dir_open(struct outbox_dir *dir, struct err *err)
{
	struct stat st;

	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0 || fstat(dir->fd, &st) < 0)
		return err_errno(err, ERR_RETRY, "outbox %s: open", dir->path);
	dir->mode =
		S_IRUSR | S_IWUSR | (st.st_mode & (mode_t)(S_IRGRP | S_IWGRP));
	dir->lock_fd = lock_file_open(dir, "lock", err);
	return dir->lock_fd < 0 ? -1 : 0;
}

int outbox_dir_open(struct outbox_dir *dir, const char *path, struct err *err)
{
	*dir = (struct outbox_dir){ .path = path, .fd = -1, .lock_fd = -1 };
	if (dir_open(dir, err) == 0)
		return 0;
	outbox_dir_close(dir);
	return -1;
}

void outbox_dir_close(struct outbox_dir *dir)
{
	if (dir->fd >= 0)
		(void)close(dir->fd);
	if (dir->lock_fd >= 0)
		(void)close(dir->lock_fd);
	dir->fd = -1;
	dir->lock_fd = -1;
}

int outbox_dir_lock(const struct outbox_dir *dir, struct err *err)
{
	int64_t deadline = clock_msecs() + LOCK_WAIT_MSECS;

	while (flock(dir->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, ERR_RETRY, "outbox %s: lock",
					 dir->path);
		if (clock_until(deadline) == 0)
			return err_set(err, ERR_RETRY,
				       "outbox %s: another process has the "
				       "lock",
				       dir->path);
		(void)poll(NULL, 0, LOCK_PAUSE_MSECS);
	}
	return 0;
}

void outbox_dir_unlock(const struct outbox_dir *dir)
{
	(void)flock(dir->lock_fd, LOCK_UN);
}

int outbox_dir_lock_drain(const struct outbox_dir *dir, struct err *err)
{
	int fd = lock_file_open(dir, "drain.lock", err);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		(void)err_set(err, ERR_RETRY,
			      "outbox %s: another process drains it",
			      dir->path);
	else
		(void)err_errno(err, ERR_RETRY, "outbox %s: drain.lock",
				dir->path);
	(void)close(fd);
	return -1;
}

const char *outbox_segment_name(uint64_t number, const char *suffix, char *buf)
{
	(void)snprintf(buf, OUTBOX_NAME_BYTES, "%0*" PRIu64 "%s", NUMBER_DIGITS,
		       number, suffix);
	return buf;
}

/* The number in the name of a segment; 0: it is no such name. */
static uint64_t name_number(const char *name, bool *is_segment_r)
{
	int64_t number = 0;
	size_t i = 0;

	while (name[i] >= '0' && name[i] <= '9')
		i++;
	*is_segment_r = strcmp(name + i, OUTBOX_SEGMENT) == 0;
	if (i != NUMBER_DIGITS ||
	    (!*is_segment_r && strcmp(name + i, OUTBOX_ASIDE) != 0))
		return 0;
	for (i = 0; i < NUMBER_DIGITS; i++) {
		if (number > (INT64_MAX - 9) / 10)
			return 0;
		number = 10 * number + (name[i] - '0');
	}
	return (uint64_t)number;
}

static void name_take(struct outbox_segments *segments, const char *name)
{
	bool is_segment;
	uint64_t number = name_number(name, &is_segment);

	if (number == 0)
		return;
	if (number > segments->highest)
		segments->highest = number;
	if (!is_segment)
		return;
	if (segments->first == 0 || number < segments->first)
		segments->first = number;
	if (number > segments->last)
		segments->last = number;
}

int outbox_dir_list(const struct outbox_dir *dir,
		    struct outbox_segments *segments_r, struct err *err)
{
	/* A file description of its own has a position of its own. */
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	struct outbox_segments segments = { 0 };
	const struct dirent *entry;
	int failure;

	if (listing == NULL) {
		(void)err_errno(err, ERR_RETRY, "outbox %s: list", dir->path);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	errno = 0;
	while ((entry = readdir(listing)) != NULL)
		name_take(&segments, entry->d_name);
	failure = errno;
	(void)closedir(listing);
	errno = failure;
	if (failure != 0)
		return err_errno(err, ERR_RETRY, "outbox %s: list", dir->path);
	*segments_r = segments;
	return 0;
}
