/* The signals that a program obeys, as a descriptor for its loop: ordermqd,
   and ordermqctl entries -f. */

#include "config.h"

#include "supervisor/common/signals.h"

#include "lib/base/err.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* SIGCHLD is not taken: every child has a pidfd. But it gets its default back,
   since a parent that ignored it passes that on, and then no child could be
   waited for. */
int signals_open(struct err *err)
{
	sigset_t set;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_errno(err, ERR_RETRY, "signalfd") : fd;
}

int signals_next(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}
