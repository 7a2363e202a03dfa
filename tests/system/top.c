#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* ordermqctl top on a real terminal, with a small shell that lets it go on when
   it was stopped. */

#define ENTER "\x1b[?1049h"
#define LEAVE "\x1b[?25h\x1b[?1049l"
#define WAIT_MSECS 10000

static struct shop *shop;
static int terminal = -1; /* our end of it */
static pid_t shell;
static int told_fd, tell_fd; /* what the shell has seen; what it is to do */
static char seen[1 << 20];
static size_t seen_count;
static struct termios before;
static bool hears_hangup = true;

/* Give the terminal to the process group of pid. */
static void to_front(pid_t pid)
{
	(void)signal(SIGTTOU, SIG_IGN);
	(void)tcsetpgrp(STDIN_FILENO, pid);
}

/* In the child: run argv as a shell does, tell each of its states, and let it
   go on at each word. */
static void be_shell(char *const *argv, int told, int tell)
{
	int status;
	char word;
	pid_t pid;

	(void)signal(SIGHUP, SIG_IGN);
	/* Until the terminal's modes have been looked at. */
	if (read(tell, &word, 1) != 1)
		_exit(0);
	pid = fork();
	if (pid == 0) {
		/* Whoever started us may have them ignored. */
		for (int number = 1; number <= SIGTTOU; number++)
			(void)signal(number, SIG_DFL);
		if (!hears_hangup)
			(void)signal(SIGHUP, SIG_IGN);
		(void)setpgid(0, 0);
		to_front(getpid());
		(void)signal(SIGTTOU, SIG_DFL);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execv(argv[0], argv);
		_exit(127);
	}
	(void)setpgid(pid, pid);
	/* For the one that started us, who sends signals. */
	(void)!write(told, &pid, sizeof(pid));
	while (waitpid(pid, &status, WUNTRACED) == pid) {
		(void)!write(told, &status, sizeof(status));
		if (!WIFSTOPPED(status))
			break;
		to_front(getpid());
		if (read(tell, &word, 1) != 1)
			break;
		to_front(pid);
		(void)kill(pid, SIGCONT);
	}
	(void)kill(pid, SIGKILL);
	/* Who closes the terminal last may lose what was written to it. */
	(void)!read(tell, &word, 1);
	_exit(0);
}

static void pid_read(pid_t *pid_r)
{
	assert_int_equal(read(told_fd, pid_r, sizeof(*pid_r)), sizeof(*pid_r));
}

/* Start top with these words on a terminal of that size; returns its pid. */
static pid_t top_start(unsigned short rows, unsigned short columns,
		       const char *a, const char *b)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };
	const char *argv[] = {
		"bin/ordermqctl", "-c", shop->conf,           "top", "-i",
		"100ms",          a,    a == NULL ? NULL : b, NULL
	};
	int told[2], tell[2];
	pid_t pid;

	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	(void)setenv("TERM", "xterm", 1);
	shell = forkpty(&terminal, NULL, NULL, &size);
	assert_true(shell >= 0);
	if (shell == 0) {
		/* It ends with us. */
		(void)close(tell[1]);
		be_shell((char *const *)argv, told[1], tell[0]);
	}
	told_fd = told[0];
	tell_fd = tell[1];
	(void)close(told[1]);
	(void)close(tell[0]);
	seen_count = 0;
	seen[0] = '\0';
	assert_int_equal(tcgetattr(terminal, &before), 0);
	assert_true((before.c_lflag & (ECHO | ICANON)) == (ECHO | ICANON));
	assert_int_equal(write(tell_fd, "b", 1), 1);
	pid_read(&pid);
	return pid;
}

/* Take what is shown for at most msecs. */
static void look(int msecs)
{
	struct pollfd pollfd = { .fd = terminal, .events = POLLIN };
	ssize_t count;

	if (poll(&pollfd, 1, msecs) <= 0)
		return;
	count = read(terminal, seen + seen_count,
		     sizeof(seen) - 1 - seen_count);
	if (count > 0)
		seen_count += (size_t)count;
	seen[seen_count] = '\0';
	assert_true(seen_count < sizeof(seen) - 1);
}

/* Wait until text is shown behind from; returns what stands behind it. */
static const char *await_shown(const char *from, const char *text)
{
	int64_t deadline = clock_msecs() + WAIT_MSECS;
	const char *found;

	while ((found = strstr(from, text)) == NULL) {
		if (clock_msecs() > deadline)
			fail_msg("no '%s' in: %s", text, from);
		look(20);
	}
	return found + strlen(text);
}

/* What the shell sees of it next. */
static int await_state(void)
{
	struct pollfd pollfds[2] = { { .fd = told_fd, .events = POLLIN },
				     { .fd = terminal, .events = POLLIN } };
	int64_t deadline = clock_msecs() + WAIT_MSECS;
	int status;

	while (poll(pollfds, 2, 100) >= 0 && pollfds[0].revents == 0) {
		assert_true(clock_msecs() < deadline);
		look(0);
	}
	assert_int_equal(read(told_fd, &status, sizeof(status)),
			 sizeof(status));
	look(0);
	return status;
}

static void press(const char *keys)
{
	assert_int_equal(write(terminal, keys, strlen(keys)), strlen(keys));
}

/* The modes are the former ones, and so is the screen. */
static void check_given_back(void)
{
	struct termios now;
	const char *last = seen, *at;

	assert_int_equal(tcgetattr(terminal, &now), 0);
	assert_true(now.c_lflag == before.c_lflag);
	assert_true(now.c_iflag == before.c_iflag);
	assert_true(now.c_oflag == before.c_oflag);
	(void)await_shown(seen, LEAVE);
	while ((at = strstr(last, ENTER)) != NULL)
		last = at + 1;
	(void)await_shown(last, LEAVE);
}

static int top_close(void **state)
{
	if (terminal >= 0)
		(void)close(terminal);
	terminal = -1;
	(void)close(tell_fd);
	(void)close(told_fd);
	if (shell > 0)
		(void)waitpid(shell, NULL, 0);
	shell = 0;
	return ctl_close(state);
}

static void top_begin(void **state)
{
	shop = *state;
	(void)top_start(24, 80, NULL, NULL);
	(void)await_shown(seen, "q quit");
}

static void q_ends_it_and_the_terminal_is_as_before(void **state)
{
	struct termios during;
	int status;

	top_begin(state);
	(void)await_shown(seen, ENTER);
	assert_int_equal(tcgetattr(terminal, &during), 0);
	assert_true((during.c_lflag & (ECHO | ICANON)) == 0);
	(void)await_shown(seen, "ordermqd is not running");
	(void)await_shown(seen, "\r\npoints ");
	press("q");
	status = await_state();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	check_given_back();
}

static void each_signal_gives_the_terminal_back_and_has_its_effect(void **state)
{
	static const int signals[] = { SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
				       SIGPIPE, SIGSEGV, SIGABRT };

	shop = *state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid_t pid = top_start(24, 80, NULL, NULL);
		int status;

		(void)await_shown(seen, "q quit");
		(void)kill(pid, signals[i]);
		status = await_state();
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		check_given_back();
		(void)close(tell_fd);
		(void)close(told_fd);
		(void)close(terminal);
		(void)waitpid(shell, NULL, 0);
		terminal = -1;
		shell = 0;
	}
}

static void an_interrupt_is_typed(void **state)
{
	int status;

	top_begin(state);
	press("\x03");
	status = await_state();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
	check_given_back();
}

static void stopped_it_leaves_the_terminal_to_the_shell(void **state)
{
	const char *from;
	int status;

	top_begin(state);
	for (int i = 0; i < 2; i++) {
		struct termios during;

		press("\x1a");
		status = await_state();
		assert_true(WIFSTOPPED(status));
		check_given_back();
		from = seen + seen_count;
		assert_int_equal(write(tell_fd, "c", 1), 1);
		(void)await_shown(from, ENTER);
		(void)await_shown(from, "q quit");
		assert_int_equal(tcgetattr(terminal, &during), 0);
		assert_true((during.c_lflag & (ECHO | ICANON)) == 0);
	}
	press("q");
	status = await_state();
	assert_true(WIFEXITED(status));
	check_given_back();
}

static void a_stop_that_nobody_hears_of_is_noticed_afterwards(void **state)
{
	pid_t pid;
	const char *from;

	shop = *state;
	pid = top_start(24, 80, NULL, NULL);
	(void)await_shown(seen, "q quit");
	(void)kill(pid, SIGSTOP);
	assert_true(WIFSTOPPED(await_state()));
	/* The shell sees to its terminal itself. */
	assert_int_equal(tcsetattr(terminal, TCSANOW, &before), 0);
	from = seen + seen_count;
	assert_int_equal(write(tell_fd, "c", 1), 1);
	(void)await_shown(from, ENTER);
	(void)await_shown(from, "q quit");
	press("q");
	assert_int_equal(await_state(), 0);
	check_given_back();
}

/* The frame that is drawn first behind from has no line that is longer, and no
   more lines. */
static void check_frame(const char *from, size_t rows, size_t columns)
{
	const char *at = await_shown(from, "\x1b[H");
	const char *end = await_shown(at, "\x1b[0m");
	size_t lines = 1, column = 0;

	for (; at < end; at++) {
		if (*at == '\x1b') {
			at += strcspn(at, "KmJ");
		} else if (*at == '\n') {
			lines++;
			column = 0;
		} else if (*at != '\r') {
			assert_true(++column <= columns);
		}
	}
	assert_true(lines <= rows);
}

static void a_new_size_is_kept_to(void **state)
{
	const struct winsize small = { .ws_row = 6, .ws_col = 31 };
	const char *from;

	top_begin(state);
	check_frame(seen, 24, 80);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &small), 0);
	/* The last column of the foot stays free. */
	from = await_shown(seen, "q quit  s sort: name\x1b[0m");
	check_frame(from, 6, 31);
	press("j");
	(void)await_shown(from, "\x1b[Hordermqd ?, pid ?");
	press("q");
	assert_int_equal(await_state(), 0);
	check_given_back();
}

static void keys_change_what_is_sorted_by(void **state)
{
	const char *from;

	top_begin(state);
	from = await_shown(seen, "sort: name");
	press("s");
	from = await_shown(from, "sort: busy");
	press("s");
	from = await_shown(from, "sort: done/s");
	press("s");
	from = await_shown(from, "sort: memory");
	press("s");
	from = await_shown(from, "sort: restarts");
	press("sx");
	(void)await_shown(from, "sort: name");
	press("Q");
	assert_int_equal(await_state(), 0);
	check_given_back();
}

/* As when a window is closed. Returns what became of it. */
static int close_window(void **state)
{
	int status;

	top_begin(state);
	(void)close(terminal);
	terminal = -1;
	assert_int_equal(read(told_fd, &status, sizeof(status)),
			 sizeof(status));
	return status;
}

/* By the signal, or by what it reads or writes: whatever it notices first. */
static void a_terminal_that_is_gone_ends_it(void **state)
{
	int status = close_window(state);

	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGHUP
					: WIFEXITED(status));
}

static void it_does_not_go_on_for_nobody(void **state)
{
	int status;

	hears_hangup = false;
	status = close_window(state);
	hears_hangup = true;
	assert_true(WIFEXITED(status));
}

static void so_many_looks_and_no_more(void **state)
{
	shop = *state;
	(void)top_start(24, 80, "-n", "3");
	assert_int_equal(await_state(), 0);
	check_given_back();
}

static size_t count_of(const char *text, const char *word)
{
	size_t count = 0;

	for (; (text = strstr(text, word)) != NULL; text++)
		count++;
	return count;
}

static void without_a_terminal_one_look_stands_below_the_other(void **state)
{
	shop = *state;
	/* Of ordermqd there is no answer. */
	assert_int_equal(
		ctl_run_on(shop, "top", "-n", "3", "-i", "100ms", NULL), 69);
	assert_int_equal(count_of(ctl.out, "\nGROUP "), 3);
	assert_null(strchr(ctl.out, '\x1b'));
	assert_int_equal(ctl_run_on(shop, "top", "-n", "2", "-i", "100ms",
				    "--json", "points", NULL),
			 69);
	assert_int_equal(count_of(ctl.out, "\"kind\":\"supervisor\""), 2);
	assert_int_equal(count_of(ctl.out, "\"kind\":\"stream\""), 2);
	assert_int_equal(count_of(ctl.out, "\"kind\":\"group\""), 2);
	assert_int_equal(count_of(ctl.out, "\"kind\":\"instance\""), 0);
	assert_non_null(ctl_records());
}

static void a_reader_that_is_gone_ends_it(void **state)
{
	char command[512];
	int status;

	shop = *state;
	(void)snprintf(command, sizeof(command),
		       "bin/ordermqctl -c %.200s top -i 100ms "
		       "2>/dev/null | head -n 1 >/dev/null",
		       shop->conf);
	status = system(command);
	assert_int_equal(status, 0);
}

static void wrong_words_are_refused(void **state)
{
	static const char *const words[][2] = {
		{ "-i", "soon" }, { "-i", "99ms" },   { "-n", "-1" },
		{ "-n", "many" }, { "nobody", NULL }, { "points", "push" },
	};

	shop = *state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(
			ctl_run_on(shop, "top", words[i][0], words[i][1], NULL),
			64);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, top_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(q_ends_it_and_the_terminal_is_as_before),
		in_shop(each_signal_gives_the_terminal_back_and_has_its_effect),
		in_shop(an_interrupt_is_typed),
		in_shop(stopped_it_leaves_the_terminal_to_the_shell),
		in_shop(a_stop_that_nobody_hears_of_is_noticed_afterwards),
		in_shop(a_new_size_is_kept_to),
		in_shop(keys_change_what_is_sorted_by),
		in_shop(a_terminal_that_is_gone_ends_it),
		in_shop(it_does_not_go_on_for_nobody),
		in_shop(so_many_looks_and_no_more),
		in_shop(without_a_terminal_one_look_stands_below_the_other),
		in_shop(a_reader_that_is_gone_ends_it),
		in_shop(wrong_words_are_refused),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
