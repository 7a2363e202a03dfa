/* From fork to exec: a child gets its descriptors and nothing else.
   instance_process.c names the program; in the child lib/process/process.c goes
   on. */

#include "config.h"

#include "supervisor/ordermqd/spawn.h"

#include "lib/base/err.h"
#include "lib/process/lifeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Variables that systemd means for ordermqd alone. An instance that wrote to
   NOTIFY_SOCKET would fill the journal with refusals. */
static const char *const private_variables[] = {
	"NOTIFY_SOCKET=", "WATCHDOG_USEC=", "WATCHDOG_PID=",
	"LISTEN_FDS=",    "LISTEN_PID=",    "LISTEN_FDNAMES=",
};

static bool is_private(const char *variable)
{
	for (size_t i = 0;
	     i < sizeof(private_variables) / sizeof(private_variables[0]);
	     i++) {
		if (strncmp(variable, private_variables[i],
			    strlen(private_variables[i])) == 0)
			return true;
	}
	return false;
}

/* Our environment without the private variables, borrowed string by string.
   NULL when out of memory. */
static char **environment_for_child(void)
{
	size_t count = 0, kept = 0;
	char **copy;

	while (environ[count] != NULL)
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; copy != NULL && i < count; i++) {
		if (!is_private(environ[i]))
			copy[kept++] = environ[i];
	}
	return copy;
}

/* From here to child_main() only calls that are safe between fork and exec. */

static void signals_reset(void)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &by_default, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Move fds[i] to LIFELINE_FD + i. All of them are moved out of the way first:
   one may stand where another has to go. */
static void descriptors_place(int *fds, int count)
{
	for (int i = 0; i < count; i++)
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, LIFELINE_FD_END);
	for (int i = 0; i < count; i++) {
		if (fds[i] < 0 || dup2(fds[i], LIFELINE_FD + i) < 0)
			_exit(SPAWN_EXEC_FAILED);
	}
}

static void descriptors_close(void)
{
	long end = sysconf(_SC_OPEN_MAX);

#ifdef HAVE_CLOSE_RANGE
	if (close_range(LIFELINE_FD_END, ~0U, 0) == 0)
		return;
#endif
	/* The kernel has no close_range(). */
	for (int fd = LIFELINE_FD_END; fd < end; fd++)
		(void)close(fd);
}

/* Tell ordermqd over the lifeline why exec failed. */
static void exec_failed(int error)
{
	char text[sizeof("ERRNO=") + 12] = "ERRNO=";
	size_t length = strlen(text);

	for (int scale = 1000; scale > 0; scale /= 10)
		text[length++] = (char)('0' + error / scale % 10);
	(void)send(LIFELINE_FD, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	_exit(SPAWN_EXEC_FAILED);
}

static void child_main(const struct spawn *what, char *const *environment,
		       int lifeline, pid_t parent)
{
	int fds[] = { lifeline, what->settings_fd, what->board_fd };

	descriptors_place(fds, LIFELINE_FD_END - LIFELINE_FD);
	descriptors_close();
	/* SIGKILL, since a stopped child, or one that ignores it, survives
	   SIGTERM. The parent may have died before the request was made: look
	   once after it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(SPAWN_EXEC_FAILED);
	(void)setsid();
	signals_reset();
	(void)execve(what->argv[0], what->argv, environment);
	exec_failed(errno);
}

/* Fork; returns the child's pid and pidfd. A child for which there is no pidfd
   is killed at once. */
static int fork_child(const struct spawn *what, char *const *environment,
		      int lifeline, struct spawned *spawned, struct err *err)
{
	pid_t parent = getpid();

	spawned->pid = fork();
	if (spawned->pid < 0)
		return err_errno(err, ERR_RETRY, "fork");
	if (spawned->pid == 0)
		child_main(what, environment, lifeline, parent);
	spawned->pidfd = pidfd_open(spawned->pid, 0);
	if (spawned->pidfd >= 0)
		return 0;
	(void)err_errno(err, ERR_RETRY, "pidfd_open");
	(void)kill(spawned->pid, SIGKILL);
	(void)waitpid(spawned->pid, NULL, 0);
	return -1;
}

int spawn(const struct spawn *what, struct spawned *spawned_r, struct err *err)
{
	struct spawned spawned = { 0 };
	char **environment;
	int pair[2];
	int ret = -1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, ERR_RETRY, "socketpair");
	spawned.lifeline = pair[0];
	environment = environment_for_child();
	if (environment == NULL || fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
		(void)err_errno(err, ERR_RETRY, "spawn");
	else
		ret = fork_child(what, environment, pair[1], &spawned, err);
	free(environment);
	(void)close(pair[1]);
	if (ret < 0)
		(void)close(pair[0]);
	else
		*spawned_r = spawned;
	return ret;
}
