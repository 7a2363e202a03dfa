/* From the settings to a connected socket. redis_open() calls it, and greets
   the server then. */

#include "config.h"

#include "lib/redis/dial.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "lib/settings/url.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define DIAL_PASSWORD_BYTES 1024

/* A silent peer is noticed after about this long while we only listen: the
   seconds before the first probe and between two, and the number of probes. */
#define DIAL_KEEPALIVE_SECS 5
#define DIAL_KEEPALIVE_COUNT 3

void dial_forget(struct dial *dial)
{
	if (dial->password != NULL)
		explicit_bzero(dial->password, DIAL_PASSWORD_BYTES);
	free(dial->password);
	dial->password = NULL;
}

/* A bare name is a credential in a unit of systemd; elsewhere it is the file
   from which the units load that credential. */
static const char *password_path(const char *file, char *buf, size_t bytes)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (strchr(file, '/') != NULL)
		return file;
	(void)snprintf(buf, bytes, "%s/%s",
		       dir == NULL ? SYSCONFDIR "/ordermq" : dir, file);
	return buf;
}

/* The first line of the open file is the password. */
static int password_take(int fd, char *password, struct err *err)
{
	struct stat st;
	ssize_t length;

	if (fstat(fd, &st) < 0)
		return err_errno(err, ERR_RETRY, "fstat");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_RETRY, "not a regular file");
	if ((st.st_mode & (S_IROTH | S_IWOTH)) != 0)
		return err_set(err, ERR_RETRY,
			       "others may read it: chmod o= needed");
	length = read(fd, password, DIAL_PASSWORD_BYTES - 1);
	if (length < 0)
		return err_errno(err, ERR_RETRY, "read");
	password[length] = '\0';
	password[strcspn(password, "\r\n")] = '\0';
	if (password[0] == '\0')
		return err_set(err, ERR_RETRY, "empty");
	return 0;
}

static int password_read(const struct settings_redis *set, struct dial *dial,
			 struct err *err)
{
	char buf[2 * SETTINGS_TEXT_BYTES];
	const char *path = password_path(set->password_file, buf, sizeof(buf));
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int ret;

	if (fd < 0) {
		(void)err_errno(err, ERR_RETRY, "open");
		return err_wrap(err, "password file %s", path);
	}
	dial->password = calloc(1, DIAL_PASSWORD_BYTES);
	ret = dial->password == NULL ? err_set(err, ERR_RETRY, "out of memory")
				     : password_take(fd, dial->password, err);
	(void)close(fd);
	return ret < 0 ? err_wrap(err, "password file %s", path) : 0;
}

/* An address that a unit of systemd does not allow looks like a dead host. */
static const char *silence_text(void)
{
	return getenv("INVOCATION_ID") == NULL
		       ? "no answer in time"
		       : "no answer in time (if it is on another host: does "
			 "IPAddressAllow= of the unit allow it?)";
}

/* Wait until a connect() under way has succeeded or failed. */
static int connect_wait(int fd, int wake_fd, int64_t deadline_msecs,
			struct err *err)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = wake_fd, .events = POLLIN },
	};
	int failure = 0;
	socklen_t length = sizeof(failure);
	int ready;

	do
		ready = poll(fds, 2, clock_until(deadline_msecs));
	while (ready < 0 && errno == EINTR);
	if (ready > 0 && fds[1].revents != 0)
		return err_set(err, ERR_RETRY, "interrupted");
	if (ready == 0)
		return err_set(err, ERR_RETRY, "%s", silence_text());
	if (ready < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) < 0)
		return err_errno(err, ERR_RETRY, "poll");
	if (failure != 0)
		return err_set(err, ERR_RETRY, "%s", strerror(failure));
	return 0;
}

/* Connect a new socket to one address. Returns it, or -1. */
static int connect_to(const struct sockaddr *addr, socklen_t length,
		      int wake_fd, int64_t deadline_msecs, struct err *err)
{
	int fd = socket(addr->sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret = 0;

	if (fd < 0)
		return err_errno(err, ERR_RETRY, "socket");
	if (connect(fd, addr, length) < 0)
		ret = errno == EINPROGRESS
			      ? connect_wait(fd, wake_fd, deadline_msecs, err)
			      : err_set(err, ERR_RETRY, "%s", strerror(errno));
	if (ret < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int dial_unix(const struct url *url, int wake_fd, int64_t deadline_msecs,
		     struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	memcpy(addr.sun_path, url->path, sizeof(addr.sun_path));
	return connect_to((const struct sockaddr *)&addr, sizeof(addr), wake_fd,
			  deadline_msecs, err);
}

static void tcp_options(int fd)
{
	const int on = 1;
	const int secs = DIAL_KEEPALIVE_SECS;
	const int count = DIAL_KEEPALIVE_COUNT;

	/* Correctness needs none of these, only speed. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &secs, sizeof(secs));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &secs, sizeof(secs));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static int dial_tcp(const struct url *url, int wake_fd, int64_t deadline_msecs,
		    struct err *err)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV,
	};
	struct addrinfo *found;
	int failure = getaddrinfo(url->host, url->port, &hints, &found);
	int fd = -1;

	if (failure != 0)
		return err_set(err, ERR_RETRY, "%s", gai_strerror(failure));
	for (struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next)
		fd = connect_to(a->ai_addr, a->ai_addrlen, wake_fd,
				deadline_msecs, err);
	freeaddrinfo(found);
	if (fd >= 0)
		tcp_options(fd);
	return fd;
}

int dial_open(const struct settings_redis *set, int wake_fd,
	      struct dial *dial_r, struct err *err)
{
	int64_t deadline = clock_msecs() + set->connect_timeout_msecs;
	struct dial dial = { .fd = -1 };
	struct url url;

	if (url_parse(set->url, &url, err) < 0)
		return -1;
	if (url.database != 0)
		(void)snprintf(dial.database, sizeof(dial.database), "%" PRId64,
			       url.database);
	if (set->password_file[0] != '\0' &&
	    password_read(set, &dial, err) < 0) {
		dial_forget(&dial);
		return -1;
	}
	dial.fd = url.path[0] != '\0' ? dial_unix(&url, wake_fd, deadline, err)
				      : dial_tcp(&url, wake_fd, deadline, err);
	if (dial.fd < 0) {
		dial_forget(&dial);
		return -1;
	}
	*dial_r = dial;
	return 0;
}
