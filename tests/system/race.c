/* bench/seckill: users who race for few items, and every sum. */

#include "config.h"

#include "lib/base/clock.h"
#include "tests/fixtures/order_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	int ret = trial_setup(state);

	((struct trial *)*state)->path = "bench/seckill";
	return ret;
}

#define run(trial, status, ...) trial_run(trial, status, "", __VA_ARGS__, NULL)

static void said(struct trial *trial, const char *text)
{
	if (strstr(trial->program.out, text) == NULL)
		fail_msg("not said: %s\nbut: %s%s", text, trial->program.out,
			 trial->program.err);
}

static int64_t key_count(struct trial *trial)
{
	return redis_fixture_integer(trial->redis, "DBSIZE", NULL);
}

static const struct {
	const char *words[4];
	const char *what;
} wrong[] = {
	{ { NULL }, "--stream is needed" },
	{ { "--stream", "b", "x" }, "x: nothing may follow" },
	{ { "--stream", "b", "--users=0" }, "--users: 0: a whole number" },
	{ { "--stream", "b", "--items=x" }, "--items: x: a whole number" },
	{ { "--stream", "b", "--processes=257" }, "from 1 to 256 is needed" },
};

static void a_wrong_command_line_is_refused(void **state)
{
	struct trial *trial = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const *w = wrong[i].words;

		run(trial, 64, w[0], w[1], w[2], w[3]);
		trial_assert_said(trial, wrong[i].what);
		assert_string_equal(trial->program.out, "");
	}
	assert_int_equal(key_count(trial), 0);
}

static void a_race_is_checked(void **state)
{
	struct trial *trial = *state;

	run(trial, 0, "--stream", "ordermq", "--users", "1000", "--items", "50",
	    "--processes", "4", "--amount", "100");
	said(trial, "\"users\":1000,\"items\":50,\"processes\":4,"
		    "\"requests\":2000,\"sold\":50,\"already_bought\":50,"
		    "\"sold_out\":1900,");
	assert_int_equal(trial_length(trial), 50);
	/* Beside those of another sale, and with more than there are users. */
	run(trial, 0, "--stream", "ordermq", "--users", "9", "--items", "10",
	    "--processes", "3");
	said(trial, "\"sold\":9,\"already_bought\":9,\"sold_out\":0,");
	assert_int_equal(key_count(trial), 1);
}

/* Somebody else has a hand in it. */
static void a_wrong_sum_fails(void **state)
{
	struct trial *trial = *state;
	int64_t deadline = clock_msecs() + 20000;
	static const char doubled[] =
		"local e = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)"
		"[1] if not e then return 0 end "
		"redis.call('XADD', KEYS[1], '*', unpack(e[2])) return 1";

	trial_start(trial, "--stream", "ordermq", "--users", "3000", "--items",
		    "100", "--processes", "2", NULL);
	while (redis_fixture_integer(trial->redis, "EVAL", doubled, "1",
				     "ordermq", NULL) == 0)
		assert_true(clock_msecs() < deadline);
	trial_finish(trial, 70);
	trial_assert_said(trial, "wrong sums: user ");
	trial_assert_said(trial, " has two entries");
	assert_string_equal(trial->program.out, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wrong_command_line_is_refused),
		TEST(a_race_is_checked),
		TEST(a_wrong_sum_fails),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}
