/* The terminal while top has it, and its return whatever ends the process.
   screen.c draws on it. */

#include "config.h"

#include "supervisor/ctl/terminal.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Switch to the alternate screen without a cursor; and back. */
#define ENTER "\x1b[?1049h\x1b[?25l"
#define LEAVE "\x1b[0m\x1b[?25h\x1b[?1049l"

/* Signals that end the process, those of its own faults among them. */
static const int ends[] = { SIGHUP,  SIGINT, SIGQUIT, SIGTERM, SIGPIPE,
			    SIGABRT, SIGBUS, SIGFPE,  SIGILL,  SIGSEGV };

static struct termios before, during;
static bool has_keys; /* standard input is a terminal, too */
static volatile sig_atomic_t is_taken;

/* These two call only what a signal handler may call. The modes come first: a
   process in the background is stopped by setting them. */
static void enter(void)
{
	if (has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &during);
	(void)terminal_write(ENTER, sizeof(ENTER) - 1);
}

static void leave(void)
{
	if (!is_taken)
		return;
	(void)terminal_write(LEAVE, sizeof(LEAVE) - 1);
	if (has_keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* The signal has its usual effect when the handler returns. */
static void on_end(int number)
{
	leave();
	is_taken = 0;
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* SIGCONT comes also after a SIGSTOP, which cannot be caught. */
static void on_continue(int number)
{
	int saved = errno;

	(void)number;
	if (is_taken)
		enter();
	errno = saved;
}

/* The handler does nothing: the signal only ends the wait for a key. */
static void on_resize(int number)
{
	(void)number;
}

/* Without SA_RESTART, so that a wait ends. A signal that was ignored, as by
   nohup(1), stays ignored. */
static void handle(int number, void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	(void)sigaction(number, NULL, &action);
	if (action.sa_handler == SIG_IGN)
		return;
	/* One signal at a time; but SIGTTOU is let through, since enter() in
	   the background is to stop the process. */
	action = (struct sigaction){ .sa_handler = handler };
	(void)sigfillset(&action.sa_mask);
	(void)sigdelset(&action.sa_mask, SIGTTOU);
	(void)sigaction(number, &action, NULL);
}

static void on_stop(int number)
{
	int saved = errno;
	sigset_t set;

	leave();
	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
	/* The process is stopped here, unless it has no shell that could
	   continue it. */
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	handle(number, on_stop);
	enter();
	errno = saved;
}

bool terminal_is_there(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term != NULL &&
	       strcmp(term, "dumb") != 0;
}

int terminal_open(struct err *err)
{
	has_keys = isatty(STDIN_FILENO);
	if (has_keys && tcgetattr(STDIN_FILENO, &before) < 0)
		return err_errno(err, ERR_RETRY, "terminal");
	during = before;
	during.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	during.c_cc[VMIN] = 1;
	during.c_cc[VTIME] = 0;
	if (atexit(terminal_close) != 0)
		return err_set(err, ERR_RETRY, "out of memory");
	is_taken = 1;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		handle(ends[i], on_end);
	handle(SIGTSTP, on_stop);
	handle(SIGCONT, on_continue);
	handle(SIGWINCH, on_resize);
	enter();
	return 0;
}

void terminal_close(void)
{
	leave();
	is_taken = 0;
}

void terminal_size(size_t *rows_r, size_t *columns_r)
{
	struct winsize size = { .ws_row = 0 };

	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*rows_r = size.ws_row == 0 ? 24 : size.ws_row;
	*columns_r = size.ws_col == 0 ? 80 : size.ws_col;
}

int terminal_write(const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes += written;
		count -= (size_t)written;
	}
	return 0;
}

int terminal_key(int64_t deadline_msecs)
{
	struct pollfd input = { .fd = has_keys ? STDIN_FILENO : -1,
				.events = POLLIN };
	unsigned char key;
	ssize_t count;

	if (poll(&input, 1, clock_until(deadline_msecs)) <= 0)
		return 0;
	count = read(STDIN_FILENO, &key, 1);
	if (count < 0 && errno == EINTR)
		return 0;
	return count == 1 ? key : -1;
}
