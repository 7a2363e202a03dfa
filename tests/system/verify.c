#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "tests/fixtures/verify_fixture.h"

#include <jansson.h>

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

static void what_was_done_properly_balances(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	verify_expect(0, verify_run(shop, "--push-log", shop->push_file, NULL));
	verify_says("balanced");
	verify_says("repeated               10");
	verify_rest();
	verify_expect(0, verify_run(shop, "--push-log", shop->push_file, NULL));
}

static int64_t number(const json_t *record, const char *name)
{
	return json_integer_value(json_object_get(record, name));
}

static void programs_read_the_numbers(void **state)
{
	struct shop *shop = *state;
	json_t *record;

	verify_work(shop);
	verify_expect(0, verify_run(shop, "--json", "points", NULL));
	record = json_loads(ctl.out, 0, NULL);
	assert_non_null(record);
	assert_int_equal(number(record, "due"), VERIFY_LOAD + 14);
	assert_int_equal(number(record, "sum"), VERIFY_LOAD + 14);
	assert_int_equal(number(record, "ledger"), VERIFY_LOAD + 1);
	assert_int_equal(number(json_object_get(record, "books"), "applied"),
			 VERIFY_LOAD + 1);
	assert_int_equal(number(json_object_get(record, "books"), "duplicate"),
			 10);
	assert_int_equal(number(json_object_get(record, "books"), "rejected"),
			 1);
	assert_true(json_is_true(json_object_get(record, "balanced")));
	json_decref(record);
}

static void kills_and_take_overs_balance(void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, 10 * VERIFY_LOAD);
	for (int i = 0; i < 3; i++) {
		worker_start(&points_1, shop, "points", 1, "web1");
		worker_start(&push_1, shop, "push", 1, "web1");
		worker_await(&push_1, "ready");
		worker_kill(&points_1);
		worker_kill(&push_1);
		verify_expect(0, verify_run(shop, NULL, NULL, NULL));
	}
	worker_start(&points_1, shop, "points", 1, "web1");
	worker_start(&push_1, shop, "push", 1, "web1");
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	verify_expect(0, verify_run(shop, "--push-log", shop->push_file, NULL));
}

static void what_moves_is_not_taken_for_wrong(void **state)
{
	struct shop *shop = *state;
	int looks = 0;

	worker_start(&points_1, shop, "points", 1, "web1");
	worker_start(&push_1, shop, "push", 1, "web1");
	worker_await(&points_1, "ready");
	worker_await(&push_1, "ready");
	for (int i = 0; i < 10; i++) {
		shop_orders(shop, 1 + i * VERIFY_LOAD, VERIFY_LOAD);
		/* So that both have something to do meanwhile. */
		worker_pause(&points_1);
		worker_pause(&push_1);
		shop_orders(shop, 1 + i * VERIFY_LOAD, VERIFY_LOAD);
		worker_resume(&points_1);
		worker_resume(&push_1);
		verify_expect(0, verify_run(shop, "--push-log", shop->push_file,
					    NULL));
		looks++;
	}
	assert_int_equal(looks, 10);
}

static void a_changed_balance_is_named(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	(void)redis_fixture_command(shop->redis, "HINCRBY",
				    "{ordermq}:points:balance", "3", "1", NULL);
	verify_expect(70, verify_points(shop));
	verify_says("account 3 has 301 points, and by the ledger 300");
	(void)redis_fixture_command(shop->redis, "HDEL",
				    "{ordermq}:points:balance", "3", NULL);
	verify_expect(70, verify_points(shop));
	verify_says("account 3 has 0 points, and by the ledger 300");
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:balance", "3", "300",
				    NULL);
	verify_expect(0, verify_points(shop));
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:balance", "nobody", "5",
				    NULL);
	verify_expect(70, verify_points(shop));
	verify_says("account nobody has 5 points, and by the ledger 0");
}

static void a_ledger_line_that_is_gone_is_named(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	assert_int_equal(redis_fixture_integer(shop->redis, "HDEL",
					       "{ordermq}:points:ledger",
					       "A-123:paid", NULL),
			 1);
	verify_expect(70, verify_points(shop));
	verify_says("the ledger has 300 lines, and 301 entries were applied");
	verify_says("account 3 has 300 points, and by the ledger 290");
	verify_says("A-123:paid is neither pending nor in the ledger");
}

static void a_ledger_line_that_is_no_line_is_named(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:ledger", "A-123:paid",
				    "3\t1000", NULL);
	verify_expect(70, verify_points(shop));
	verify_says("ledger line of A-123:paid cannot be read");
}

static void go_on(struct shop *shop)
{
	worker_start(&points_1, shop, "points", 1, "web1");
	worker_start(&push_1, shop, "push", 1, "web1");
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
}

static void an_entry_acknowledged_by_a_stranger_is_named(void **state)
{
	struct shop *shop = *state;
	char id[64];

	verify_leave_pending(shop, "points");
	verify_expect(0, verify_points(shop));
	verify_says("pending                 3");
	(void)snprintf(id, sizeof(id), "%s",
		       reply_text(reply_at(redis_fixture_command(
						   shop->redis, "XPENDING",
						   "ordermq", "points", NULL),
					   1))
			       .data);
	(void)redis_fixture_command(shop->redis, "XACK", "ordermq", "points",
				    id, NULL);
	verify_expect(70, verify_points(shop));
	verify_says("1 entries were due and are nowhere");
	verify_says(id);
	verify_says("A-301:paid is neither pending nor in the ledger");
	go_on(shop);
	verify_expect(70, verify_points(shop));
	verify_says("1 entries were due and are nowhere");
	verify_expect(0, verify_push_log(shop));
}

static void entries_of_a_consumer_that_was_deleted_are_named(void **state)
{
	struct shop *shop = *state;

	verify_leave_pending(shop, "points");
	(void)redis_fixture_command(shop->redis, "XGROUP", "DELCONSUMER",
				    "ordermq", "points", "stranger", NULL);
	go_on(shop);
	verify_expect(70, verify_points(shop));
	verify_says("3 entries were due and are nowhere");
	verify_says("A-302:paid is neither pending nor in the ledger");
}

static void an_entry_deleted_before_it_was_delivered_is_missed(void **state)
{
	struct shop *shop = *state;
	char id[64];

	verify_work(shop);
	verify_rest();
	shop_orders(shop, VERIFY_LOAD + 1, 2);
	(void)snprintf(id, sizeof(id), "%s",
		       shop_publish(shop, "orderno", "X", NULL));
	shop_orders(shop, VERIFY_LOAD + 3, 2);
	verify_expect(0, verify_points(shop));
	verify_says("undelivered             5");
	(void)redis_fixture_command(shop->redis, "XDEL", "ordermq", id, NULL);
	verify_expect(70, verify_points(shop));
	verify_says("1 entries were due and are nowhere");
	verify_says(id);
	go_on(shop);
	verify_expect(70, verify_points(shop));
	verify_says(id);
}

static void entries_trimmed_before_they_were_delivered_are_missed(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	verify_rest();
	/* What is done may go. */
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	verify_expect(0, verify_run(shop, NULL, NULL, NULL));
	shop_orders(shop, VERIFY_LOAD + 1, 10);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "4", NULL);
	go_on(shop);
	verify_expect(70, verify_points(shop));
	verify_says("6 entries were due and are nowhere");
}

static void content_lost_while_pending_is_counted(void **state)
{
	struct shop *shop = *state;

	verify_leave_pending(shop, "points");
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "1", NULL);
	worker_start(&points_1, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	verify_expect(0, verify_points(shop));
	verify_says("lost                    2");
}

static void what_is_replayed_is_due_once_more(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	verify_rest();
	/* As a replay does: the letter of points moves. */
	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"for _, letter in ipairs(redis.call('XRANGE', KEYS[1], '-', "
		"'+')) do if letter[2][2] == 'points' then "
		"redis.call('XADD', KEYS[2], '*', unpack(letter[2])) "
		"redis.call('HINCRBY', KEYS[3], 'replayed', 1) "
		"redis.call('XDEL', KEYS[1], letter[1]) end end",
		"3", "{ordermq}:dead", "{ordermq}:points:replay",
		"{ordermq}:points:books", NULL);
	verify_expect(0, verify_run(shop, "--push-log", shop->push_file, NULL));
	verify_says("replayed                1");
	verify_says("replay                  1");
	(void)redis_fixture_command(shop->redis, "XTRIM",
				    "{ordermq}:points:replay", "MAXLEN", "0",
				    NULL);
	verify_expect(70, verify_points(shop));
	verify_says("1 entries were due and are nowhere");
}

/* One order or refund, published, read, applied and acknowledged at once, as by
   instances that are very quick. */
static const char apply_lua[] =
	"local n, points = ARGV[1], ARGV[2] local event = n .. ':' .. points "
	"local id = redis.call('XADD', KEYS[1], '*', 'orderno', n) "
	"redis.call('XREADGROUP', 'GROUP', 'points', 'c', 'STREAMS', KEYS[1], "
	"'>') redis.call('HSET', '{ordermq}:points:ledger', event, n % 20 .. "
	"'\t1000\t' .. points .. '\trule\t' .. id .. '\t0') "
	"redis.call('HINCRBY', '{ordermq}:points:balance', n % 20, points) "
	"redis.call('HINCRBY', '{ordermq}:points:books', 'applied', 1) "
	"redis.call('XACK', KEYS[1], 'points', id)";

/* Orders, each refunded at once, until killed. */
static void order_and_refund(const struct shop *shop)
{
	struct arena *arena = arena_open(65536);
	struct settings settings;
	struct redis *redis;
	struct err err;
	char number[16];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	redis_fixture_settings(shop->redis, &settings);
	if (arena == NULL || redis_open(&settings.redis, -1, &redis, &err) < 0)
		_exit(1);
	for (int n = 0;; n++) {
		arena_reset(arena);
		(void)snprintf(number, sizeof(number), "%d", n);
		if (redis_command(redis, arena, &err, "EVAL", apply_lua, "1",
				  "ordermq", number, "10", NULL) == NULL ||
		    redis_command(redis, arena, &err, "EVAL", apply_lua, "1",
				  "ordermq", number, "-10", NULL) == NULL)
			_exit(1);
	}
}

static void a_refund_meanwhile_is_not_taken_for_wrong(void **state)
{
	struct shop *shop = *state;
	int status;
	pid_t pid;

	worker_start(&points_1, shop, "points", 1, "web1");
	worker_await(&points_1, "ready");
	assert_int_equal(worker_stop(&points_1), 0);
	pid = fork();
	if (pid == 0)
		order_and_refund(shop);
	for (int i = 0; i < 10; i++)
		verify_expect(0, verify_points(shop));
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	verify_expect(0, verify_points(shop));
}

static void a_group_begins_where_it_was_made(void **state)
{
	struct shop *shop = *state;

	shop_configure(shop, "", "start = \"$\";", "");
	shop_orders(shop, 1, 20);
	worker_start(&points_1, shop, "points", 1, "web1");
	worker_await(&points_1, "ready");
	shop_orders(shop, 21, 5);
	shop_await_done(shop, "points");
	verify_expect(0, verify_points(shop));
	verify_says("due                     5");
}

static void what_nobody_counted_is_unknown(void **state)
{
	struct shop *shop = *state;
	char start[128] = "", id[64] = "";

	for (int i = 0; i < 2400; i++)
		(void)snprintf(i < 1200 ? id : start, sizeof(id), "%s",
			       shop_publish(shop, "orderno", "A", NULL));
	(void)snprintf(start, sizeof(start), "start = \"%s\";", id);
	shop_configure(shop, "", start, "");
	worker_start(&points_1, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	verify_expect(70, verify_points(shop));
	verify_says("due                     ?");
	verify_says("unknown");
	/* Now that it is done, it can be said. */
	assert_int_equal(worker_stop(&points_1), 0);
	worker_start(&points_1, shop, "points", 1, "web1");
	worker_await(&points_1, "ready");
	shop_orders(shop, 1, 5);
	shop_await_done(shop, "points");
	verify_expect(0, verify_points(shop));
}

static bool has_group(void *data)
{
	return shop_pending(data, "points") >= 0;
}

static void a_group_that_vanished_begins_anew(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	(void)redis_fixture_command(shop->redis, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	until(has_group, shop, "the group is back");
	shop_await_done(shop, "points");
	verify_expect(0, verify_points(shop));
}

static void a_group_set_back_by_a_stranger_is_seen(void **state)
{
	struct shop *shop = *state;

	verify_work(shop);
	(void)redis_fixture_command(shop->redis, "XGROUP", "SETID", "ordermq",
				    "points", "0", NULL);
	shop_orders(shop, VERIFY_LOAD + 1, 1);
	shop_await_done(shop, "points");
	verify_expect(70, verify_points(shop));
	verify_says("more than were due");
}

static void what_is_not_there_is_said(void **state)
{
	struct shop *shop = *state;

	verify_expect(65, verify_run(shop, "nobody", NULL, NULL));
	verify_expect(65, verify_run(shop, "xread", NULL, NULL));
	verify_expect(65, verify_points(shop));
	verify_work(shop);
	verify_expect(65, verify_run(shop, "push", "--push-log", "/nowhere"));
	verify_rest();
	redis_fixture_kill(shop->redis);
	verify_expect(69, verify_points(shop));
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_was_done_properly_balances),
		in_shop(programs_read_the_numbers),
		in_shop(kills_and_take_overs_balance),
		in_shop(what_moves_is_not_taken_for_wrong),
		in_shop(a_changed_balance_is_named),
		in_shop(a_ledger_line_that_is_gone_is_named),
		in_shop(a_ledger_line_that_is_no_line_is_named),
		in_shop(an_entry_acknowledged_by_a_stranger_is_named),
		in_shop(entries_of_a_consumer_that_was_deleted_are_named),
		in_shop(an_entry_deleted_before_it_was_delivered_is_missed),
		in_shop(entries_trimmed_before_they_were_delivered_are_missed),
		in_shop(content_lost_while_pending_is_counted),
		in_shop(what_is_replayed_is_due_once_more),
		in_shop(a_refund_meanwhile_is_not_taken_for_wrong),
		in_shop(a_group_begins_where_it_was_made),
		in_shop(what_nobody_counted_is_unknown),
		in_shop(a_group_that_vanished_begins_anew),
		in_shop(a_group_set_back_by_a_stranger_is_seen),
		in_shop(what_is_not_there_is_said),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
