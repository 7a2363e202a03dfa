/* The identity of a running set. ordermqd or an instance that runs alone makes
   or reads it at the start; leases in Redis carry it. */

#include "config.h"

#include "lib/process/node_id.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

void node_id_make(char *buf)
{
	uint64_t number = 0;

	/* It cannot fail for so few bytes: getrandom(2). */
	(void)!getrandom(&number, sizeof(number), 0);
	(void)snprintf(buf, NODE_ID_BYTES, "%016llx",
		       (unsigned long long)number);
}

int node_id_read(int fd, char *buf, struct err *err)
{
	char text[NODE_ID_BYTES] = "";

	if (pread(fd, text, NODE_ID_BYTES - 1, 0) == NODE_ID_BYTES - 1 &&
	    strspn(text, "0123456789abcdef") == NODE_ID_BYTES - 1) {
		memcpy(buf, text, sizeof(text));
		return 0;
	}
	node_id_make(buf);
	if (ftruncate(fd, 0) < 0 ||
	    pwrite(fd, buf, NODE_ID_BYTES - 1, 0) != NODE_ID_BYTES - 1)
		return err_errno(err, ERR_RETRY, "write");
	return 0;
}

int node_id_lock(const char *path, char *buf, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	int ret = 0;

	if (fd < 0) {
		(void)err_errno(err, ERR_RETRY, "open");
		return err_wrap(err, "%s", path);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		ret = errno == EWOULDBLOCK ? err_set(err, ERR_FATAL,
						     "another process holds it")
					   : err_errno(err, ERR_RETRY, "flock");
	if (ret == 0)
		ret = node_id_read(fd, buf, err);
	if (ret < 0) {
		(void)close(fd);
		return err_wrap(err, "%s", path);
	}
	return fd;
}
