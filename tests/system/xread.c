#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct worker readers[3];

struct seen {
	const struct shop *shop;
	size_t least;
};

static size_t seen_count(const struct shop *shop)
{
	FILE *file = fopen(shop->xread_file, "re");
	size_t count = 0;
	int c;

	if (file == NULL)
		return 0;
	while ((c = getc(file)) != EOF)
		count += c == '\n';
	(void)fclose(file);
	return count;
}

static bool has_seen(void *data)
{
	const struct seen *seen = data;

	return seen_count(seen->shop) >= seen->least;
}

static void await_seen(const struct shop *shop, size_t least)
{
	until(has_seen, &(struct seen){ shop, least }, "seen by XREAD");
	assert_int_equal(seen_count(shop), least);
}

static void every_reader_sees_every_entry(void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, 100);
	for (int i = 0; i < 3; i++)
		worker_start(&readers[i], shop, "xread", i + 1, "web1");
	await_seen(shop, 300);
	shop_orders(shop, 101, 50);
	await_seen(shop, 450);
	/* It leaves no trace in Redis. */
	assert_int_equal(redis_fixture_integer(shop->redis, "DBSIZE", NULL), 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(worker_stop(&readers[i]), 0);
}

static void a_reader_may_begin_with_what_comes(void **state)
{
	struct shop *shop = *state;

	shop_configure(shop, "", "start = \"$\";", "");
	shop_orders(shop, 1, 10);
	worker_start(&readers[0], shop, "xread", 1, "web1");
	worker_await(&readers[0], "ready");
	shop_orders(shop, 11, 5);
	await_seen(shop, 5);
}

static void a_reader_skips_nothing_when_its_connection_is_killed(void **state)
{
	struct shop *shop = *state;

	worker_start(&readers[0], shop, "xread", 1, "web1");
	worker_await(&readers[0], "ready");
	for (int i = 0; i < 10; i++) {
		shop_orders(shop, 1 + i * 20, 20);
		(void)redis_fixture_command(shop->redis, "CLIENT", "KILL",
					    "TYPE", "normal", NULL);
	}
	await_seen(shop, 200);
}

static void entries_that_are_no_orders_stop_no_reader(void **state)
{
	struct shop *shop = *state;

	(void)shop_publish(shop, "no", "order", NULL);
	shop_orders(shop, 1, 3);
	worker_start(&readers[0], shop, "xread", 1, "web1");
	await_seen(shop, 3);
	assert_int_equal(redis_fixture_integer(shop->redis, "EXISTS",
					       "{ordermq}:dead", NULL),
			 0);
}

static void an_entry_that_no_reply_can_hold_stops_no_reader(void **state)
{
	static char large[2 * 1024 * 1024];
	struct shop *shop = *state;

	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	memset(large, 'x', sizeof(large) - 1);
	shop_orders(shop, 1, 3);
	(void)shop_publish(shop, "f", large, NULL);
	shop_orders(shop, 4, 3);
	worker_start(&readers[0], shop, "xread", 1, "web1");
	await_seen(shop, 6);
	assert_int_equal(worker_said(&readers[0], "skipped"), 1);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(every_reader_sees_every_entry),
		in_shop(a_reader_may_begin_with_what_comes),
		in_shop(a_reader_skips_nothing_when_its_connection_is_killed),
		in_shop(entries_that_are_no_orders_stop_no_reader),
		in_shop(an_entry_that_no_reply_can_hold_stops_no_reader),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("xread", tests, NULL, NULL);
}
