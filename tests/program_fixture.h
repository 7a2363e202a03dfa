#ifndef OMQ_PROGRAM_FIXTURE_H
#define OMQ_PROGRAM_FIXTURE_H

#include <sys/types.h>

/* A program of ours, run as a user runs it. It dies with the test. */

#define PROGRAM_TEXT_BYTES 65536

struct program {
	pid_t pid;
	int input;  /* write here what it reads; -1: closed */
	int out_fd; /* files without a name */
	int err_fd;
	int status; /* exit status, or 128 plus a signal; once finished */
	char out[PROGRAM_TEXT_BYTES];
	char err[PROGRAM_TEXT_BYTES];
};

/* Start argv[0] with argv, which ends with NULL. Fails the test when it cannot
   be. The caller must program_finish(). */
void program_start(struct program *program, const char *const *argv);

/* Wait until its standard error has text in it, at most 10 seconds; fails the
   test otherwise. */
void program_await(struct program *program, const char *text);

/* Close its input, wait for its end, at most 60 seconds, and read what it
   wrote. A program that does not end is killed, and the test fails. */
void program_finish(struct program *program);

/* Start, write input, finish. */
void program_run(struct program *program, const char *const *argv,
		 const char *input);

#endif
