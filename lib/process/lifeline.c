/* What an instance says to ordermqd or to systemd. process.c calls it;
   supervisor/ordermqd reads the other end. */

#include "config.h"

#include "lib/process/lifeline.h"

#include "lib/base/num.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void lifeline_notify_systemd(const char *lines)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t length;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    strlen(path) >= sizeof(addr.sun_path))
		return;
	memcpy(addr.sun_path, path, strlen(path));
	/* "@name" is a socket in the abstract namespace: sd_notify(3). */
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			     strlen(path));

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL,
		     (const struct sockaddr *)&addr, length);
	(void)close(fd);
}

void lifeline_notify(bool supervised, const char *lines)
{
	if (!supervised) {
		lifeline_notify_systemd(lines);
		return;
	}
	(void)send(LIFELINE_FD, lines, strlen(lines),
		   MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int64_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	int64_t number;

	if (text == NULL || num_parse(text, strlen(text), &number) < 0)
		return -1;
	return number;
}

int64_t lifeline_watchdog_msecs(void)
{
	int64_t usecs = number_of("WATCHDOG_USEC");
	int64_t pid = number_of("WATCHDOG_PID");

	if (usecs <= 0 || (pid >= 0 && pid != getpid()))
		return 0;
	return usecs / 2000 > 0 ? usecs / 2000 : 1;
}
