#include "config.h"

#include "tests/program_fixture.h"

#include "lib/base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define AWAIT_MSECS (10 * 1000)
#define FINISH_MSECS (60 * 1000)

static void pause_shortly(void)
{
	const struct timespec pause = { .tv_nsec = 2000000 };

	(void)nanosleep(&pause, NULL);
}

static void program_exec(const struct program *program, int input,
			 const char *const *argv)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(input, STDIN_FILENO);
	(void)dup2(program->out_fd, STDOUT_FILENO);
	(void)dup2(program->err_fd, STDERR_FILENO);
	(void)execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

void program_start(struct program *program, const char *const *argv)
{
	int ends[2];

	memset(program, 0, sizeof(*program));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	program->input = ends[1];
	program->out_fd = memfd_create("out", MFD_CLOEXEC);
	program->err_fd = memfd_create("err", MFD_CLOEXEC);
	assert_true(program->out_fd >= 0 && program->err_fd >= 0);
	program->pid = fork();
	if (program->pid == 0)
		program_exec(program, ends[0], argv);
	assert_true(program->pid > 0);
	close(ends[0]);
}

static void text_read(int fd, char *text)
{
	ssize_t got = pread(fd, text, PROGRAM_TEXT_BYTES - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
}

void program_await(struct program *program, const char *text)
{
	int64_t deadline = clock_msecs() + AWAIT_MSECS;

	do {
		text_read(program->err_fd, program->err);
		if (strstr(program->err, text) != NULL)
			return;
		pause_shortly();
	} while (clock_msecs() < deadline);
	fail_msg("never said '%s': %s", text, program->err);
}

static void input_close(struct program *program)
{
	if (program->input >= 0)
		close(program->input);
	program->input = -1;
}

void program_finish(struct program *program)
{
	int64_t deadline = clock_msecs() + FINISH_MSECS;
	pid_t ended;
	int status = 0;

	input_close(program);
	while ((ended = waitpid(program->pid, &status, WNOHANG)) == 0 &&
	       clock_msecs() < deadline)
		pause_shortly();
	if (ended == 0) {
		(void)kill(program->pid, SIGKILL);
		(void)waitpid(program->pid, &status, 0);
	}
	program->status = WIFEXITED(status) ? WEXITSTATUS(status)
					    : 128 + WTERMSIG(status);
	text_read(program->out_fd, program->out);
	text_read(program->err_fd, program->err);
	close(program->out_fd);
	close(program->err_fd);
	if (ended == 0)
		fail_msg("did not end: %s", program->err);
}

void program_run(struct program *program, const char *const *argv,
		 const char *input)
{
	const size_t length = strlen(input);

	program_start(program, argv);
	/* It may have ended before it read anything. */
	if (write(program->input, input, length) != (ssize_t)length)
		input_close(program);
	program_finish(program);
}
