/* The Unix socket of ordermq-seckill serve. seckill_serve.c opens it first and
   closes it last. */

#include "config.h"

#include "producers/seckill/seckill_listen.h"

#include "lib/base/err.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTEN_MODE 0660
#define LISTEN_BACKLOG 128

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Bind so that the socket has its mode from the first moment on. */
static int bind_with_mode(int fd, const struct sockaddr_un *addr)
{
	mode_t before = umask(0777 & ~LISTEN_MODE);
	int ret = bind(fd, (const struct sockaddr *)addr, sizeof(*addr));

	(void)umask(before);
	return ret;
}

/* Is there a socket that its owner has left behind? */
static bool is_left_behind(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, ret;

	if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = unix_socket();
	ret = connect(fd, (const struct sockaddr *)addr, sizeof(*addr));
	ret = ret < 0 && errno == ECONNREFUSED;
	(void)close(fd);
	return ret;
}

int seckill_listen(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, ERR_RETRY,
			       "%s: longer than the %zu bytes of a socket's "
			       "path",
			       path, sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path));
	fd = unix_socket();
	ret = fd < 0 ? -1 : bind_with_mode(fd, &addr);
	if (fd >= 0 && ret < 0 && errno == EADDRINUSE) {
		if (is_left_behind(&addr) && unlink(path) == 0)
			ret = bind_with_mode(fd, &addr);
		else
			errno = EADDRINUSE;
	}
	if (ret == 0 && listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	(void)err_errno(err, ERR_RETRY, "%s", path);
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

void seckill_unlisten(const char *path, int fd)
{
	(void)unlink(path);
	(void)close(fd);
}
