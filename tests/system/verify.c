#include "config.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "tests/fixtures/process_fixture.h"
#include "tests/fixtures/program_fixture.h"

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

#define LOAD 300

static struct worker points, push;
static struct program ctl;

/* Run ordermqctl verify with up to three words; its exit status. */
static int verify(const struct shop *shop, const char *a, const char *b,
		  const char *c)
{
	const char *argv[] = { "bin/ordermqctl",
			       "-c",
			       shop->conf,
			       "verify",
			       a,
			       a == NULL ? NULL : b,
			       b == NULL ? NULL : c,
			       NULL };

	program_run(&ctl, argv, "");
	assert_null(strstr(ctl.err, "Sanitizer"));
	assert_null(strstr(ctl.err, "runtime error"));
	return ctl.status;
}

static int verify_points(const struct shop *shop)
{
	return verify(shop, "points", NULL, NULL);
}

static int verify_push_log(const struct shop *shop)
{
	return verify(shop, "push", "--push-log", shop->push_file);
}

static void says(const char *text)
{
	if (strstr(ctl.out, text) == NULL)
		fail_msg("'%s' is not in:\n%s%s", text, ctl.out, ctl.err);
}

static void expect(int status, int is)
{
	if (status != is)
		fail_msg("exit status %d:\n%s%s", is, ctl.out, ctl.err);
}

/* Points and push have worked on LOAD orders, and on some of every other
   kind. */
static void work(struct shop *shop)
{
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	shop_orders(shop, 1, LOAD);
	shop_orders(shop, 1, 10);
	(void)shop_publish(shop, "orderno", "G-1", "amount", "5", NULL);
	(void)shop_publish(shop, "orderno", "S-1", "type", "shipped", NULL);
	(void)shop_publish(shop, "orderno", "R-1", "userid", "7", "amount",
			   "500", "type", "refunded", NULL);
	(void)shop_publish(shop, "orderno", "B-1", "amount", "-5", NULL);
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
}

static void rest(void)
{
	assert_int_equal(worker_stop(&points), 0);
	assert_int_equal(worker_stop(&push), 0);
}

static void what_was_done_properly_balances(void **state)
{
	struct shop *shop = *state;

	work(shop);
	expect(0, verify(shop, "--push-log", shop->push_file, NULL));
	says("balanced");
	says("repeated               10");
	rest();
	expect(0, verify(shop, "--push-log", shop->push_file, NULL));
}

static int64_t number(const json_t *record, const char *name)
{
	return json_integer_value(json_object_get(record, name));
}

static void programs_read_the_numbers(void **state)
{
	struct shop *shop = *state;
	json_t *record;

	work(shop);
	expect(0, verify(shop, "--json", "points", NULL));
	record = json_loads(ctl.out, 0, NULL);
	assert_non_null(record);
	assert_int_equal(number(record, "due"), LOAD + 14);
	assert_int_equal(number(record, "sum"), LOAD + 14);
	assert_int_equal(number(record, "ledger"), LOAD + 1);
	assert_int_equal(number(json_object_get(record, "books"), "applied"),
			 LOAD + 1);
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

	shop_orders(shop, 1, 10 * LOAD);
	for (int i = 0; i < 3; i++) {
		worker_start(&points, shop, "points", 1, "web1");
		worker_start(&push, shop, "push", 1, "web1");
		worker_await(&push, "ready");
		worker_kill(&points);
		worker_kill(&push);
		expect(0, verify(shop, NULL, NULL, NULL));
	}
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	expect(0, verify(shop, "--push-log", shop->push_file, NULL));
}

static void what_moves_is_not_taken_for_wrong(void **state)
{
	struct shop *shop = *state;
	int looks = 0;

	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	worker_await(&points, "ready");
	worker_await(&push, "ready");
	for (int i = 0; i < 10; i++) {
		shop_orders(shop, 1 + i * LOAD, LOAD);
		/* So that both have something to do meanwhile. */
		worker_pause(&points);
		worker_pause(&push);
		shop_orders(shop, 1 + i * LOAD, LOAD);
		worker_resume(&points);
		worker_resume(&push);
		expect(0, verify(shop, "--push-log", shop->push_file, NULL));
		looks++;
	}
	assert_int_equal(looks, 10);
}

static void a_changed_balance_is_named(void **state)
{
	struct shop *shop = *state;

	work(shop);
	(void)redis_fixture_command(shop->redis, "HINCRBY",
				    "{ordermq}:points:balance", "3", "1", NULL);
	expect(70, verify_points(shop));
	says("account 3 has 301 points, and by the ledger 300");
	(void)redis_fixture_command(shop->redis, "HDEL",
				    "{ordermq}:points:balance", "3", NULL);
	expect(70, verify_points(shop));
	says("account 3 has 0 points, and by the ledger 300");
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:balance", "3", "300",
				    NULL);
	expect(0, verify_points(shop));
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:balance", "nobody", "5",
				    NULL);
	expect(70, verify_points(shop));
	says("account nobody has 5 points, and by the ledger 0");
}

static void a_ledger_line_that_is_gone_is_named(void **state)
{
	struct shop *shop = *state;

	work(shop);
	assert_int_equal(redis_fixture_integer(shop->redis, "HDEL",
					       "{ordermq}:points:ledger",
					       "A-123:paid", NULL),
			 1);
	expect(70, verify_points(shop));
	says("the ledger has 300 lines, and 301 entries were applied");
	says("account 3 has 300 points, and by the ledger 290");
	says("A-123:paid is neither pending nor in the ledger");
}

static void a_ledger_line_that_is_no_line_is_named(void **state)
{
	struct shop *shop = *state;

	work(shop);
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:ledger", "A-123:paid",
				    "3\t1000", NULL);
	expect(70, verify_points(shop));
	says("ledger line of A-123:paid cannot be read");
}

/* Orders that a consumer has read and that nobody works on: the lease on it is
   long. */
static void leave_pending(struct shop *shop, const char *group)
{
	work(shop);
	rest();
	shop_orders_read_by(shop, LOAD + 1, 3, group, "stranger");
}

static void go_on(struct shop *shop)
{
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
}

static void an_entry_acknowledged_by_a_stranger_is_named(void **state)
{
	struct shop *shop = *state;
	char id[64];

	leave_pending(shop, "points");
	expect(0, verify_points(shop));
	says("pending                 3");
	(void)snprintf(id, sizeof(id), "%s",
		       reply_text(reply_at(redis_fixture_command(
						   shop->redis, "XPENDING",
						   "ordermq", "points", NULL),
					   1))
			       .data);
	(void)redis_fixture_command(shop->redis, "XACK", "ordermq", "points",
				    id, NULL);
	expect(70, verify_points(shop));
	says("1 entries were due and are nowhere");
	says(id);
	says("A-301:paid is neither pending nor in the ledger");
	go_on(shop);
	expect(70, verify_points(shop));
	says("1 entries were due and are nowhere");
	expect(0, verify_push_log(shop));
}

static void what_push_has_not_told_is_named(void **state)
{
	struct shop *shop = *state;

	leave_pending(shop, "push");
	(void)redis_fixture_command(shop->redis, "XGROUP", "DELCONSUMER",
				    "ordermq", "push", "stranger", NULL);
	expect(70, verify_push_log(shop));
	says("3 entries were due and are nowhere");
	says("A-301:paid is acknowledged, and in no push log");
	says("A-303:paid is acknowledged, and in no push log");
}

static void entries_of_a_consumer_that_was_deleted_are_named(void **state)
{
	struct shop *shop = *state;

	leave_pending(shop, "points");
	(void)redis_fixture_command(shop->redis, "XGROUP", "DELCONSUMER",
				    "ordermq", "points", "stranger", NULL);
	go_on(shop);
	expect(70, verify_points(shop));
	says("3 entries were due and are nowhere");
	says("A-302:paid is neither pending nor in the ledger");
}

static void an_entry_deleted_before_it_was_delivered_is_missed(void **state)
{
	struct shop *shop = *state;
	char id[64];

	work(shop);
	rest();
	shop_orders(shop, LOAD + 1, 2);
	(void)snprintf(id, sizeof(id), "%s",
		       shop_publish(shop, "orderno", "X", NULL));
	shop_orders(shop, LOAD + 3, 2);
	expect(0, verify_points(shop));
	says("undelivered             5");
	(void)redis_fixture_command(shop->redis, "XDEL", "ordermq", id, NULL);
	expect(70, verify_points(shop));
	says("1 entries were due and are nowhere");
	says(id);
	go_on(shop);
	expect(70, verify_points(shop));
	says(id);
}

static void entries_trimmed_before_they_were_delivered_are_missed(void **state)
{
	struct shop *shop = *state;

	work(shop);
	rest();
	/* What is done may go. */
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	expect(0, verify(shop, NULL, NULL, NULL));
	shop_orders(shop, LOAD + 1, 10);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "4", NULL);
	go_on(shop);
	expect(70, verify_points(shop));
	says("6 entries were due and are nowhere");
}

static void content_lost_while_pending_is_counted(void **state)
{
	struct shop *shop = *state;

	leave_pending(shop, "points");
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "1", NULL);
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	expect(0, verify_points(shop));
	says("lost                    2");
}

/* Write lines first to last of the push log anew, and text behind them. */
static void log_keep(const struct shop *shop, int first, int last,
		     const char *text)
{
	FILE *file = fopen(shop->push_file, "re");
	char *content = calloc(1, 1 << 20);
	char *line = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_non_null(content);
	for (int n = 1; getline(&line, &size, file) > 0; n++)
		if (n >= first && n <= last)
			(void)strcat(content, line);
	(void)fclose(file);
	file = fopen(shop->push_file, "we");
	assert_non_null(file);
	(void)fputs(content, file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
	free(line);
	free(content);
}

static void what_is_replayed_is_due_once_more(void **state)
{
	struct shop *shop = *state;

	work(shop);
	rest();
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
	expect(0, verify(shop, "--push-log", shop->push_file, NULL));
	says("replayed                1");
	says("replay                  1");
	(void)redis_fixture_command(shop->redis, "XTRIM",
				    "{ordermq}:points:replay", "MAXLEN", "0",
				    NULL);
	expect(70, verify_points(shop));
	says("1 entries were due and are nowhere");
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

	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	assert_int_equal(worker_stop(&points), 0);
	pid = fork();
	if (pid == 0)
		order_and_refund(shop);
	for (int i = 0; i < 10; i++)
		expect(0, verify_points(shop));
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	expect(0, verify_points(shop));
}

static void a_notification_that_is_gone_is_named(void **state)
{
	struct shop *shop = *state;

	work(shop);
	expect(0, verify_push_log(shop));
	/* The first ten have a second line. */
	log_keep(shop, 12, 10000, "");
	expect(70, verify_push_log(shop));
	says("A-11:paid is acknowledged, and in no push log");
	assert_null(strstr(ctl.out, "A-10:paid"));
}

static void a_torn_line_is_named(void **state)
{
	struct shop *shop = *state;
	char place[2 * SHOP_PATH_BYTES];

	work(shop);
	rest();
	log_keep(shop, 1, 50, "{\"key\":\"A-51:pa");
	expect(70, verify_push_log(shop));
	(void)snprintf(place, sizeof(place), "%s:51: no notification, a torn",
		       shop->push_file);
	says(place);
	says("A-51:paid is acknowledged, and in no push log");
}

static void a_key_that_no_entry_has_is_told(void **state)
{
	struct shop *shop = *state;

	work(shop);
	log_keep(shop, 1, 10000, "{\"key\":\"Z-9:paid\"}\n");
	expect(0, verify_push_log(shop));
	says("1 event keys of the push logs are of no entry");
}

static void expired_notifications_are_not_missed(void **state)
{
	struct shop *shop = *state;

	(void)strcpy(shop->push, "max_age = \"1h\";");
	shop_configure(shop, "", "", "");
	(void)redis_fixture_command(shop->redis, "XADD", "ordermq",
				    "1714060800000-0", "orderno", "OLD", NULL);
	work(shop);
	expect(0, verify_push_log(shop));
	says("expired                 1");
}

static void a_group_begins_where_it_was_made(void **state)
{
	struct shop *shop = *state;

	shop_configure(shop, "", "start = \"$\";", "");
	shop_orders(shop, 1, 20);
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	shop_orders(shop, 21, 5);
	shop_await_done(shop, "points");
	expect(0, verify_points(shop));
	says("due                     5");
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
	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	expect(70, verify_points(shop));
	says("due                     ?");
	says("unknown");
	/* Now that it is done, it can be said. */
	assert_int_equal(worker_stop(&points), 0);
	worker_start(&points, shop, "points", 1, "web1");
	worker_await(&points, "ready");
	shop_orders(shop, 1, 5);
	shop_await_done(shop, "points");
	expect(0, verify_points(shop));
}

static bool has_group(void *data)
{
	return shop_pending(data, "points") >= 0;
}

static void a_group_that_vanished_begins_anew(void **state)
{
	struct shop *shop = *state;

	work(shop);
	(void)redis_fixture_command(shop->redis, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	until(has_group, shop, "the group is back");
	shop_await_done(shop, "points");
	expect(0, verify_points(shop));
}

static void a_group_set_back_by_a_stranger_is_seen(void **state)
{
	struct shop *shop = *state;

	work(shop);
	(void)redis_fixture_command(shop->redis, "XGROUP", "SETID", "ordermq",
				    "points", "0", NULL);
	shop_orders(shop, LOAD + 1, 1);
	shop_await_done(shop, "points");
	expect(70, verify_points(shop));
	says("more than were due");
}

static void what_is_not_there_is_said(void **state)
{
	struct shop *shop = *state;

	expect(65, verify(shop, "nobody", NULL, NULL));
	expect(65, verify(shop, "xread", NULL, NULL));
	expect(65, verify_points(shop));
	work(shop);
	expect(65, verify(shop, "push", "--push-log", "/nowhere"));
	rest();
	redis_fixture_kill(shop->redis);
	expect(69, verify_points(shop));
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

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
		in_shop(what_push_has_not_told_is_named),
		in_shop(entries_of_a_consumer_that_was_deleted_are_named),
		in_shop(an_entry_deleted_before_it_was_delivered_is_missed),
		in_shop(entries_trimmed_before_they_were_delivered_are_missed),
		in_shop(content_lost_while_pending_is_counted),
		in_shop(what_is_replayed_is_due_once_more),
		in_shop(a_refund_meanwhile_is_not_taken_for_wrong),
		in_shop(a_notification_that_is_gone_is_named),
		in_shop(a_torn_line_is_named),
		in_shop(a_key_that_no_entry_has_is_told),
		in_shop(expired_notifications_are_not_missed),
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
