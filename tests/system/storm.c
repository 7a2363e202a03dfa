#include "config.h"

#include "tests/fixtures/ctl_fixture.h"
#include "tests/fixtures/process_fixture.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 40
#define ROUND_ORDERS 100
#define INSTANCES 4

static struct worker workers[INSTANCES];

/* Instances 0 and 1 credit points, 2 and 3 tell. */
static void instance_start(const struct shop *shop, int n)
{
	worker_start(&workers[n], shop, n < 2 ? "points" : "push", n % 2 + 1,
		     "web1");
}

static void instance_killed(struct shop *shop)
{
	int n = rand() % INSTANCES;

	worker_kill(&workers[n]);
	instance_start(shop, n);
}

static void instance_stopped(struct shop *shop)
{
	int n = rand() % INSTANCES;

	assert_int_equal(worker_stop(&workers[n]), 0);
	instance_start(shop, n);
}

static void instance_paused(struct shop *shop)
{
	struct worker *worker = &workers[rand() % INSTANCES];

	(void)shop;
	worker_pause(worker);
	(void)poll(NULL, 0, rand() % 100);
	worker_resume(worker);
}

static void connections_killed(struct shop *shop)
{
	(void)redis_fixture_command(shop->redis, "CLIENT", "KILL", "TYPE",
				    "normal", NULL);
}

static void scripts_flushed(struct shop *shop)
{
	(void)redis_fixture_command(shop->redis, "SCRIPT", "FLUSH", NULL);
}

static void group_destroyed(struct shop *shop)
{
	(void)redis_fixture_command(shop->redis, "XGROUP", "DESTROY", "ordermq",
				    rand() % 2 == 0 ? "points" : "push", NULL);
}

static void redis_paused(struct shop *shop)
{
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGSTOP), 0);
	(void)poll(NULL, 0, rand() % 100);
	assert_int_equal(kill(redis_fixture_pid(shop->redis), SIGCONT), 0);
}

static void redis_killed(struct shop *shop)
{
	redis_fixture_kill(shop->redis);
	redis_fixture_restart(shop->redis);
}

static void redis_full(struct shop *shop)
{
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "1", NULL);
	(void)poll(NULL, 0, rand() % 50);
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "0", NULL);
}

static void leases_deleted(struct shop *shop)
{
	(void)redis_fixture_command(shop->redis, "DEL",
				    "{ordermq}:points:owners",
				    "{ordermq}:push:owners", NULL);
}

static void (*const faults[])(struct shop *) = {
	instance_killed, instance_stopped, instance_paused, connections_killed,
	scripts_flushed, group_destroyed,  redis_paused,    redis_killed,
	redis_full,      leases_deleted,
};

static void whatever_happens_points_are_exact_and_every_order_is_told(
	void **state)
{
	const char *seed = getenv("STORM_SEED");
	struct shop *shop = *state;

	/* Always the same storm, unless another one is asked for. */
	srand(seed == NULL ? 1 : (unsigned int)atoi(seed));
	redis_fixture_append_only(shop->redis);
	shop_configure(shop, "reply_timeout = \"500ms\";", "", "");
	for (int n = 0; n < INSTANCES; n++)
		instance_start(shop, n);
	for (int i = 0; i < ROUNDS; i++) {
		shop_orders(shop, 1 + i * ROUND_ORDERS, ROUND_ORDERS);
		faults[(size_t)rand() % (sizeof(faults) / sizeof(faults[0]))](
			shop);
	}
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	shop_check_points(shop, ROUNDS * ROUND_ORDERS);
	(void)shop_check_push(shop, ROUNDS * ROUND_ORDERS);
	for (int n = 0; n < INSTANCES; n++)
		assert_true(worker_is_alive(&workers[n]));
	ctl_check_books(shop);
	assert_int_equal(redis_fixture_integer(shop->redis, "EXISTS",
					       "{ordermq}:dead", NULL),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			whatever_happens_points_are_exact_and_every_order_is_told,
			shop_open, shop_close),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
