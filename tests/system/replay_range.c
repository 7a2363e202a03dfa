#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#define REPLAY "{ordermq}:points:replay"
#define NOTE "{ordermq}:points:replaying"
#define MANY 2000

static struct worker points, push, xread;

static int64_t length(const struct shop *shop, const char *key)
{
	return redis_fixture_integer(shop->redis, "XLEN", key, NULL);
}

static int64_t book(const struct shop *shop, const char *group,
		    const char *name)
{
	return shop_number(shop, group, "books", name);
}

static void ledger_set(const struct shop *shop, const char *event,
		       const char *line)
{
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:points:ledger", event, line,
				    NULL);
}

static bool nothing_comes_back(void *data)
{
	return length(data, REPLAY) == 0;
}

static bool is_notified_twice(void *data)
{
	return book(data, "push", "applied") == 20;
}

/* Orders that points has done, and then it stops. */
static void done_and_stopped(const struct shop *shop, int count)
{
	worker_start(&points, shop, "points", 1, "web1");
	shop_orders(shop, 1, count);
	shop_await_done(shop, "points");
	assert_int_equal(worker_stop(&points), 0);
}

static void balances(const struct shop *shop, const char *group)
{
	if (ctl_run_on(shop, "verify", group, NULL) != EX_OK)
		fail_msg("%s%s", ctl.out, ctl.err);
}

/* One entry of each kind: see supervisor/ctl/redis/replay_outcome.h. */
static void one_of_each(const struct shop *shop)
{
	done_and_stopped(shop, 3);
	ledger_set(shop, "A-2:paid", "2\t7\t0\t1/100+0\t1-1\t1");
	(void)redis_fixture_command(shop->redis, "HDEL",
				    "{ordermq}:points:ledger", "A-3:paid",
				    NULL);
	worker_start(&points, shop, "points", 1, "web1");
	(void)shop_publish(shop, "orderno", "G-1", NULL);
	(void)shop_publish(shop, "orderno", "O-1", "type", "shipped", NULL);
	(void)shop_publish(shop, "orderno", "R-1", "amount", "12x", NULL);
	shop_await_done(shop, "points");
	(void)worker_stop(&points);
	(void)shop_publish(shop, "orderno", "P-1", "userid", "1", NULL);
	(void)redis_fixture_command(shop->redis, "XREADGROUP", "GROUP",
				    "points", "points-7@web1", "STREAMS",
				    "ordermq", ">", NULL);
	(void)shop_publish(shop, "orderno", "U-1", "userid", "1", NULL);
}

static void a_dry_run_tells_what_would_become_of_it(void **state)
{
	const struct shop *shop = *state;

	one_of_each(shop);
	assert_int_equal(
		ctl_run_on(shop, "replay", "points", "--from", "1h", NULL),
		EX_OK);
	assert_non_null(strstr(ctl.out, "5 would be replayed, from "));
	ctl.out[0] = '\n';
	assert_string_equal(
		strchr(ctl.out + 1, '\n'),
		"\n         1  not in the ledger: credited\n"
		"         1  in the ledger already: counted as duplicates\n"
		"         1  in the ledger with another account or amount: "
		"dead-lettered\n"
		"         1  of guests: counted\n"
		"         1  of another type: counted\n"
		"         1  left out: no orders\n"
		"         1  left out: pending, and tried anyway\n");
	assert_string_equal(ctl.err, "ordermqctl: nothing was changed; "
				     "--execute does it\n");
	assert_int_equal(length(shop, REPLAY), 0);
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "1h",
				    "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "kind"), "\"replay\"");
	assert_string_equal(ctl_value(0, "dry_run"), "true");
	assert_string_equal(ctl_value(0, "count"), "5");
	assert_string_equal(ctl_value(0, "new"), "1");
	assert_string_equal(ctl_value(0, "pending"), "1");
	assert_string_equal(ctl_value(0, "notified"), "0");
}

static void it_comes_back_to_its_own_group_only(void **state)
{
	struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	worker_start(&xread, shop, "xread", 1, "web1");
	shop_orders(shop, 1, 10);
	shop_await_done(shop, "points");
	shop_await_done(shop, "push");
	assert_int_equal(ctl_run_on(shop, "replay", "push", "--from", "1h",
				    "--execute", NULL),
			 EX_USAGE);
	assert_non_null(strstr(ctl.err, "people would be notified again"));
	assert_int_equal(ctl_run_on(shop, "replay", "push", "--from", "1h",
				    "--execute", "--notify-again", NULL),
			 EX_OK);
	assert_non_null(strstr(ctl.out, "10 replayed, from "));
	assert_non_null(strstr(ctl.out, "\n        10  notified again\n"));
	until(is_notified_twice, shop, "all are notified again");
	assert_int_equal(shop_check_push(shop, 10), 10);
	assert_int_equal(length(shop, "ordermq"), 10);
	assert_int_equal(book(shop, "points", "applied"), 10);
	assert_int_equal(book(shop, "points", "duplicate"), 0);
	assert_int_equal(book(shop, "push", "replayed"), 10);
	balances(shop, "points");
	balances(shop, "push");
}

static void points_are_credited_once_all_the_same(void **state)
{
	struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	shop_orders(shop, 1, 100);
	shop_await_done(shop, "points");
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "1h",
				    "--execute", NULL),
			 EX_OK);
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "points", "duplicate"), 100);
	shop_check_points(shop, 100);
	balances(shop, "points");
}

static void what_waits_is_not_added_again(void **state)
{
	struct shop *shop = *state;

	done_and_stopped(shop, 700);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ctl_run_on(shop, "replay", "points", "--from",
					    "1h", "--execute", "--json", NULL),
				 EX_OK);
		(void)ctl_records();
		assert_string_equal(ctl_value(0, "count"),
				    i == 0 ? "700" : "0");
		assert_string_equal(ctl_value(0, "waiting"),
				    i == 0 ? "0" : "700");
		assert_string_equal(ctl_value(0, "new"), "null");
		assert_int_equal(length(shop, REPLAY), 700);
	}
	worker_start(&points, shop, "points", 1, "web1");
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "points", "duplicate"), 700);
	balances(shop, "points");
}

static bool some_came_back(void *data)
{
	return book(data, "points", "replayed") >= 100;
}

/* The worker settles it at once, so that only the note of how far it went can
   tell what has come back already. */
static void it_goes_on_where_it_was_killed(void **state)
{
	struct shop *shop = *state;

	worker_start(&points, shop, "points", 1, "web1");
	shop_orders(shop, 1, MANY);
	shop_await_done(shop, "points");
	ctl_start(shop, "replay", "points", "--from", "1h", "--rate", "500",
		  "--execute", NULL);
	until(some_came_back, shop, "some came back");
	(void)kill(ctl.pid, SIGKILL);
	program_finish(&ctl);
	assert_in_range(book(shop, "points", "replayed"), 100, MANY - 1);
	until(nothing_comes_back, shop, "what came back is settled");
	/* Another range is another matter. */
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "1h",
				    "--field", "orderno=A-1", "--json", NULL),
			 EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "count"), "1");
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "1h",
				    "--execute", NULL),
			 EX_OK);
	assert_non_null(strstr(ctl.err, "going on behind "));
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "points", "replayed"), MANY);
	assert_int_equal(book(shop, "points", "duplicate"), MANY);
	assert_int_equal(
		redis_fixture_integer(shop->redis, "EXISTS", NOTE, NULL), 0);
	balances(shop, "points");
	/* It came to its end: the next one is wanted. */
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "1h",
				    "--json", NULL),
			 EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "count"), "2000");
}

static bool some_wait(void *data)
{
	return length(data, REPLAY) >= 100;
}

static void two_at_once_let_each_entry_come_back_once(void **state)
{
	static struct program other;
	struct shop *shop = *state;

	done_and_stopped(shop, MANY);
	ctl_start(shop, "replay", "points", "--from", "1h", "--rate", "500",
		  "--execute", NULL);
	until(some_wait, shop, "some came back");
	other = ctl;
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "2h",
				    "--execute", NULL),
			 EX_OK);
	program_finish(&other);
	assert_int_equal(other.status, EX_OK);
	assert_int_equal(length(shop, REPLAY), MANY);
	assert_int_equal(book(shop, "points", "replayed"), MANY);
	assert_non_null(strstr(other.out, "came back already, and wait"));
}

/* A lost ledger is made anew from what is left of the stream. */
static void the_originals_may_be_trimmed_away(void **state)
{
	struct shop *shop = *state;

	done_and_stopped(shop, 300);
	(void)redis_fixture_command(shop->redis, "DEL",
				    "{ordermq}:points:ledger",
				    "{ordermq}:points:balance", NULL);
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "0-1",
				    "--execute", NULL),
			 EX_OK);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	worker_start(&points, shop, "points", 1, "web1");
	until(nothing_comes_back, shop, "what came back is settled");
	shop_check_points(shop, 300);
}

static void the_range_can_be_narrowed(void **state)
{
	struct shop *shop = *state;
	char from[64], to[64];

	worker_start(&points, shop, "points", 1, "web1");
	shop_orders(shop, 1, 5);
	(void)snprintf(from, sizeof(from), "%s",
		       shop_publish(shop, "orderno", "B-1", "mark", "x", NULL));
	(void)shop_publish(shop, "orderno", "B-2", "mark", "y", NULL);
	(void)snprintf(to, sizeof(to), "%s",
		       shop_publish(shop, "orderno", "B-3", "mark", "x", NULL));
	shop_orders(shop, 6, 5);
	shop_await_done(shop, "points");
	(void)worker_stop(&points);
	/* Nothing of what was not delivered yet. */
	shop_orders(shop, 11, 5);
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", from,
				    "--json", NULL),
			 EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "count"), "8");
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", from,
				    "--to", to, "--json", NULL),
			 EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "count"), "3");
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", from,
				    "--to", to, "--field", "mark=x",
				    "--execute", NULL),
			 EX_OK);
	assert_non_null(strstr(ctl.out, "2 replayed"));
	assert_int_equal(length(shop, REPLAY), 2);
}

/* And leaves one letter, which comes back as it was. */
static void what_fails_then_is_dead(void **state)
{
	struct shop *shop = *state;

	done_and_stopped(shop, 1);
	ledger_set(shop, "A-1:paid", "2\t7\t0\t1/100+0\t1-1\t1");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ctl_run_on(shop, "replay", "points", "--from",
					    "1h", "--execute", NULL),
				 EX_OK);
		worker_start(&points, shop, "points", 1, "web1");
		until(nothing_comes_back, shop, "what came back is settled");
		(void)worker_stop(&points);
		assert_int_equal(length(shop, "{ordermq}:dead"), 1);
	}
	assert_int_equal(
		ctl_run_on(shop, "dead", "list", "points", "--json", NULL),
		EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "class"), "\"conflict\"");
	assert_string_equal(ctl_value(0, "orderno"), "\"A-1\"");
	assert_string_equal(ctl_value(0, "replays"), "\"1\"");
}

static void wrong_usage_is_told(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "replay", "points", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "replay", "--from", "1h", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "1h",
				    "--field", "x", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "replay", "points", "--from", "1h",
				    "--rate", "0", NULL),
			 EX_USAGE);
	assert_non_null(strstr(ctl.err, "expected 1 to 100000"));
	assert_int_equal(
		ctl_run_on(shop, "replay", "pionts", "--from", "1h", NULL),
		EX_DATAERR);
	assert_non_null(strstr(ctl.err, "pionts: no such group"));
	assert_int_equal(
		ctl_run_on(shop, "replay", "xread", "--from", "1h", NULL),
		EX_DATAERR);
	assert_non_null(strstr(ctl.err, "no consumer group"));
	/* It never ran. */
	assert_int_equal(
		ctl_run_on(shop, "replay", "points", "--from", "1h", NULL),
		EX_DATAERR);
	assert_non_null(strstr(ctl.err, "the stream ordermq has none"));
	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	assert_int_equal(
		ctl_run_on(shop, "replay", "points", "--from", "soon", NULL),
		EX_DATAERR);
	assert_int_equal(
		ctl_run_on(shop, "replay", "points", "--from", "1h", NULL),
		EX_OK);
	assert_string_equal(ctl.out, "0 would be replayed\n");
	redis_fixture_kill(shop->redis);
	assert_int_equal(
		ctl_run_on(shop, "replay", "points", "--from", "1h", NULL),
		EX_UNAVAILABLE);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(a_dry_run_tells_what_would_become_of_it),
		in_shop(it_comes_back_to_its_own_group_only),
		in_shop(points_are_credited_once_all_the_same),
		in_shop(what_waits_is_not_added_again),
		in_shop(it_goes_on_where_it_was_killed),
		in_shop(two_at_once_let_each_entry_come_back_once),
		in_shop(the_originals_may_be_trimmed_away),
		in_shop(the_range_can_be_narrowed),
		in_shop(what_fails_then_is_dead),
		in_shop(wrong_usage_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
