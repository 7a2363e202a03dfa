#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct shop *shop;
static struct worker points[2], trial, push;

static void says(const char *text)
{
	if (strstr(ctl.out, text) == NULL)
		fail_msg("'%s' is not in:\n%s%s", text, ctl.out, ctl.err);
}

static void pause_group(const char *group)
{
	assert_int_equal(ctl_run_on(shop, "pause", group, "--reason",
				    "the gateway moves", NULL),
			 0);
}

static void resume_group(const char *group)
{
	assert_int_equal(ctl_run_on(shop, "resume", group, NULL), 0);
}

static int64_t delivered(const char *group)
{
	const struct reply *groups = redis_fixture_command(
		shop->redis, "XINFO", "GROUPS", "ordermq", NULL);

	for (size_t i = 0; i < reply_count(groups); i++) {
		const struct reply *info = reply_at(groups, i);

		if (text_is(reply_text(reply_field(info, "name")), group))
			return reply_integer(reply_field(info, "entries-read"),
					     0);
	}
	return -1;
}

static void a_group_rests_on_every_host_and_goes_on(void **state)
{
	shop = *state;
	worker_start(&points[0], shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	shop_orders(shop, 1, 50);
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	pause_group("points");
	says("points: paused since ");
	says(": the gateway moves\n");
	worker_await(&points[0], "paused by an operator");
	/* One that starts now, elsewhere, has not read a thing before. */
	shop_move(shop);
	worker_start(&points[1], shop, "points", 1, "web2");
	worker_await(&points[1], "paused by an operator");
	shop_orders(shop, 51, 50);
	shop_await_done(shop, "push");
	/* So does one that is killed and comes back. */
	worker_kill(&points[1]);
	worker_start(&points[1], shop, "points", 1, "web2");
	worker_await(&points[1], "points-1: ready");
	assert_int_equal(delivered("points"), 50);
	assert_int_equal(shop_pending(shop, "points"), 0);
	assert_int_equal(delivered("push"), 100);
	resume_group("points");
	says("points: resumed\n");
	shop_await_done(shop, "points");
	shop_check_points(shop, 100);
	assert_int_equal(shop_check_push(shop, 100), 0);
	assert_int_equal(worker_stop(&points[0]), 0);
	assert_int_equal(worker_stop(&points[1]), 0);
	assert_int_equal(worker_stop(&push), 0);
}

static bool one_has_failed(void *data)
{
	(void)data;
	return redis_fixture_integer(shop->redis, "HLEN",
				     "{ordermq}:trial:tries", NULL) == 1;
}

/* Its retry is due since a while, by the clock of Redis. */
static bool it_is_due(void *data)
{
	(void)data;
	return redis_fixture_integer(
		       shop->redis, "EVAL",
		       "local row = redis.call('HVALS', KEYS[1])[1] "
		       "local due = string.match(row, "
		       "'^%d+\t%d+\t%d+\t%d+\t(%d+)') "
		       "local time = redis.call('TIME') return time[1] * 1000 "
		       "+ time[2] / 1000 > due + 500 and 1 or 0",
		       "1", "{ordermq}:trial:tries", NULL) == 1;
}

static bool one_is_pending(void *data)
{
	(void)data;
	return shop_pending(shop, "trial") == 1;
}

static bool nothing_is_pending(void *data)
{
	(void)data;
	return shop_pending(shop, "trial") == 0;
}

/* What the handler has is finished; what waits for its retry waits until then,
   and costs nothing meanwhile. */
static void what_is_in_hand_is_finished_and_the_rest_waits(void **state)
{
	int64_t cpu_msecs;

	shop = *state;
	worker_start(&trial, shop, "trial", 1, "web1");
	worker_await(&trial, "trial-1: ready");
	(void)shop_publish(shop, "orderno", "A-1", "act", "wish", NULL);
	until(one_has_failed, NULL, "an entry has failed");
	(void)shop_publish(shop, "orderno", "A-2", "act", "slow", NULL);
	pause_group("trial");
	worker_await(&trial, "paused by an operator");
	cpu_msecs = worker_cpu_msecs(&trial);
	until(one_is_pending, NULL, "what was in hand is done");
	until(it_is_due, NULL, "the retry of the other one is due");
	assert_int_equal(shop_pending(shop, "trial"), 1);
	assert_int_equal(shop_number(shop, "trial", "books", "applied"), 1);
	assert_true(worker_cpu_msecs(&trial) - cpu_msecs < 500);
	resume_group("trial");
	until(nothing_is_pending, NULL, "it succeeds at last");
	assert_int_equal(shop_number(shop, "trial", "books", "applied"), 2);
	assert_int_equal(worker_stop(&trial), 0);
}

static void who_and_why_can_be_seen(void **state)
{
	shop = *state;
	worker_start(&points[0], shop, "points", 1, "web1");
	worker_await(&points[0], "points-1: ready");
	pause_group("points");
	assert_int_equal(ctl_run_on(shop, "pause", "points", "--reason",
				    "for fun", "--json", NULL),
			 0);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "changed"), "false");
	assert_non_null(strstr(ctl_value(0, "paused"),
			       "\"why\":\"the gateway moves\""));
	assert_int_equal(ctl_run_on(shop, "pause", "points", "--reason",
				    "for fun", NULL),
			 0);
	says("points: is paused already since ");
	(void)ctl_run_on(shop, "status", NULL);
	says("points is paused since ");
	says(": the gateway moves\n");
	assert_int_equal(worker_stop(&points[0]), 0);
	resume_group("points");
	assert_int_equal(ctl_run_on(shop, "resume", "points", NULL), 0);
	says("points: is not paused\n");
	(void)ctl_run_on(shop, "status", NULL);
	assert_null(strstr(ctl.out, "is paused"));
}

static void what_cannot_be_paused_is_said(void **state)
{
	shop = *state;
	assert_int_equal(ctl_run_on(shop, "pause", "points", NULL), 64);
	assert_non_null(strstr(ctl.err, "--reason: say why"));
	assert_int_equal(ctl_run_on(shop, "pause", NULL), 64);
	assert_int_equal(
		ctl_run_on(shop, "pause", "xread", "--reason", "x", NULL), 65);
	assert_int_equal(
		ctl_run_on(shop, "pause", "nobody", "--reason", "x", NULL), 65);
	assert_non_null(strstr(ctl.err, "nobody: no such group"));
	/* It need not be there yet. */
	pause_group("push");
	worker_start(&push, shop, "push", 1, "web1");
	worker_await(&push, "paused by an operator");
	assert_int_equal(worker_stop(&push), 0);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(a_group_rests_on_every_host_and_goes_on),
		in_shop(what_is_in_hand_is_finished_and_the_rest_waits),
		in_shop(who_and_why_can_be_seen),
		in_shop(what_cannot_be_paused_is_said),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("pause", tests, NULL, NULL);
}
