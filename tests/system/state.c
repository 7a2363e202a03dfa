#include "config.h"

#include "tests/fixtures/order_trial.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct paths {
	char input[96];
	char state[96];
};

static void paths_make(struct trial *trial, struct paths *paths)
{
	const char *dir = redis_fixture_dir(trial->redis);

	(void)snprintf(paths->input, sizeof(paths->input), "%s/in.csv", dir);
	(void)snprintf(paths->state, sizeof(paths->state), "%s/state", dir);
	(void)unlink(paths->state);
}

static void file_write(const char *path, const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void load(struct trial *trial, const struct paths *paths, int status)
{
	trial_run(trial, status, "", "--csv", paths->input, "--state",
		  paths->state, NULL);
}

static void what_is_done_is_skipped(void **state)
{
	struct trial *trial = *state;
	struct paths paths;

	paths_make(trial, &paths);
	file_write(paths.input, "w", "orderno,amount\nA,1\nB,2\n");
	load(trial, &paths, 0);
	trial_assert_said(trial, "published 2, rejected 0 in");
	load(trial, &paths, 0);
	trial_assert_said(trial, "published 0, rejected 0, skipped 2 in");
	file_write(paths.input, "a", "C,3\n,4\n");
	load(trial, &paths, 65);
	trial_assert_said(trial, "published 1, rejected 1, skipped 2 in");
	trial_assert_said(trial, "in.csv:5: no orderno\n");
	/* Rejected for good, and told every time. */
	load(trial, &paths, 65);
	trial_assert_said(trial, "published 0, rejected 1, skipped 4 in");
	assert_int_equal(trial_length(trial), 3);
}

static void another_input_is_refused(void **state)
{
	static const char *const inputs[] = {
		"orderno,amount\nA,1\nB,3\nC,4\n",   /* another value */
		"orderno,total\nA,1\nB,2\nC,4\n",    /* another name */
		"orderno,amount\n\nA,1\nB,2\nC,4\n", /* other lines */
		"orderno,amount\nB,2\nA,1\nC,4\n",   /* another order */
		"orderno,amount\nA,1\n",             /* less */
		"orderno,amount\n",
	};
	struct trial *trial = *state;
	struct paths paths;

	paths_make(trial, &paths);
	file_write(paths.input, "w", "orderno,amount\nA,1\nB,2\n");
	load(trial, &paths, 0);
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		file_write(paths.input, "w", inputs[i]);
		load(trial, &paths, 65);
		trial_assert_said(trial, "in.csv is not what state ");
		trial_assert_said(trial, ": its first 2 orders are others");
	}
	assert_int_equal(trial_length(trial), 2);
	file_write(paths.input, "w", "orderno,amount\nA,1\nB,2\nC,4\n");
	load(trial, &paths, 0);
	trial_assert_said(trial, "published 1, rejected 0, skipped 2 in");
}

static void another_stream_is_refused(void **state)
{
	struct trial *trial = *state;
	struct paths paths;

	paths_make(trial, &paths);
	file_write(paths.input, "w", "orderno\nA\n");
	load(trial, &paths, 0);
	trial_run(trial, 65, "", "--csv", paths.input, "--state", paths.state,
		  "--stream", "other", NULL);
	trial_assert_said(trial, "is of another Redis or stream");
	trial_run(trial, 65, "", "--csv", paths.input, "--state", paths.state,
		  "--redis", "redis://127.0.0.1:1", NULL);
	trial_assert_said(trial, "is of another Redis or stream");
}

/* Every beginning of the file, and every byte of it changed. */
static void a_torn_state_is_noticed(void **state)
{
	struct trial *trial = *state;
	struct paths paths;
	char text[1024];
	size_t length;
	FILE *file;

	paths_make(trial, &paths);
	file_write(paths.input, "w", "orderno\nA\n");
	load(trial, &paths, 0);
	file = fopen(paths.state, "r");
	assert_non_null(file);
	length = fread(text, 1, sizeof(text), file);
	fclose(file);
	for (size_t i = 0; i < length; i += i < length - 12 ? 7 : 1) {
		for (int change = 0; change < 2; change++) {
			file = fopen(paths.state, "w");
			assert_non_null(file);
			text[i] ^= (char)change;
			assert_int_equal(
				fwrite(text, 1, change ? length : i, file),
				change ? length : i);
			text[i] ^= (char)change;
			fclose(file);
			load(trial, &paths, 65);
			trial_assert_said(trial, "is torn, changed, or no ");
		}
	}
	(void)unlink(paths.state);
	load(trial, &paths, 0);
	trial_assert_said(trial, "published 0, rejected 0, known 1 in");
}

static void a_state_that_cannot_be_written_stops_nothing(void **state)
{
	struct trial *trial = *state;
	struct paths paths;

	paths_make(trial, &paths);
	file_write(paths.input, "w", "orderno\nA\n");
	trial_run(trial, 0, "", "--csv", paths.input, "--state",
		  "/nonexistent/state", NULL);
	trial_assert_said(trial, "state /nonexistent/state: open ");
	trial_assert_said(trial, "published 1");
	trial_run(trial, 65, "", "--csv", paths.input, "--state", "/tmp", NULL);
	trial_assert_said(trial, "state /tmp: read: Is a directory");
}

static void a_killed_load_goes_on_where_it_was(void **state)
{
	struct trial *trial = *state;
	struct paths paths;
	struct stat st;

	paths_make(trial, &paths);
	trial_start(trial, "--generate", "1000000", "--seed", "1", "--rate",
		    "20000", "--state", paths.state, NULL);
	trial_await_length(trial, 25000);
	assert_int_equal(stat(paths.state, &st), 0);
	kill(trial->program.pid, SIGKILL);
	trial_finish(trial, 128 + SIGKILL);
	trial_start(trial, "--generate", "1000000", "--seed", "1", "--state",
		    paths.state, NULL);
	trial_await_length(trial, 60000);
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	trial_assert_said(trial, ", skipped ");
	assert_int_equal(trial_length(trial) + 2,
			 redis_fixture_integer(trial->redis, "HLEN",
					       "{ordermq}:once:new", NULL));
	/* After a stop in good order nothing is sent twice. */
	trial_start(trial, "--generate", "1000000", "--seed", "1", "--state",
		    paths.state, NULL);
	trial_await_length(trial, trial_length(trial) + 1);
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	assert_null(strstr(trial->program.err, "known"));
	trial_run(trial, 65, "", "--generate", "1000000", "--seed", "2",
		  "--state", paths.state, NULL);
	trial_assert_said(trial, "generator is not what state ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, trial_setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_done_is_skipped),
		TEST(another_input_is_refused),
		TEST(another_stream_is_refused),
		TEST(a_torn_state_is_noticed),
		TEST(a_state_that_cannot_be_written_stops_nothing),
		TEST(a_killed_load_goes_on_where_it_was),
	};

	if (redis_fixture_skip_all())
		return 0;
	/* A program may end before it has read its input. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
