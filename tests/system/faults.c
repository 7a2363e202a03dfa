#include "config.h"

#include "tests/fixtures/ctl_fixture.h"
#include "tests/fixtures/process_fixture.h"

#include "lib/base/clock.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define LOAD 1000

/* Over this time an instance that waits is watched, and may use this much of
   the processor. */
#define WATCH_MSECS 700
#define SPIN_MSECS 200

static struct worker points, push;

static void both_start(const struct shop *shop)
{
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
}

static void both_ready(const struct shop *shop)
{
	both_start(shop);
	worker_await(&points, "ready");
	worker_await(&push, "ready");
}

/* All orders up to count are finished, and both instances are the ones that
   were started. */
static void both_done(const struct shop *shop, int count)
{
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	assert_true(worker_is_alive(&points));
	assert_true(worker_is_alive(&push));
	shop_check_points(shop, count);
	(void)shop_check_push(shop, count);
}

static void does_not_spin(struct worker *worker)
{
	int64_t before = worker_cpu_msecs(worker);

	(void)poll(NULL, 0, WATCH_MSECS);
	assert_true(worker_is_alive(worker));
	assert_true(worker_cpu_msecs(worker) - before < SPIN_MSECS);
}

static void a_stream_that_is_not_there_yet_is_waited_for(void **state)
{
	const struct shop *shop = *state;

	both_ready(shop);
	does_not_spin(&points);
	shop_orders(shop, 1, 10);
	both_done(shop, 10);
}

static void a_group_that_is_there_goes_on_where_it_was(void **state)
{
	const struct shop *shop = *state;

	(void)shop_publish(shop, "orderno", "before", "userid", "1", NULL);
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "$", NULL);
	shop_orders(shop, 1, 10);
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	shop_check_points(shop, 10);
	assert_int_equal(shop_number(shop, "points", "books", "applied"), 10);
}

static void a_new_group_starts_where_it_is_told(void **state)
{
	const struct shop *shop = *state;

	shop_configure(shop, "", "start = \"$\";", "");
	(void)shop_publish(shop, "orderno", "before", "userid", "1", NULL);
	both_ready(shop);
	shop_orders(shop, 1, 10);
	both_done(shop, 10);
	assert_int_equal(shop_number(shop, "points", "books", "applied"), 10);
}

static void a_key_of_the_wrong_type_is_an_alarm_and_no_end(void **state)
{
	const struct shop *shop = *state;

	shop_configure(shop, "alarm_retry = \"100ms\";", "", "");
	(void)redis_fixture_command(shop->redis, "SET", "ordermq", "x", NULL);
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "WRONGTYPE");
	does_not_spin(&points);
	assert_int_equal(worker_said(&points, "WRONGTYPE"), 1);
	assert_int_equal(worker_said(&points, "ready"), 0);
	(void)redis_fixture_command(shop->redis, "DEL", "ordermq", NULL);
	worker_await(&points, "ready");
	/* And in the middle of the work. */
	shop_orders(shop, 1, 10);
	shop_await_done(shop, "points");
	(void)redis_fixture_command(shop->redis, "SET", "ordermq", "x", NULL);
	does_not_spin(&points);
	(void)redis_fixture_command(shop->redis, "DEL", "ordermq", NULL);
	shop_orders(shop, 11, 10);
	shop_await_done(shop, "points");
	shop_check_points(shop, 20);
}

static void write_password(const struct shop *shop, const char *password)
{
	char path[2 * SHOP_PATH_BYTES];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/password", shop->dir);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%s\n", password);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void a_wrong_password_is_told_and_never_shown(void **state)
{
	const struct shop *shop = *state;
	char more[4 * SHOP_PATH_BYTES];

	(void)snprintf(more, sizeof(more),
		       "alarm_retry = \"100ms\"; "
		       "password_file = \"%s/password\";",
		       shop->dir);
	shop_configure(shop, more, "", "");
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "requirepass",
				    "s3cret-right", NULL);
	write_password(shop, "s3cret-wrong");
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "WRONGPASS");
	does_not_spin(&points);
	assert_int_equal(worker_said(&points, "WRONGPASS"), 1);
	assert_int_equal(worker_said(&points, "s3cret"), 0);
	write_password(shop, "s3cret-right");
	worker_await(&points, "ready");
	assert_int_equal(worker_said(&points, "s3cret"), 0);
}

static void redis_down_at_the_start_is_waited_for(void **state)
{
	const struct shop *shop = *state;

	redis_fixture_kill(shop->redis);
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "connecting again");
	does_not_spin(&points);
	assert_int_equal(worker_said(&points, "ready"), 0);
	redis_fixture_restart(shop->redis);
	worker_await(&points, "ready");
}

static void an_instance_stops_while_redis_is_down(void **state)
{
	const struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	redis_fixture_kill(shop->redis);
	worker_await(&points, "connecting again");
	assert_int_equal(worker_stop(&points), 0);
	assert_true(worker_said(&points, "lease not given back") > 0);
	redis_fixture_restart(shop->redis);
}

/* The time to finish is far shorter than the patience with Redis. */
static void a_silent_server_does_not_hold_up_the_end(void **state)
{
	struct shop *shop = *state;

	shop->drain = "500ms";
	shop_configure(shop, "reply_timeout = \"60s\";", "", "");
	both_ready(shop);
	shop_orders(shop, 1, LOAD);
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGSTOP), 0);
	assert_int_equal(worker_stop(&points), 0);
	assert_int_equal(worker_stop(&push), 0);
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGCONT), 0);
	assert_true(worker_said(&points, "lease not given back") > 0);
	both_start(shop);
	both_done(shop, LOAD);
}

static void an_idle_instance_ends_beside_a_silent_server(void **state)
{
	struct shop *shop = *state;

	shop->drain = "500ms";
	shop_configure(shop, "reply_timeout = \"60s\";", "", "");
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGSTOP), 0);
	assert_int_equal(worker_stop(&points), 0);
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGCONT), 0);
	assert_true(worker_said(&points, "lease not given back") > 0);
}

/* The next attempt after a refusal is far away; this one gets no answer. */
static void an_instance_stops_at_once_while_it_connects(void **state)
{
	const struct shop *shop = *state;
	int64_t begin_msecs;

	shop_configure(shop, "alarm_retry = \"2s\";", "", "");
	(void)redis_fixture_command(shop->redis, "SET", "ordermq", "x", NULL);
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "WRONGTYPE");
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGSTOP), 0);
	(void)poll(NULL, 0, 2500);
	begin_msecs = clock_msecs();
	assert_int_equal(worker_stop(&points), 0);
	assert_in_range(clock_msecs() - begin_msecs, 0, 1000);
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGCONT), 0);
}

static void after_flushall_what_comes_is_finished(void **state)
{
	struct shop *shop = *state;

	both_ready(shop);
	shop_orders(shop, 1, 100);
	both_done(shop, 100);
	for (int i = 0; i < 3; i++) {
		(void)redis_fixture_command(shop->redis, "FLUSHALL", NULL);
		shop_orders(shop, 1, 100);
		both_done(shop, 100);
	}
}

/* "$" says where a group starts that never was; this one was. */
static void after_flushall_nothing_is_skipped_whatever_the_start(void **state)
{
	struct shop *shop = *state;

	shop_configure(shop, "", "start = \"$\";", "");
	both_ready(shop);
	shop_orders(shop, 1, 10);
	both_done(shop, 10);
	for (int i = 0; i < 5; i++) {
		(void)redis_fixture_command(shop->redis, "FLUSHALL", NULL);
		shop_orders(shop, 1, 10);
		both_done(shop, 10);
	}
}

static void a_destroyed_group_leaves_the_points_exact(void **state)
{
	const struct shop *shop = *state;

	both_ready(shop);
	for (int i = 0; i < 5; i++) {
		shop_orders(shop, 1 + i * 200, 200);
		(void)redis_fixture_command(shop->redis, "XGROUP", "DESTROY",
					    "ordermq", "points", NULL);
	}
	worker_await(&points, "had vanished");
	both_done(shop, 1000);
	assert_int_equal(shop_number(shop, "points", "books", "applied"), 1000);
}

static void forgotten_scripts_are_loaded_again(void **state)
{
	const struct shop *shop = *state;

	both_ready(shop);
	for (int i = 0; i < 5; i++) {
		shop_orders(shop, 1 + i * 200, 200);
		(void)redis_fixture_command(shop->redis, "SCRIPT", "FLUSH",
					    NULL);
	}
	both_done(shop, 1000);
}

static void killed_connections_lose_nothing(void **state)
{
	const struct shop *shop = *state;

	both_ready(shop);
	for (int i = 0; i < 50; i++) {
		shop_orders(shop, 1 + i * 20, 20);
		(void)redis_fixture_command(shop->redis, "CLIENT", "KILL",
					    "TYPE", "normal", NULL);
	}
	both_done(shop, 1000);
}

static void a_silent_server_is_left_and_found_again(void **state)
{
	const struct shop *shop = *state;

	shop_configure(shop, "reply_timeout = \"500ms\";", "", "");
	both_ready(shop);
	shop_orders(shop, 1, LOAD);
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGSTOP), 0);
	worker_await(&points, "no answer in time");
	worker_await(&push, "no answer in time");
	does_not_spin(&points);
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGCONT), 0);
	shop_orders(shop, LOAD + 1, LOAD);
	both_done(shop, 2 * LOAD);
}

static void a_full_redis_is_waited_for(void **state)
{
	const struct shop *shop = *state;

	both_ready(shop);
	shop_orders(shop, 1, 100);
	both_done(shop, 100);
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "1", NULL);
	worker_await(&points, "OOM");
	worker_await(&push, "OOM");
	does_not_spin(&points);
	does_not_spin(&push);
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "0", NULL);
	shop_orders(shop, 101, 100);
	both_done(shop, 200);
}

static void redis_killed_and_back_loses_nothing(void **state)
{
	const struct shop *shop = *state;

	redis_fixture_append_only(shop->redis);
	both_ready(shop);
	for (int i = 0; i < 4; i++) {
		shop_orders(shop, 1 + i * 200, 200);
		redis_fixture_kill(shop->redis);
		redis_fixture_restart(shop->redis);
	}
	both_done(shop, 800);
	ctl_check_books(shop);
}

static void redis_back_with_nothing_is_begun_again(void **state)
{
	const struct shop *shop = *state;

	both_ready(shop);
	for (int i = 0; i < 3; i++) {
		shop_orders(shop, 1, 100);
		both_done(shop, 100);
		redis_fixture_kill(shop->redis);
		redis_fixture_restart(shop->redis);
	}
	shop_orders(shop, 1, 100);
	both_done(shop, 100);
}

static void a_ledger_of_the_wrong_type_holds_back_and_loses_nothing(
	void **state)
{
	const struct shop *shop = *state;

	shop_configure(shop, "alarm_retry = \"100ms\";", "", "");
	(void)redis_fixture_command(shop->redis, "SET",
				    "{ordermq}:points:ledger", "x", NULL);
	shop_orders(shop, 1, LOAD);
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "WRONGTYPE");
	does_not_spin(&points);
	assert_int_equal(worker_said(&points, "WRONGTYPE"), 1);
	(void)redis_fixture_command(shop->redis, "DEL",
				    "{ordermq}:points:ledger", NULL);
	shop_await_done(shop, "points");
	shop_check_points(shop, LOAD);
}

static void a_missing_permission_is_told_and_no_end(void **state)
{
	const struct shop *shop = *state;
	char more[4 * SHOP_PATH_BYTES];

	(void)snprintf(more, sizeof(more),
		       "alarm_retry = \"100ms\"; user = \"shop\"; "
		       "password_file = \"%s/password\";",
		       shop->dir);
	shop_configure(shop, more, "", "");
	write_password(shop, "s3cret");
	(void)redis_fixture_command(shop->redis, "ACL", "SETUSER", "shop", "on",
				    ">s3cret", "~*", "+@all", "-xack", NULL);
	shop_orders(shop, 1, 100);
	worker_start(&points, shop, "points", 1, "web1");
	/* In a script, Redis 7.0 calls it ERR; others call it NOPERM. */
	worker_await(&points, "again");
	does_not_spin(&points);
	(void)redis_fixture_command(shop->redis, "ACL", "SETUSER", "shop",
				    "+xack", NULL);
	shop_await_done(shop, "points");
	shop_check_points(shop, 100);
}

static void deleted_content_is_counted_as_lost(void **state)
{
	const struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	worker_kill(&points);
	shop_orders_read_by(shop, 1, 10, "points", "points-1@web1");
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "4", NULL);
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	assert_int_equal(shop_number(shop, "points", "books", "lost"), 6);
	assert_int_equal(shop_number(shop, "points", "books", "applied"), 4);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(a_stream_that_is_not_there_yet_is_waited_for),
		in_shop(a_group_that_is_there_goes_on_where_it_was),
		in_shop(a_new_group_starts_where_it_is_told),
		in_shop(a_key_of_the_wrong_type_is_an_alarm_and_no_end),
		in_shop(a_wrong_password_is_told_and_never_shown),
		in_shop(redis_down_at_the_start_is_waited_for),
		in_shop(an_instance_stops_while_redis_is_down),
		in_shop(a_silent_server_does_not_hold_up_the_end),
		in_shop(an_idle_instance_ends_beside_a_silent_server),
		in_shop(an_instance_stops_at_once_while_it_connects),
		in_shop(after_flushall_what_comes_is_finished),
		in_shop(after_flushall_nothing_is_skipped_whatever_the_start),
		in_shop(a_destroyed_group_leaves_the_points_exact),
		in_shop(forgotten_scripts_are_loaded_again),
		in_shop(killed_connections_lose_nothing),
		in_shop(a_silent_server_is_left_and_found_again),
		in_shop(a_full_redis_is_waited_for),
		in_shop(redis_killed_and_back_loses_nothing),
		in_shop(redis_back_with_nothing_is_begun_again),
		in_shop(a_ledger_of_the_wrong_type_holds_back_and_loses_nothing),
		in_shop(a_missing_permission_is_told_and_no_end),
		in_shop(deleted_content_is_counted_as_lost),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
