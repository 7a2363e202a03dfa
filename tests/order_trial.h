#ifndef OMQ_ORDER_TRIAL_H
#define OMQ_ORDER_TRIAL_H

#include "tests/program_fixture.h"
#include "tests/redis_fixture.h"

#include <stddef.h>
#include <stdint.h>

/* A producer against a redis-server of its own: what the tests of ordermq-order
   and ordermq-seckill have in common. Every function fails the test when it
   does not get what it is named after. */

#define TRIAL_ARGS_MAX 24

struct trial {
	const char *path; /* of the program; producers/ordermq-order at first */
	struct redis_fixture *redis;
	char conf[64]; /* path of the configuration file */
	char url[64];
	struct program program;
	const char *argv[TRIAL_ARGS_MAX];
};

/* For cmocka; *state is the trial. The configuration has one group and
   defaults. */
int trial_setup(void **state);
int trial_teardown(void **state);

/* Write another configuration: the group, and text behind it. */
void trial_conf(struct trial *trial, const char *text);

/* Run the program with the arguments up to NULL and this input to its end,
   which must have this exit status. */
void trial_run(struct trial *trial, int status, const char *input, ...)
	__attribute__((sentinel));

/* Run it so by the shell, after the commands before: the arguments and
   redirections as a line of text. */
void trial_shell(struct trial *trial, const char *before, int status,
		 const char *line);

/* The same as trial_run() in two steps, for what happens while it runs. */
void trial_start(struct trial *trial, ...) __attribute__((sentinel));
void trial_finish(struct trial *trial, int status);

/* How many entries the stream has; of that key, or of "ordermq". */
int64_t trial_stream_length(struct trial *trial, const char *stream);
int64_t trial_length(struct trial *trial);

/* Wait until it has so many. */
void trial_await_length(struct trial *trial, int64_t least);

/* The program wrote text to its standard error. */
void trial_assert_said(struct trial *trial, const char *text);

/* Entry number i, counted from 0, has these fields: "name|value|name|value",
   with bytes that do not print as \xNN. */
void trial_assert_entry(struct trial *trial, size_t i, const char *expected);

#endif
