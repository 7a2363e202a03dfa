#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

static void add(const struct shop *shop, const char *id, const char *orderno,
		const char *note)
{
	(void)redis_fixture_command(shop->redis, "XADD", "ordermq", id,
				    "orderno", orderno, "note", note, NULL);
}

/* One an hour, at 10, 11 and 12 o'clock. */
static void three_entries(const struct shop *shop)
{
	add(shop, "1763632800000-0", "A-1", "first");
	add(shop, "1763636400000-5", "A-2", "ESC\x1b[2J\xff");
	add(shop, "1763640000000-0", "A-1", "Zo\xc3\xab");
}

static void runs(const struct shop *shop, const char *a, const char *b,
		 const char *c, const char *d, size_t count)
{
	assert_int_equal(
		ctl_run_on(shop, "entries", "--json", a, b, c, d, NULL), EX_OK);
	assert_int_equal(json_array_size(ctl_records()), count);
}

static void each_is_a_line(void **state)
{
	const struct shop *shop = *state;

	three_entries(shop);
	add(shop, "*", "A-3", "now");
	assert_int_equal(ctl_run_on(shop, "entries", "--from", "1m", NULL),
			 EX_OK);
	ctl_says("ID                0s  orderno=A-3 note=now\n");
	assert_int_equal(ctl_run_on(shop, "entries", "--to", "1763636400000-5",
				    "--from", "1763636400000", NULL),
			 EX_OK);
	assert_non_null(strstr(ctl.out, "d  orderno=A-2 "
					"note=ESC\\x1b[2J\\xff\n"));
}

static void json_loses_nothing(void **state)
{
	const struct shop *shop = *state;

	three_entries(shop);
	runs(shop, NULL, NULL, NULL, NULL, 3);
	assert_string_equal(ctl_value(1, "kind"), "\"entry\"");
	assert_string_equal(ctl_value(1, "id"), "\"1763636400000-5\"");
	assert_string_equal(ctl_value(1, "time"),
			    "\"2025-11-20T11:00:00.000Z\"");
	assert_string_equal(ctl_value(1, "fields"),
			    "[[\"orderno\",\"A-2\"],[\"note\",{\"base64\":"
			    "\"RVNDG1sySv8=\"}]]");
	assert_string_equal(ctl_value(2, "fields"),
			    "[[\"orderno\",\"A-1\"],[\"note\","
			    "\"Zo\xc3\xab\"]]");
}

static void they_can_be_narrowed(void **state)
{
	const struct shop *shop = *state;

	three_entries(shop);
	runs(shop, "--from", "2025-11-20T11:00:00Z", NULL, NULL, 2);
	runs(shop, "--to", "2025-11-20T11:00:00Z", NULL, NULL, 2);
	runs(shop, "--from", "2025-11-20T11:00Z", "--to", "1763636400000", 1);
	runs(shop, "--from", "1763636400000-6", NULL, NULL, 1);
	runs(shop, "--from", "-2h", NULL, NULL, 0);
	runs(shop, "--field", "orderno=A-1", NULL, NULL, 2);
	runs(shop, "--field", "note=first", "--from", "0", 1);
	runs(shop, "--field", "orderno=", NULL, NULL, 0);
}

static void more_than_a_page_comes_whole(void **state)
{
	const struct shop *shop = *state;

	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"for n = 1, 1201 do redis.call('XADD', KEYS[1], '1-' .. n, "
		"'n', n) end",
		"1", "ordermq", NULL);
	assert_int_equal(ctl_run_on(shop, "entries", "--field", "n=1201", NULL),
			 EX_OK);
	assert_non_null(strstr(ctl.out, "1-1201 "));
	assert_int_equal(ctl_run_on(shop, "entries", NULL), EX_OK);
	assert_non_null(strstr(ctl.out, "1-1000 "));
}

static void an_empty_stream_has_none(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "entries", NULL), EX_OK);
	assert_string_equal(ctl.out, "");
}

/* Does the running ordermqctl's output have that in it? */
static const char *awaited;

static bool is_out(void *data)
{
	ssize_t got = pread(ctl.out_fd, ctl.out, sizeof(ctl.out) - 1, 0);

	(void)data;
	ctl.out[got < 0 ? 0 : got] = '\0';
	return strstr(ctl.out, awaited) != NULL;
}

static void await_out(const char *text)
{
	awaited = text;
	until(is_out, NULL, text);
}

static bool is_waiting(void *data)
{
	const struct shop *shop = data;

	return strstr(reply_text(redis_fixture_command(shop->redis, "CLIENT",
						       "LIST", NULL))
			      .data,
		      "cmd=xread ") != NULL;
}

static void it_follows_until_it_is_interrupted(void **state)
{
	struct shop *shop = *state;

	three_entries(shop);
	ctl_start(shop, "entries", "-f", NULL);
	until(is_waiting, shop, "it waits");
	add(shop, "1763640000000-1", "A-9", "new");
	await_out("orderno=A-9 note=new\n");
	until(is_waiting, shop, "it waits");
	add(shop, "*", "A-10", "newer");
	await_out("orderno=A-10 note=newer\n");
	(void)kill(ctl.pid, SIGINT);
	program_finish(&ctl);
	assert_int_equal(ctl.status, EX_OK);
	assert_string_equal(ctl.err, "");
	/* Nothing of before. */
	assert_null(strstr(ctl.out, "A-1 "));
}

static void it_can_begin_before_it_follows(void **state)
{
	struct shop *shop = *state;

	three_entries(shop);
	ctl_start(shop, "entries", "--follow", "--from", "2025-11-20T11:30:00Z",
		  "--json", NULL);
	await_out("1763640000000-0");
	until(is_waiting, shop, "it waits");
	add(shop, "*", "A-10", "new");
	await_out("A-10");
	(void)kill(ctl.pid, SIGTERM);
	program_finish(&ctl);
	assert_int_equal(ctl.status, EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 2);
}

static void following_takes_nothing_from_a_group(void **state)
{
	struct shop *shop = *state;

	(void)redis_fixture_command(shop->redis, "XGROUP", "CREATE", "ordermq",
				    "points", "0", "MKSTREAM", NULL);
	ctl_start(shop, "entries", "-f", NULL);
	until(is_waiting, shop, "it waits");
	add(shop, "*", "A-1", "one");
	await_out("A-1");
	(void)kill(ctl.pid, SIGINT);
	program_finish(&ctl);
	assert_int_equal(shop_consumers(shop, "points"), 0);
	assert_int_equal(shop_pending(shop, "points"), 0);
}

static void a_server_that_goes_ends_it(void **state)
{
	struct shop *shop = *state;

	ctl_start(shop, "entries", "-f", NULL);
	until(is_waiting, shop, "it waits");
	redis_fixture_kill(shop->redis);
	program_finish(&ctl);
	assert_int_equal(ctl.status, EX_UNAVAILABLE);
	assert_int_equal(ctl_run_on(shop, "entries", NULL), EX_UNAVAILABLE);
}

static void a_giant_stands_in_nobodys_way(void **state)
{
	struct shop *shop = *state;

	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"for n = 1, 9 do redis.call('XADD', KEYS[1], '1-' .. n, "
		"'x', string.rep('x', n == 5 and 3000000 or 10)) end",
		"1", "ordermq", NULL);
	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	runs(shop, NULL, NULL, NULL, NULL, 9);
	assert_string_equal(ctl_value(4, "fields"), "null");
	assert_string_equal(ctl_value(5, "fields"), "[[\"x\",\"xxxxxxxxxx\"]]");
}

static void wrong_usage_is_told(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "entries", "ordermq", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "entries", "--field", "x", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "entries", "-f", "--to", "1h", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "entries", "--from", "noon", NULL),
			 EX_DATAERR);
	assert_non_null(
		strstr(ctl.err, "--from noon: expected a time such as"));
	assert_int_equal(ctl_run_on(shop, "entries", "--to", "1-x", NULL),
			 EX_DATAERR);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(each_is_a_line),
		in_shop(json_loses_nothing),
		in_shop(they_can_be_narrowed),
		in_shop(more_than_a_page_comes_whole),
		in_shop(an_empty_stream_has_none),
		in_shop(it_follows_until_it_is_interrupted),
		in_shop(it_can_begin_before_it_follows),
		in_shop(following_takes_nothing_from_a_group),
		in_shop(a_server_that_goes_ends_it),
		in_shop(a_giant_stands_in_nobodys_way),
		in_shop(wrong_usage_is_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("entries", tests, NULL, NULL);
}
