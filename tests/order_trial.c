#include "config.h"

#include "tests/order_trial.h"

#include "lib/base/clock.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define WAIT_MSECS (20 * 1000)

static struct trial the_trial;

int trial_setup(void **state)
{
	*state = &the_trial;
	the_trial.path = "producers/ordermq-order";
	the_trial.redis = redis_fixture_start();
	(void)snprintf(the_trial.conf, sizeof(the_trial.conf),
		       "%s/ordermq.conf", redis_fixture_dir(the_trial.redis));
	(void)snprintf(the_trial.url, sizeof(the_trial.url), "unix://%s",
		       redis_fixture_socket(the_trial.redis));
	trial_conf(&the_trial, "");
	return 0;
}

int trial_teardown(void **state)
{
	(void)state;
	redis_fixture_stop(&the_trial.redis);
	return 0;
}

/* The command line: the program, its configuration, and the words up to
   NULL. */
static const char *const *words(struct trial *trial, va_list list)
{
	size_t count = 0;

	trial->argv[count++] = trial->path;
	trial->argv[count++] = "-c";
	trial->argv[count++] = trial->conf;
	trial->argv[count++] = "--redis";
	trial->argv[count++] = trial->url;
	do {
		assert_in_range(count, 1, TRIAL_ARGS_MAX - 1);
		trial->argv[count] = va_arg(list, const char *);
	} while (trial->argv[count++] != NULL);
	return trial->argv;
}

void trial_run(struct trial *trial, int status, const char *input, ...)
{
	va_list list;

	va_start(list, input);
	program_run(&trial->program, words(trial, list), input);
	va_end(list);
	if (trial->program.status != status)
		fail_msg("exit status %d: %s", trial->program.status,
			 trial->program.err);
}

void trial_shell(struct trial *trial, const char *before, int status,
		 const char *line)
{
	char command[1024];
	const char *const argv[] = { "/bin/sh", "-c", command, NULL };

	(void)snprintf(command, sizeof(command),
		       "%s exec %s -c %s --redis %s %s", before, trial->path,
		       trial->conf, trial->url, line);
	program_run(&trial->program, argv, "");
	if (trial->program.status != status)
		fail_msg("exit status %d: %s", trial->program.status,
			 trial->program.err);
}

void trial_start(struct trial *trial, ...)
{
	va_list list;

	va_start(list, trial);
	program_start(&trial->program, words(trial, list));
	va_end(list);
}

void trial_finish(struct trial *trial, int status)
{
	program_finish(&trial->program);
	if (trial->program.status != status)
		fail_msg("exit status %d: %s", trial->program.status,
			 trial->program.err);
}

void trial_conf(struct trial *trial, const char *text)
{
	FILE *conf = fopen(trial->conf, "w");

	assert_non_null(conf);
	fprintf(conf,
		"groups = ( { name = \"points\"; program = \"points\"; } );\n"
		"%s",
		text);
	fclose(conf);
}

int64_t trial_stream_length(struct trial *trial, const char *stream)
{
	return redis_fixture_integer(trial->redis, "XLEN", stream, NULL);
}

int64_t trial_length(struct trial *trial)
{
	return trial_stream_length(trial, "ordermq");
}

void trial_await_length(struct trial *trial, int64_t least)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t deadline = clock_msecs() + WAIT_MSECS;

	while (trial_length(trial) < least) {
		if (clock_msecs() > deadline)
			fail_msg("never %" PRId64 " entries", least);
		(void)nanosleep(&pause, NULL);
	}
}

void trial_assert_said(struct trial *trial, const char *text)
{
	if (strstr(trial->program.err, text) == NULL)
		fail_msg("not said: %s\nbut: %s", text, trial->program.err);
}

void trial_assert_entry(struct trial *trial, size_t i, const char *expected)
{
	const struct reply *entries = redis_fixture_command(
		trial->redis, "XRANGE", "ordermq", "-", "+", NULL);
	const struct reply *pairs = reply_at(reply_at(entries, i), 1);
	char shown[4096] = "";
	size_t used = 0;

	for (size_t j = 0; j < reply_count(pairs); j++) {
		char one[512];

		used += (size_t)snprintf(
			shown + used, sizeof(shown) - used, "%s%s",
			j == 0 ? "" : "|",
			text_show(reply_text(reply_at(pairs, j)), one,
				  sizeof(one)));
	}
	assert_string_equal(shown, expected);
}
