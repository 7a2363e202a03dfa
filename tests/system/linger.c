#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ORDERS 100

static struct worker worker;

/* Other clients that keep the server busy: each command waits for one of
   them. */
#define BUSY 3

/* The server does nothing else for this time. A script that spins until TIME
   has gone on would not do: inside a script of Redis 8 the time stands
   still. */
#define BUSY_SECS "0.01"

static void busy_start(const struct shop *shop, pid_t *pid_r)
{
	struct settings settings;
	struct arena *arena;
	struct redis *redis;
	struct err err;

	*pid_r = fork();
	assert_true(*pid_r >= 0);
	if (*pid_r > 0)
		return;
	redis_fixture_settings(shop->redis, &settings);
	arena = arena_open(0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && arena != NULL &&
	    redis_open(&settings.redis, -1, &redis, &err) == 0) {
		while (redis_command(redis, arena, &err, "DEBUG", "SLEEP",
				     BUSY_SECS, NULL) != NULL)
			arena_reset(arena);
	}
	_exit(1);
}

static void busy_stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* How often entries were asked for since CONFIG RESETSTAT. */
static int64_t reads(const struct shop *shop)
{
	struct text stats = reply_text(redis_fixture_command(
		shop->redis, "INFO", "commandstats", NULL));
	const char *line = strstr(stats.data, "cmdstat_xreadgroup:calls=");

	assert_non_null(line);
	return atoll(strchr(line, '=') + 1);
}

/* Without lingering nearly every order takes a read of its own. */
static void a_read_brings_more_while_redis_is_busy(void **state)
{
	const struct shop *shop = *state;
	pid_t others[BUSY];

	shop_configure(shop, "", "linger = \"200ms\";", "");
	worker_start(&worker, shop, "points", 1, "web1");
	worker_await(&worker, "ready");
	(void)redis_fixture_command(shop->redis, "CONFIG", "RESETSTAT", NULL);
	for (int i = 0; i < BUSY; i++)
		busy_start(shop, &others[i]);
	shop_orders(shop, 1, ORDERS);
	for (int i = 0; i < BUSY; i++)
		busy_stop(others[i]);
	shop_await_done(shop, "points");
	assert_true(5 * reads(shop) < 3 * ORDERS);
	assert_int_equal(worker_stop(&worker), 0);
	shop_check_points(shop, ORDERS);
}

static void nothing_waits_while_redis_is_idle(void **state)
{
	const struct shop *shop = *state;
	int64_t start;

	shop_configure(shop, "", "linger = \"1s\";", "");
	worker_start(&worker, shop, "points", 1, "web1");
	worker_await(&worker, "ready");
	start = clock_msecs();
	for (int i = 1; i <= 20; i++) {
		shop_orders(shop, i, 1);
		shop_await_done(shop, "points");
	}
	assert_true(clock_msecs() - start < 10 * 1000);
	assert_int_equal(worker_stop(&worker), 0);
	shop_check_points(shop, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_read_brings_more_while_redis_is_busy, shop_open,
			shop_close),
		cmocka_unit_test_setup_teardown(
			nothing_waits_while_redis_is_idle, shop_open,
			shop_close),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("linger", tests, NULL, NULL);
}
