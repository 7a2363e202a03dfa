/* SIGINT and SIGTERM as something to poll. main() opens it; every wait of a
   producer looks at it. */

#include "config.h"

#include "producers/common/stop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signo;
static int stop_event = -1;

static void stop_handle(int signo)
{
	const uint64_t one = 1;
	int saved = errno;
	ssize_t put;

	stop_signo = signo;
	/* Also a full counter is readable. */
	put = write(stop_event, &one, sizeof(one));
	(void)put;
	errno = saved;
}

int stop_open(void)
{
	struct sigaction action = {
		.sa_handler = stop_handle,
		.sa_flags = SA_RESTART,
	};

	stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_event < 0 || sigaction(SIGINT, &action, NULL) < 0 ||
	    sigaction(SIGTERM, &action, NULL) < 0)
		return -1;
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int stop_signal(void)
{
	return stop_signo;
}

int stop_fd(void)
{
	return stop_event;
}

void stop_wait(int fd, int64_t msecs)
{
	struct pollfd fds[] = {
		{ .fd = stop_event, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	(void)poll(fds, 2, msecs > INT_MAX ? INT_MAX : (int)msecs);
}
