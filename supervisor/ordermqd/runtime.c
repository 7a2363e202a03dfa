/* The runtime directory: its lock, the node id, the boards of the last run.
   daemon.c takes it before it opens its other parts, and releases it last. */

#include "config.h"

#include "supervisor/ordermqd/runtime.h"

#include "lib/base/err.h"
#include "supervisor/ordermqd/instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE "ordermqd.lock"
#define NODE_ID_FILE "node-id"

static int make_dir(int at, const char *name, struct err *err)
{
	if (mkdirat(at, name, 0750) < 0 && errno != EEXIST)
		return err_errno(err, ERR_FATAL, "%s", name);
	return 0;
}

static int open_dir(int at, const char *name, struct err *err)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_errno(err, ERR_FATAL, "%s", name) : fd;
}

static int open_file(int dir, const char *name, struct err *err)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			0640);

	return fd < 0 ? err_errno(err, ERR_FATAL, "%s", name) : fd;
}

/* The ordermqd that holds the lock has written its pid into the file. */
static int refuse(int lock_fd, struct err *err)
{
	char pid[16] = "";
	ssize_t length = pread(lock_fd, pid, sizeof(pid) - 1, 0);

	pid[length < 0 ? 0 : strcspn(pid, "\n")] = '\0';
	return err_set(err, ERR_RETRY, "already running, pid %s",
		       pid[0] == '\0' ? "?" : pid);
}

static int take_lock(int fd, struct err *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", getpid()) < 0)
			return err_errno(err, ERR_FATAL, LOCK_FILE);
		return 0;
	}
	return errno == EWOULDBLOCK ? refuse(fd, err)
				    : err_errno(err, ERR_FATAL, LOCK_FILE);
}

static int find_node_id(int dir, char *id, struct err *err)
{
	int fd = open_file(dir, NODE_ID_FILE, err);
	int ret;

	if (fd < 0)
		return -1;
	ret = node_id_read(fd, id, err);
	(void)close(fd);
	return ret < 0 ? err_wrap(err, NODE_ID_FILE) : 0;
}

static int remove_boards(int dir, struct err *err)
{
	int fd;
	DIR *boards;

	if (make_dir(dir, INSTANCE_BOARD_DIR, err) < 0)
		return -1;
	fd = open_dir(dir, INSTANCE_BOARD_DIR, err);
	if (fd < 0)
		return -1;
	boards = fdopendir(fd);
	if (boards == NULL) {
		(void)close(fd);
		return err_errno(err, ERR_FATAL, INSTANCE_BOARD_DIR);
	}
	for (struct dirent *entry; (entry = readdir(boards)) != NULL;)
		(void)unlinkat(fd, entry->d_name, 0);
	(void)closedir(boards);
	return 0;
}

static int prepare(int dir, struct runtime *runtime, struct err *err)
{
	runtime->lock_fd = open_file(dir, LOCK_FILE, err);
	if (runtime->lock_fd < 0)
		return -1;
	if (take_lock(runtime->lock_fd, err) < 0 ||
	    find_node_id(dir, runtime->node_id, err) < 0 ||
	    remove_boards(dir, err) < 0) {
		runtime_close(runtime);
		return -1;
	}
	return 0;
}

int runtime_open(const char *dir, struct runtime *runtime_r, struct err *err)
{
	struct runtime runtime;
	int fd = -1;
	int ret = -1;

	if (make_dir(AT_FDCWD, dir, err) == 0)
		fd = open_dir(AT_FDCWD, dir, err);
	if (fd < 0)
		return -1;
	ret = prepare(fd, &runtime, err);
	(void)close(fd);
	if (ret < 0)
		return err_wrap(err, "%s", dir);
	*runtime_r = runtime;
	return 0;
}

void runtime_close(struct runtime *runtime)
{
	(void)close(runtime->lock_fd);
	runtime->lock_fd = -1;
}
