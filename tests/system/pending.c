#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

static struct worker trial;

/* Orders 1 to 3 wait for a consumer that is no more; of the second one a failed
   try is noted. */
static void three_pending(const struct shop *shop)
{
	char note[128];

	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	shop_orders_read_by(shop, 1, 3, "points", "points-7@web1");
	(void)snprintf(note, sizeof(note), "2\t0\t0\t1\t1\tno \x1b[2J answer");
	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"return redis.call('HSET', KEYS[2], "
		"redis.call('XRANGE', KEYS[1], '-', '+')[2][1], ARGV[1])",
		"2", "ordermq", "{ordermq}:points:tries", note, NULL);
}

static void what_is_pending_is_a_table(void **state)
{
	const struct shop *shop = *state;

	three_pending(shop);
	assert_int_equal(ctl_run_on(shop, "pending", "points", NULL), EX_OK);
	ctl_says("ID              CONSUMER      IDLE DELIV TRIES ORDER      "
		 "LAST ERROR\n"
		 "ID              points-7@web1   0s     1     0 A-1        -\n"
		 "ID              points-7@web1   0s     1     2 A-2        "
		 "no \\x1b[2J answer\n"
		 "ID              points-7@web1   0s     1     0 A-3        "
		 "-\n");
	assert_string_equal(ctl.err, "");
}

static void json_has_a_line_an_entry(void **state)
{
	const struct shop *shop = *state;

	three_pending(shop);
	assert_int_equal(ctl_run_on(shop, "pending", "points", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 3);
	assert_string_equal(ctl_value(1, "kind"), "\"pending\"");
	assert_string_equal(ctl_value(1, "group"), "\"points\"");
	assert_string_equal(ctl_value(1, "consumer"), "\"points-7@web1\"");
	assert_string_equal(ctl_value(1, "idle_seconds"), "0");
	assert_string_equal(ctl_value(1, "deliveries"), "1");
	assert_string_equal(ctl_value(1, "attempts"), "2");
	assert_string_equal(ctl_value(1, "orderno"), "\"A-2\"");
	assert_string_equal(ctl_value(1, "last_error"),
			    "\"no \\u001B[2J answer\"");
	assert_string_equal(ctl_value(0, "last_error"), "null");
}

static void it_can_be_narrowed(void **state)
{
	const struct shop *shop = *state;

	three_pending(shop);
	assert_int_equal(ctl_run_on(shop, "pending", "points", "--consumer",
				    "points-8@web1", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "");
	assert_non_null(strstr(ctl.err, "nothing of that is pending"));
	assert_int_equal(
		ctl_run_on(shop, "pending", "--idle=1h", "points", NULL),
		EX_OK);
	assert_string_equal(ctl.out, "");
	assert_int_equal(ctl_run_on(shop, "--json", "pending", "points",
				    "--idle", "0", "--consumer",
				    "points-7@web1", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 3);
}

static void more_than_a_page_comes_whole(void **state)
{
	const struct shop *shop = *state;
	const char *at;
	size_t lines = 0;

	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	shop_orders_read_by(shop, 1, 1100, "points", "points-7@web1");
	assert_int_equal(ctl_run_on(shop, "pending", "points", NULL), EX_OK);
	/* What the fixture keeps of the output is less than all of it. */
	for (at = ctl.out; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_true(lines > 1000);
	assert_non_null(strstr(ctl.out, "A-501 "));
	assert_non_null(strstr(ctl.out, "A-1001 "));
}

/* Of two letters that came back to points, the first is in hand and has failed
   there; both are of entries that the stream has forgotten. */
static void two_came_back(const struct shop *shop)
{
	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"redis.call('XGROUP', 'CREATE', KEYS[1], 'points', '0', "
		"'MKSTREAM') for n = 1, 2 do redis.call('XADD', KEYS[1], '*', "
		"'group', 'points', 'id', '7-' .. n, 'orderno', 'a note', "
		"'fields', 2, 'x', 'y', 'orderno', 'R-' .. n) end "
		"local read = redis.call('XREADGROUP', 'GROUP', 'points', "
		"'points-7@web1', 'COUNT', 1, 'STREAMS', KEYS[1], '>') "
		"redis.call('HSET', KEYS[2], 'replay:' .. read[1][2][1][1], "
		"ARGV[1])",
		"2", "{ordermq}:points:replay", "{ordermq}:points:tries",
		"3\t0\t0\t1\t1\tno answer", NULL);
}

static void what_came_back_is_told_apart(void **state)
{
	const struct shop *shop = *state;

	three_pending(shop);
	two_came_back(shop);
	assert_int_equal(ctl_run_on(shop, "pending", "points", NULL), EX_OK);
	ctl_says("ID              CONSUMER      IDLE DELIV TRIES ORDER      "
		 "LAST ERROR\n"
		 "ID              points-7@web1   0s     1     0 A-1        -\n"
		 "ID              points-7@web1   0s     1     2 A-2        "
		 "no \\x1b[2J answer\n"
		 "ID              points-7@web1   0s     1     0 A-3        "
		 "-\n"
		 "\n"
		 "REPLAY OF       CONSUMER      IDLE DELIV TRIES ORDER      "
		 "LAST ERROR\n"
		 "7-1             points-7@web1   0s     1     3 R-1        "
		 "no answer\n"
		 "7-2             -               0s     0     0 R-2        "
		 "-\n");
	assert_int_equal(ctl_run_on(shop, "pending", "points", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 5);
	assert_string_equal(ctl_value(0, "replay"), "false");
	assert_string_equal(ctl_value(3, "replay"), "true");
	assert_string_equal(ctl_value(3, "entry"), "\"7-1\"");
	assert_string_equal(ctl_value(4, "consumer"), "null");
	/* Nobody has the last one, and none is so old. */
	assert_int_equal(ctl_run_on(shop, "pending", "points", "--consumer",
				    "points-7@web1", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 4);
	assert_int_equal(
		ctl_run_on(shop, "pending", "points", "--idle", "1h", NULL),
		EX_OK);
	assert_string_equal(ctl.out, "");
}

static void an_entry_that_is_gone_has_no_order_number(void **state)
{
	const struct shop *shop = *state;

	three_pending(shop);
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	assert_int_equal(ctl_run_on(shop, "pending", "points", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 3);
	assert_string_equal(ctl_value(0, "orderno"), "null");
}

static bool is_noted(void *data)
{
	const struct shop *shop = data;

	return redis_fixture_integer(shop->redis, "HLEN",
				     "{ordermq}:trial:tries", NULL) > 0;
}

static void it_shows_what_a_real_worker_holds(void **state)
{
	struct shop *shop = *state;

	worker_start(&trial, shop, "trial", 1, "web1");
	(void)shop_publish(shop, "orderno", "A-1", "act", "wish", NULL);
	until(is_noted, shop, "a failed try is noted");
	worker_pause(&trial);
	assert_int_equal(ctl_run_on(shop, "pending", "trial", NULL), EX_OK);
	ctl_says("ID              CONSUMER      IDLE DELIV TRIES ORDER      "
		 "LAST ERROR\n"
		 "ID              trial-1@web1    0s     1     1 A-1        "
		 "again in 1.5 s\n");
}

static void an_unknown_group_names_those_there_are(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "pending", "pionts", NULL),
			 EX_DATAERR);
	assert_string_equal(ctl.err,
			    "ordermqctl: pionts: no such group; the stream "
			    "ordermq has none\n");
	three_pending(shop);
	assert_int_equal(ctl_run_on(shop, "pending", "pionts", NULL),
			 EX_DATAERR);
	assert_string_equal(ctl.out, "");
	assert_string_equal(ctl.err, "ordermqctl: pionts: no such group; there "
				     "are: points\n");
}

static void wrong_usage_is_told(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "pending", NULL), EX_USAGE);
	assert_non_null(strstr(ctl.err, "Usage: ordermqctl pending GROUP"));
	assert_int_equal(ctl_run_on(shop, "pending", "a", "b", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "pending", "a", "--xyz", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "pending", "a", "--idle", NULL),
			 EX_USAGE);
	assert_int_equal(
		ctl_run_on(shop, "pending", "a", "--idle", "soon", NULL),
		EX_DATAERR);
	assert_int_equal(ctl_run_on(shop, "pendign", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "pending", "--help", NULL), EX_OK);
	assert_non_null(strstr(ctl.out, "Usage: ordermqctl pending GROUP"));
	assert_int_equal(ctl_run_on(shop, "--help", NULL), EX_OK);
	assert_non_null(strstr(ctl.out, "  pending "));
	assert_int_equal(ctl_run_on(shop, "--version", NULL), EX_OK);
}

static void without_redis_it_is_unavailable(void **state)
{
	const struct shop *shop = *state;

	redis_fixture_kill(shop->redis);
	assert_int_equal(ctl_run_on(shop, "pending", "points", NULL),
			 EX_UNAVAILABLE);
	assert_string_equal(ctl.out, "");
	assert_non_null(strstr(ctl.err, "ordermqctl: unix://"));
}

static void a_bad_configuration_is_told(void **state)
{
	const struct shop *shop = *state;

	shop_configure(shop, "no_such_key = 1;", "", "");
	assert_int_equal(ctl_run_on(shop, "pending", "points", NULL),
			 EX_CONFIG);
	assert_non_null(strstr(ctl.err, "no_such_key"));
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_is_pending_is_a_table),
		in_shop(json_has_a_line_an_entry),
		in_shop(it_can_be_narrowed),
		in_shop(more_than_a_page_comes_whole),
		in_shop(what_came_back_is_told_apart),
		in_shop(an_entry_that_is_gone_has_no_order_number),
		in_shop(it_shows_what_a_real_worker_holds),
		in_shop(an_unknown_group_names_those_there_are),
		in_shop(wrong_usage_is_told),
		in_shop(without_redis_it_is_unavailable),
		in_shop(a_bad_configuration_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("pending", tests, NULL, NULL);
}
