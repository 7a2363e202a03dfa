/* The wall clock of the server is set, forward and back, by hours: leases and
   waits are counted by it, and must not be trusted. */

#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define HOUR_SECS INT64_C(3600)

/* Several times what an instance needs from one beat to the next. */
#define SETTLE_MSECS 1500
#define SPIN_MSECS 200

static struct worker one, two, push;
static char clock_path[] = "/tmp/omq-clock-XXXXXX";
static int64_t *more_secs; /* what the server adds to the time */

static int64_t server_secs(const struct shop *shop)
{
	const struct reply *reply =
		redis_fixture_command(shop->redis, "TIME", NULL);

	return strtoll(reply_text(reply_at(reply, 0)).data, NULL, 10);
}

/* So many seconds ahead of what it was at first. */
static void set_clock(const struct shop *shop, int64_t secs)
{
	int64_t before = server_secs(shop) - *more_secs;

	*more_secs = secs;
	assert_in_range(server_secs(shop) - secs - before, 0, 60);
}

/* Two hosts credit points, and one tells. */
static void all_ready(struct shop *shop)
{
	shop_configure(shop, "reply_timeout = \"500ms\";", "", "");
	worker_start(&one, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	worker_await(&one, "ready");
	worker_await(&push, "ready");
	shop_move(shop);
	shop_configure(shop, "reply_timeout = \"500ms\";", "", "");
	worker_start(&two, shop, "points", 2, "web2");
	worker_await(&two, "ready");
}

/* Over some beats nobody spins; and new orders are done. */
static void all_go_on(const struct shop *shop, int first, int count)
{
	int64_t before = worker_cpu_msecs(&one) + worker_cpu_msecs(&two) +
			 worker_cpu_msecs(&push);

	(void)poll(NULL, 0, SETTLE_MSECS);
	assert_true(worker_is_alive(&one) && worker_is_alive(&two) &&
		    worker_is_alive(&push));
	assert_true(worker_cpu_msecs(&one) + worker_cpu_msecs(&two) +
			    worker_cpu_msecs(&push) - before <
		    SPIN_MSECS);
	shop_orders(shop, first, count);
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	shop_check_points(shop, first + count - 1);
	(void)shop_check_push(shop, first + count - 1);
}

static void a_clock_that_jumps_under_load_credits_once(void **state)
{
	static const int64_t hours[] = { 1, 0, -1, 2, -2, 0 };
	struct shop *shop = *state;

	all_ready(shop);
	for (int i = 0; i < 6; i++) {
		shop_orders(shop, 1 + i * 400, 200);
		set_clock(shop, hours[i] * HOUR_SECS);
		shop_orders(shop, 201 + i * 400, 200);
	}
	all_go_on(shop, 2401, 100);
	assert_int_equal(shop_number(shop, "points", "books", "applied"), 2500);
}

/* The server counts BLOCK by its clock: this one would end in an hour. */
static void a_clock_set_back_holds_up_nobody(void **state)
{
	struct shop *shop = *state;

	all_ready(shop);
	shop_orders(shop, 1, 10);
	shop_await_done(shop, "points");
	set_clock(shop, -HOUR_SECS);
	all_go_on(shop, 11, 10);
}

static bool lease_is_of_tomorrow(void *data)
{
	const struct shop *shop = data;
	const struct reply *reply = redis_fixture_command(
		shop->redis, "HGET", "{ordermq}:points:owners", "points-1@web1",
		NULL);
	const char *lease = reply_text(reply).data;
	int64_t expiry = 0;

	/* Node id, generation, expiry, who. */
	if (reply_text(reply).length > 0)
		(void)sscanf(lease, "%*s %*s %" SCNd64, &expiry);
	return expiry / 1000 > server_secs(shop) + HOUR_SECS / 2;
}

/* Its last lease was written by a clock that was an hour ahead. */
static void a_host_lost_while_the_clock_was_ahead_is_succeeded(void **state)
{
	struct shop *shop = *state;

	set_clock(shop, HOUR_SECS);
	all_ready(shop);
	worker_kill(&one);
	shop_orders_read_by(shop, 1, 10, "points", "points-1@web1");
	set_clock(shop, 0);
	assert_true(lease_is_of_tomorrow(shop));
	shop_await_done(shop, "points");
	shop_check_points(shop, 10);
	/* And a new one under the same name need not wait either. */
	worker_start(&one, shop, "points", 1, "web1");
	worker_await(&one, "ready");
}

static int clock_open(void **state)
{
	int fd;
	int ret;

	(void)strcpy(clock_path, "/tmp/omq-clock-XXXXXX");
	fd = mkstemp(clock_path);
	if (fd < 0 || ftruncate(fd, sizeof(*more_secs)) < 0)
		return -1;
	more_secs = mmap(NULL, sizeof(*more_secs), PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	(void)close(fd);
	if (more_secs == MAP_FAILED)
		return -1;
	/* For the server only. */
	(void)setenv("FAKE_CLOCK", clock_path, 1);
	(void)setenv("LD_PRELOAD", "tests/fake_clock.so", 1);
	ret = shop_open(state);
	(void)unsetenv("LD_PRELOAD");
	return ret;
}

static int clock_close(void **state)
{
	int ret = shop_close(state);

	(void)munmap(more_secs, sizeof(*more_secs));
	(void)unlink(clock_path);
	return ret;
}

#define with_clock(test)                                                       \
	cmocka_unit_test_setup_teardown(test, clock_open, clock_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_clock(a_clock_that_jumps_under_load_credits_once),
		with_clock(a_clock_set_back_holds_up_nobody),
		with_clock(a_host_lost_while_the_clock_was_ahead_is_succeeded),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
