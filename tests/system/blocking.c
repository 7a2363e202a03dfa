/* A handler that blocks in its entries, for longer in all than any time limit:
   it keeps what it holds, what is done is settled while it goes on, and
   whatever ends it repeats at most what it had taken up. */

#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include "lib/base/clock.h"
#include "lib/process/board.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ORDERS_MAX 200

/* Without a sign of life for as long an instance would be taken for hung; the
   least that can be configured. */
#define SIGN_MSECS 1000

/* Entries that may have been taken up since the last touch that settled. */
#define TAKEN_UP 3

static struct worker workers[2];
static char effects_file[2 * SHOP_PATH_BYTES];
static int effects[ORDERS_MAX]; /* of each order */

static int open_blocking(void **state)
{
	const struct shop *shop;

	if (shop_open(state) < 0)
		return -1;
	shop = *state;
	(void)snprintf(effects_file, sizeof(effects_file), "%s/effects",
		       shop->dir);
	return setenv("ORDERMQ_TRIAL_EFFECTS", effects_file, 1);
}

/* Orders number 0, 1, ... that block for so long each. */
static void publish(const struct shop *shop, int count, const char *msecs)
{
	char number[16];

	for (int n = 0; n < count; n++) {
		(void)snprintf(number, sizeof(number), "%d", n);
		(void)shop_publish(shop, "orderno", number, "act", "block",
				   "msecs", msecs, NULL);
	}
}

/* Returns how many effects there are. */
static int effects_read(void)
{
	FILE *file = fopen(effects_file, "re");
	int number, count = 0;

	memset(effects, 0, sizeof(effects));
	while (file != NULL && fscanf(file, "%d", &number) == 1) {
		assert_in_range(number, 0, ORDERS_MAX - 1);
		effects[number]++;
		count++;
	}
	if (file != NULL)
		(void)fclose(file);
	return count;
}

/* Each of the orders has had its effect; returns how many had it again. */
static int effects_check(int count)
{
	int repeated = effects_read() - count;

	for (int n = 0; n < count; n++)
		assert_true(effects[n] >= 1);
	return repeated;
}

static bool has_effects(void *data)
{
	return effects_read() >= *(int *)data;
}

static void await_effects(int count)
{
	until(has_effects, &count, "effects");
}

/* How long ago the instance gave its last sign of life; 0: it waits. */
static int64_t silent_msecs(const struct shop *shop, int slot)
{
	char path[2 * SHOP_PATH_BYTES];
	struct board board;
	int64_t busy = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/trial-%d.board", shop->run_dir,
		       slot);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (board_read(fd, &board) == 0)
		busy = (int64_t)board_get(&board.busy_msecs);
	(void)close(fd);
	return busy == 0 ? 0 : clock_msecs() - busy;
}

/* Neither an attempt nor a crash is noted of any entry, and none is left. */
static void nothing_is_noted(const struct shop *shop, int count)
{
	assert_int_equal(redis_fixture_integer(shop->redis, "HLEN",
					       "{ordermq}:trial:tries", NULL),
			 0);
	assert_int_equal(shop_pending(shop, "trial"), 0);
	assert_int_equal(shop_number(shop, "trial", "books", "applied"), count);
	for (int i = 0; i < 2 && workers[i].shop != NULL; i++) {
		assert_int_equal(worker_said(&workers[i], "lease lost"), 0);
		assert_int_equal(worker_said(&workers[i], "took over"), 0);
	}
}

static bool is_settled(void *data)
{
	const struct shop *shop = data;

	for (int slot = 1; slot <= 2; slot++)
		assert_in_range(silent_msecs(shop, slot), 0, SIGN_MSECS - 1);
	return effects_read() >= 60 && shop_pending(shop, "trial") == 0;
}

/* Each has more than 16 orders at once, so 1.1 s and more without a return. */
static void one_that_blocks_keeps_what_it_holds(void **state)
{
	struct shop *shop = *state;

	worker_start(&workers[0], shop, "trial", 1, "web1");
	worker_start(&workers[1], shop, "trial", 2, "web1");
	worker_await(&workers[0], "ready");
	worker_await(&workers[1], "ready");
	publish(shop, 60, "70");
	until(is_settled, shop, "all is settled");
	assert_int_equal(effects_check(60), 0);
	nothing_is_noted(shop, 60);
}

static void so_it_does_on_two_hosts_with_entries_that_take_long(void **state)
{
	struct shop *shop = *state;

	publish(shop, 12, "400");
	worker_start(&workers[0], shop, "trial", 1, "web1");
	worker_await(&workers[0], "ready");
	shop_move(shop);
	worker_start(&workers[1], shop, "trial", 1, "web2");
	await_effects(12);
	shop_await_done(shop, "trial");
	assert_int_equal(effects_check(12), 0);
	nothing_is_noted(shop, 12);
}

/* While the handler is in the middle of its batch. */
static void what_is_done_is_settled_while_it_goes_on(void **state)
{
	struct shop *shop = *state;
	int64_t applied;

	publish(shop, 16, "100");
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(8);
	applied = shop_number(shop, "trial", "books", "applied");
	assert_in_range(applied, 8 - TAKEN_UP, 8);
	assert_in_range(shop_pending(shop, "trial"), 1, 16 - applied);
}

/* Redis is full for a moment, in the middle of a batch. */
static void after_a_trouble_it_settles_again_while_it_goes_on(void **state)
{
	struct shop *shop = *state;

	shop->owner_ttl = "3s";
	shop_configure(shop, "", "", "");
	publish(shop, 16, "200");
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(1);
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "1", NULL);
	worker_await(&workers[0], "OOM ");
	(void)redis_fixture_command(shop->redis, "CONFIG", "SET", "maxmemory",
				    "0", NULL);
	await_effects(12);
	assert_in_range(shop_number(shop, "trial", "books", "applied"),
			12 - TAKEN_UP, 12);
	await_effects(16);
	shop_await_done(shop, "trial");
	nothing_is_noted(shop, 16);
}

static void a_kill_repeats_at_most_what_was_taken_up(void **state)
{
	struct shop *shop = *state;

	publish(shop, 16, "70");
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(7);
	worker_kill(&workers[0]);
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(16);
	shop_await_done(shop, "trial");
	assert_in_range(effects_check(16), 0, TAKEN_UP);
}

static void told_to_stop_it_ends_behind_the_entry_it_is_at(void **state)
{
	struct shop *shop = *state;
	int64_t begin_msecs;

	publish(shop, 16, "200");
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(3);
	begin_msecs = clock_msecs();
	assert_int_equal(worker_stop(&workers[0]), 0);
	assert_in_range(clock_msecs() - begin_msecs, 0, 1500);
	assert_in_range(effects_read(), 3, 6);
	assert_int_equal(worker_said(&workers[0], "entries for others"), 1);
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(16);
	shop_await_done(shop, "trial");
	assert_int_equal(effects_check(16), 0);
	nothing_is_noted(shop, 16);
}

/* It stands still for longer than its lease lasts, and another host takes over:
   it repeats the entry that it was at, and takes up no other. */
static void one_that_slept_takes_up_nothing_of_others(void **state)
{
	struct shop *shop = *state;

	publish(shop, 16, "100");
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(3);
	worker_pause(&workers[0]);
	shop_move(shop);
	worker_start(&workers[1], shop, "trial", 1, "web2");
	await_effects(16);
	worker_resume(&workers[0]);
	shop_await_done(shop, "trial");
	worker_await(&workers[0], "lease lost");
	assert_in_range(effects_check(16), 0, TAKEN_UP);
}

/* Longer than it can be sure of its lease, which nobody else wants: it gives
   back the others, and gets them again at once. */
static void an_entry_longer_than_the_lease_is_done_once(void **state)
{
	struct shop *shop = *state;
	int64_t begin_msecs;

	publish(shop, 2, "1200");
	worker_start(&workers[0], shop, "trial", 1, "web1");
	await_effects(1);
	begin_msecs = clock_msecs();
	await_effects(2);
	assert_in_range(clock_msecs() - begin_msecs, 0, 1200 + 800);
	shop_await_done(shop, "trial");
	assert_int_equal(effects_check(2), 0);
	nothing_is_noted(shop, 2);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, open_blocking, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(one_that_blocks_keeps_what_it_holds),
		in_shop(so_it_does_on_two_hosts_with_entries_that_take_long),
		in_shop(what_is_done_is_settled_while_it_goes_on),
		in_shop(after_a_trouble_it_settles_again_while_it_goes_on),
		in_shop(a_kill_repeats_at_most_what_was_taken_up),
		in_shop(told_to_stop_it_ends_behind_the_entry_it_is_at),
		in_shop(one_that_slept_takes_up_nothing_of_others),
		in_shop(an_entry_longer_than_the_lease_is_done_once),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("blocking", tests, NULL, NULL);
}
