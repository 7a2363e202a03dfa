/* ordermq-seckill: terms, decisions, what is wrong with a command line, and
   what goes wrong with Redis. */

#include "config.h"

#include "lib/base/clock.h"
#include "lib/base/when.h"
#include "tests/fixtures/order_trial.h"
#include "tests/fixtures/proxy_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TERMS "{ordermq}:seckill:V:terms"
#define BUYERS "{ordermq}:seckill:V:buyers"
#define ORDERS "{ordermq}:seckill:V:orders"

static int setup(void **state)
{
	int ret = trial_setup(state);

	((struct trial *)*state)->path = "bin/ordermq-seckill";
	return ret;
}

#define run(trial, status, ...) trial_run(trial, status, "", __VA_ARGS__, NULL)

static void said(struct trial *trial, const char *text)
{
	if (strstr(trial->program.out, text) == NULL)
		fail_msg("not said: %s\nbut: %s%s", text, trial->program.out,
			 trial->program.err);
}

static int64_t integer(struct trial *trial, const char *command,
		       const char *key)
{
	return redis_fixture_integer(trial->redis, command, key, NULL);
}

static const char *moment(int64_t offset_msecs)
{
	static char text[WHEN_TEXT_BYTES];

	return when_format(clock_wall_msecs() + offset_msecs, text);
}

/* A number that INFO tells behind this text; 0: it does not. */
static int64_t info(struct trial *trial, const char *section, const char *text)
{
	const struct reply *reply =
		redis_fixture_command(trial->redis, "INFO", section, NULL);
	const char *at = strstr(reply_text(reply).data, text);

	return at == NULL ? 0 : atoll(at + strlen(text));
}

static void await_info(struct trial *trial, const char *section,
		       const char *text, int64_t least)
{
	int64_t deadline = clock_msecs() + 20000;

	while (info(trial, section, text) < least) {
		if (clock_msecs() > deadline)
			fail_msg("%s never %" PRId64, text, least);
		usleep(2000);
	}
}

static void each_user_gets_one_until_it_is_sold_out(void **state)
{
	struct trial *trial = *state;

	run(trial, 0, "load", "V", "2", "--amount", "1299");
	said(trial, "{\"voucher\":\"V\",\"stock\":2,\"sold\":0,\"left\":2}\n");
	run(trial, 0, "buy", "V", "7", "A-1");
	said(trial, "\"result\":\"accepted\",\"orderno\":\"A-1\",\"id\":\"1");
	trial_assert_entry(trial, 0,
			   "orderno|A-1|userid|7|voucher|V|amount|1299");
	run(trial, 0, "buy", "V", "7", "A-2");
	said(trial, "\"result\":\"already bought\",\"orderno\":\"A-1\",\"id\"");
	run(trial, 0, "buy", "V", "8");
	said(trial, "\"result\":\"accepted\"");
	run(trial, 0, "buy", "V", "9");
	assert_string_equal(trial->program.out,
			    "{\"voucher\":\"V\",\"user\":\"9\","
			    "\"result\":\"sold out\"}\n");
	run(trial, 0, "buy", "W", "9");
	said(trial, "\"result\":\"unknown voucher\"");
	run(trial, 0, "status", "V");
	assert_string_equal(trial->program.out,
			    "{\"voucher\":\"V\",\"state\":\"sold out\","
			    "\"stock\":2,\"sold\":2,\"left\":0,"
			    "\"amount\":1299}\n");
	assert_int_equal(trial_length(trial), 2);
}

static void the_same_request_is_accepted_again(void **state)
{
	struct trial *trial = *state;
	char first[256];

	run(trial, 0, "load", "V", "1");
	run(trial, 0, "buy", "V", "7", "A-1");
	(void)snprintf(first, sizeof(first), "%.250s", trial->program.out);
	/* Also when nothing is left, and when it is over. */
	for (int over = 0; over < 2; over++) {
		if (over)
			run(trial, 0, "load", "V", "1", "--replace", "--ends",
			    moment(-1000));
		run(trial, 0, "buy", "V", "7", "A-1");
		assert_string_equal(trial->program.out, first);
	}
	run(trial, 0, "buy", "V", "7", "A-2");
	said(trial, "already bought");
	run(trial, 0, "buy", "V", "8");
	said(trial, "not open");
	assert_int_equal(trial_length(trial), 1);
}

static void an_order_number_is_one_users(void **state)
{
	struct trial *trial = *state;

	run(trial, 0, "load", "V", "5");
	run(trial, 0, "buy", "V", "7", "A-1");
	run(trial, 65, "buy", "V", "8", "A-1");
	trial_assert_said(trial, "the order number is another user's");
	assert_string_equal(trial->program.out, "");
	trial_run(trial, 0,
		  "{\"voucher\":\"V\",\"user\":8,\"orderno\":\"A-1\"}", "serve",
		  NULL);
	said(trial, "\"orderno\":\"A-1\",\"error\":\"the order number is "
		    "another user's\",\"in_doubt\":false}");
	assert_int_equal(trial_length(trial), 1);
	assert_int_equal(integer(trial, "HLEN", BUYERS), 1);
}

static void it_is_open_between_two_moments(void **state)
{
	struct trial *trial = *state;

	run(trial, 0, "load", "V", "5", "--begins", "2999-01-01T00:00:00Z");
	run(trial, 0, "buy", "V", "7");
	said(trial, "\"result\":\"not open\",\"when\":\"before\","
		    "\"begins\":\"2999-01-01T00:00:00.000Z\"}");
	run(trial, 0, "status", "V");
	said(trial, "\"state\":\"before\"");
	run(trial, 0, "load", "V", "5", "--replace", "--begins",
	    "2001-01-01T00:00+02:00", "--ends", "2999-01-01T00:00:00Z");
	run(trial, 0, "buy", "V", "7");
	said(trial, "accepted");
	run(trial, 0, "status", "V");
	said(trial, "\"state\":\"open\"");
	said(trial, "\"begins\":\"2000-12-31T22:00:00.000Z\","
		    "\"ends\":\"2999-01-01T00:00:00.000Z\","
		    "\"forgotten\":\"2999-01-08T00:00:00.000Z\"}");
	run(trial, 0, "load", "V", "5", "--replace", "--ends", moment(-1));
	run(trial, 0, "buy", "V", "8");
	said(trial, "\"result\":\"not open\",\"when\":\"after\",\"ended\":\"");
	run(trial, 0, "status", "V");
	said(trial, "\"state\":\"after\"");
	assert_int_equal(trial_length(trial), 1);
}

static void terms_are_not_changed_by_mistake(void **state)
{
	struct trial *trial = *state;

	run(trial, 0, "load", "V", "5", "--amount", "100");
	run(trial, 0, "buy", "V", "7");
	run(trial, 0, "buy", "V", "8");
	/* The same is no change. */
	run(trial, 0, "load", "V", "5", "--amount", "100");
	said(trial, "\"stock\":5,\"sold\":2,\"left\":3}");
	run(trial, 65, "load", "V", "6", "--amount", "100");
	trial_assert_said(trial, "V: is loaded already, with a stock of 5");
	run(trial, 65, "load", "V", "5");
	run(trial, 65, "load", "V", "5", "--amount", "100", "--ends",
	    "2999-01-01T00:00:00Z");
	run(trial, 65, "load", "V", "1", "--replace");
	trial_assert_said(trial, "has sold 2 already, which is more");
	run(trial, 65, "load", "V", "5", "--replace", "--ends",
	    "2001-01-01T00:00:00Z");
	trial_assert_said(trial, "would be forgotten at once");
	run(trial, 0, "status", "V");
	said(trial, "\"stock\":5,\"sold\":2,\"left\":3,\"amount\":100}");
	run(trial, 0, "load", "V", "3", "--replace");
	run(trial, 0, "buy", "V", "9", "A-3");
	said(trial, "accepted");
	trial_assert_entry(trial, 2, "orderno|A-3|userid|9|voucher|V");
	run(trial, 0, "buy", "V", "10");
	said(trial, "sold out");
}

static void all_keys_expire_together(void **state)
{
	struct trial *trial = *state;
	static const char *const keys[] = { TERMS, BUYERS, ORDERS };
	int64_t expected;

	assert_int_equal(when_parse("2999-01-01T00:00:00Z", &expected), 0);
	run(trial, 0, "load", "V", "5", "--ends", "2999-01-01T00:00:00Z",
	    "--keep", "2h");
	for (int i = 0; i < 3; i++) {
		char user[] = { (char)('1' + i), '\0' };

		run(trial, 0, "buy", "V", user);
	}
	expected += 2 * 3600 * 1000;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(integer(trial, "PEXPIRETIME", keys[i]),
				 expected);
	run(trial, 0, "load", "V", "6", "--replace", "--ends",
	    "2999-01-01T00:00:00Z", "--keep", "3h");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(integer(trial, "PEXPIRETIME", keys[i]),
				 expected + 3600 * 1000);
	run(trial, 0, "load", "V", "6", "--replace");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(integer(trial, "PEXPIRETIME", keys[i]), -1);
	/* It ends, and is forgotten. */
	run(trial, 0, "load", "V", "6", "--replace", "--ends", moment(400),
	    "--keep", "0");
	await_info(trial, "stats", "expired_keys:", 1);
	run(trial, 0, "buy", "V", "1");
	said(trial, "unknown voucher");
	assert_int_equal(integer(trial, "EXISTS", BUYERS), 0);
	assert_int_equal(integer(trial, "EXISTS", ORDERS), 0);
	run(trial, 65, "status", "V");
	trial_assert_said(trial, "V: is not loaded");
}

static void entries_have_the_fields_of_the_configuration(void **state)
{
	struct trial *trial = *state;

	trial_conf(trial, "fields = { orderno = \"id\"; userid = \"userId\"; "
			  "amount = { product = (\"price\", \"quantity\"); "
			  "scale = 100; }; };\n");
	run(trial, 0, "load", "V", "2", "--amount", "1205");
	run(trial, 0, "buy", "V", "7", "A-1");
	trial_assert_entry(trial, 0,
			   "id|A-1|userId|7|voucher|V|price|12.05|quantity|1");
	/* An entry that would be no order is not sold. */
	trial_conf(trial, "fields = { orderno = \"voucher\"; };\n");
	run(trial, 78, "load", "W", "2");
	trial_assert_said(trial, "fields of the configuration: voucher given "
				 "twice");
}

static void keys_lie_in_the_streams_slot(void **state)
{
	struct trial *trial = *state;

	run(trial, 0, "--stream", "{shop}:orders", "load", "{V}", "2");
	run(trial, 0, "--stream", "{shop}:orders", "buy", "{V}", "7");
	assert_int_equal(
		integer(trial, "EXISTS", "{shop}:orders:seckill:{V}:terms"), 1);
	assert_int_equal(
		integer(trial, "HLEN", "{shop}:orders:seckill:{V}:buyers"), 1);
	assert_int_equal(trial_stream_length(trial, "{shop}:orders"), 1);
}

#define LONG129                                                                \
	"123456789.123456789.123456789.123456789.123456789.123456789."         \
	"123456789.123456789.123456789.123456789.123456789.123456789."         \
	"123456789"

/* Command lines that are wrong, and what is said. */
static const struct {
	const char *words[6];
	const char *what;
} wrong[] = {
	{ { NULL }, "what to do?" },
	{ { "sell" }, "sell: no such command" },
	{ { "load", "V" }, "load takes VOUCHER STOCK" },
	{ { "load", "V", "1", "2" }, "load takes VOUCHER STOCK" },
	{ { "load", "V", "-1" }, "-1: no such option" },
	{ { "load", "V", "1x" }, "STOCK: 1x: a whole number" },
	{ { "load", "V", "1000000001" }, "from 0 to 1000000000" },
	{ { "load", "V", "99999999999999999999" }, "from 0 to 1000000000" },
	{ { "load", "", "1" }, "voucher is empty" },
	{ { "load", "a:b", "1" }, "voucher has a colon" },
	{ { "load", "a\nb", "1" }, "voucher 'a\\x0ab' has control bytes" },
	{ { "load", "a\xff", "1" }, "voucher 'a\\xff' is no UTF-8" },
	{ { "load", LONG129, "1" }, "voucher has 129 bytes, more than 128" },
	{ { "load", "V", "1", "--amount", "1.5" }, "--amount: 1.5: a whole" },
	{ { "load", "V", "1", "--amount", "9007199254740993" }, "a whole" },
	{ { "load", "V", "1", "--begins", "now" },
	  "--begins: now: a time such as" },
	{ { "load", "V", "1", "--ends", "2026-02-30T00:00:00Z" },
	  "a time such as" },
	{ { "load", "V", "1", "--keep", "1h" }, "--keep needs --ends" },
	{ { "load", "V", "1", "--keep", "x" }, "--keep: x: a duration" },
	{ { "load", "V", "1", "--keep", "3651d" },
	  "--keep: 3651d: a duration of at most 3650d" },
	{ { "load", "V", "1", "--listen", "x" }, "--listen does not go with" },
	{ { "load", "V", "1", "--users", "1" }, "--users: no such option" },
	{ { "buy", "V" }, "buy takes VOUCHER USER [ORDERNO]" },
	{ { "buy", "V", "" }, "user is empty" },
	{ { "buy", "V", "7", "" }, "orderno is empty" },
	{ { "buy", "V", "7", "a:1" }, "orderno has a colon" },
	{ { "buy", "V", "7", LONG129 }, "orderno has 129 bytes" },
	{ { "buy", "V", LONG129 }, "user has 129 bytes" },
	{ { "buy", "V", "7", "--amount", "1" },
	  "--amount does not go with buy" },
	{ { "status" }, "status takes VOUCHER" },
	{ { "serve", "x" }, "serve takes no arguments" },
	{ { "serve", "--replace" }, "--replace does not go with serve" },
	{ { "bench" }, "bench: no such command" },
	{ { "buy", "V", "7", "--timeout", "1" }, "--timeout: 1: a duration" },
	{ { "buy", "V", "7", "--nothing" }, "--nothing: no such option" },
	{ { "buy", "V", "7", "--timeout" }, "--timeout: its argument is" },
	{ { "buy", "V", "7", "--redis", "http://x" }, "--redis: " },
	{ { "buy", "V", "7", "--stream", "" }, "--stream: " },
};

static void wrong_command_lines_are_refused(void **state)
{
	struct trial *trial = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const *w = wrong[i].words;

		run(trial, 64, w[0], w[1], w[2], w[3], w[4], w[5]);
		trial_assert_said(trial, wrong[i].what);
		assert_string_equal(trial->program.out, "");
	}
	run(trial, 64, "load", "V", "1", "--begins", "2999-01-01T00:00:00Z",
	    "--ends", "2999-01-01T00:00:00Z");
	trial_assert_said(trial, "--ends is not behind --begins");
	run(trial, 0, "--help");
	said(trial, "usage: ordermq-seckill");
	run(trial, 0, "--version");
	said(trial, "ordermq-seckill 0.");
	run(trial, 78, "-c", "/nonexistent", "buy", "V", "7");
	assert_int_equal(integer(trial, "DBSIZE", NULL), 0);
}

static void what_cannot_be_kept_is_not_sold(void **state)
{
	struct trial *trial = *state;
	static const char *const commands[] = { "-hset", "-xadd", "-hincrby",
						"-pexpireat" };

	run(trial, 0, "load", "V", "5", "--ends", "2999-01-01T00:00:00Z");
	for (size_t i = 0; i < 4; i++) {
		(void)redis_fixture_command(trial->redis, "ACL", "SETUSER",
					    "default", commands[i], NULL);
		run(trial, 78, "buy", "V", "7");
		trial_assert_said(trial, "NOPERM no permission to ");
		(void)redis_fixture_command(trial->redis, "ACL", "SETUSER",
					    "default", "+@all", NULL);
	}
	(void)redis_fixture_command(trial->redis, "ACL", "SETUSER", "default",
				    "-persist", NULL);
	run(trial, 78, "load", "W", "5");
	assert_int_equal(trial_length(trial), 0);
	assert_int_equal(integer(trial, "EXISTS", BUYERS), 0);
	run(trial, 0, "status", "V");
	said(trial, "\"sold\":0,\"left\":5");
	run(trial, 65, "status", "W");
}

static void hset(struct trial *trial, const char *key, const char *field,
		 const char *value)
{
	(void)redis_fixture_command(trial->redis, "HSET", key, field, value,
				    NULL);
}

static void damaged_keys_sell_nothing(void **state)
{
	struct trial *trial = *state;
	static const char *const bad[] = { "x",   "-1",
					   "1.5", "0x10",
					   "007", "1e3",
					   "",    "99999999999999999999" };

	run(trial, 0, "load", "V", "5");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hset(trial, TERMS, "left", bad[i]);
		run(trial, 78, "buy", "V", "7");
		trial_assert_said(trial, "WRONGTYPE " TERMS " field left");
	}
	hset(trial, TERMS, "left", "4");
	run(trial, 65, "status", "V");
	trial_assert_said(trial, "V: sold and left are not the stock");
	hset(trial, TERMS, "left", "5");
	hset(trial, TERMS, "ends", "soon");
	run(trial, 78, "buy", "V", "7");
	hset(trial, TERMS, "ends", "");
	hset(trial, TERMS, "fields", "orderno");
	run(trial, 78, "buy", "V", "7");
	run(trial, 0, "load", "V", "5", "--replace");
	hset(trial, BUYERS, "8", "x");
	run(trial, 78, "buy", "V", "8");
	(void)redis_fixture_command(trial->redis, "SET", ORDERS, "x", NULL);
	run(trial, 78, "buy", "V", "7");
	(void)redis_fixture_command(trial->redis, "DEL", ORDERS, NULL);
	(void)redis_fixture_command(trial->redis, "SET", "ordermq", "x", NULL);
	run(trial, 78, "buy", "V", "7");
	(void)redis_fixture_command(trial->redis, "DEL", "ordermq", NULL);
	assert_int_equal(integer(trial, "HLEN", BUYERS), 1);
	run(trial, 0, "buy", "V", "7");
	said(trial, "accepted");
}

static void redis_that_is_away_is_given_up_in_time(void **state)
{
	struct trial *trial = *state;
	static const char *const times[] = { "0", "100ms" };

	for (size_t i = 0; i < 2; i++) {
		run(trial, 75, "--redis", "unix:///nonexistent", "--timeout",
		    times[i], "buy", "V", "7");
		trial_assert_said(trial, "unix:///nonexistent");
		run(trial, 75, "--redis", "unix:///nonexistent", "--timeout",
		    times[i], "load", "V", "7");
		run(trial, 75, "--redis", "unix:///nonexistent", "--timeout",
		    times[i], "status", "V");
	}
	trial_start(trial, "--redis", "unix:///nonexistent", "buy", "V", "7",
		    NULL);
	kill(trial->program.pid, SIGTERM);
	program_finish(&trial->program);
	assert_int_equal(trial->program.status, 143);
}

static void a_full_server_is_asked_again(void **state)
{
	struct trial *trial = *state;
	int64_t refused;

	run(trial, 0, "load", "V", "5");
	(void)redis_fixture_command(trial->redis, "CONFIG", "SET", "maxmemory",
				    "1", NULL);
	run(trial, 75, "--timeout", "50ms", "buy", "V", "7");
	trial_assert_said(trial, "seckill: OOM");
	refused = info(trial, "errorstats", "errorstat_OOM:count=");
	trial_start(trial, "buy", "V", "7", "A-1", NULL);
	await_info(trial, "errorstats", "errorstat_OOM:count=", refused + 1);
	(void)redis_fixture_command(trial->redis, "CONFIG", "SET", "maxmemory",
				    "0", NULL);
	trial_finish(trial, 0);
	said(trial, "accepted");
	assert_int_equal(trial_length(trial), 1);
}

/* The answer never arrives, but the order is placed: it is asked for again. */
static void a_lost_answer_buys_nothing_twice(void **state)
{
	struct trial *trial = *state;
	struct proxy *proxy = proxy_start(redis_fixture_socket(trial->redis));
	static const char line[] = "{\"voucher\":\"V\",\"user\":7}\n";
	static const char more[] = "{\"voucher\":\"V\",\"user\":8}\n";

	trial_conf(trial, "redis = { reply_timeout = \"200ms\"; "
			  "connect_timeout = \"200ms\"; };\n");
	run(trial, 0, "load", "V", "5");
	trial_start(trial, "--redis", proxy_url(proxy), "serve", NULL);
	assert_int_equal(write(trial->program.input, more, strlen(more)),
			 strlen(more));
	trial_await_length(trial, 1);
	proxy_set(proxy, PROXY_DEAF);
	assert_int_equal(write(trial->program.input, line, strlen(line)),
			 strlen(line));
	trial_await_length(trial, 2);
	/* It asks in vain over other connections. */
	await_info(trial, "stats", "total_connections_received:",
		   info(trial, "stats", "total_connections_received:") + 2);
	proxy_set(proxy, PROXY_PASS);
	trial_finish(trial, 0);
	said(trial, "\"user\":\"8\",\"result\":\"accepted\"");
	said(trial, "\"user\":\"7\",\"result\":\"accepted\"");
	assert_int_equal(trial_length(trial), 2);

	/* Nor does who gives up: the number that was said gets the order. */
	proxy_set(proxy, PROXY_DEAF);
	trial_start(trial, "--redis", proxy_url(proxy), "--timeout", "300ms",
		    "buy", "V", "9", "A-9", NULL);
	trial_finish(trial, 75);
	proxy_stop(&proxy);
	run(trial, 0, "buy", "V", "9", "A-9");
	said(trial, "\"result\":\"accepted\",\"orderno\":\"A-9\"");
	assert_int_equal(trial_length(trial), 3);
	assert_int_equal(integer(trial, "HLEN", BUYERS), 3);
}

static void closed_descriptors_do_no_harm(void **state)
{
	struct trial *trial = *state;

	run(trial, 0, "load", "V", "9");
	trial_shell(trial, "", 0, "buy V 1 <&-");
	trial_shell(trial, "", 75, "buy V 2 A-2 >&-");
	trial_assert_said(trial, "stdout did not take: {\"voucher\":\"V\","
				 "\"user\":\"2\",\"result\":\"accepted\"");
	trial_shell(trial, "", 75, "buy V 3 A-3 <&- >&- 2>&-");
	trial_shell(trial, "", 75, "buy V 4 A-4 >/dev/full");
	trial_shell(trial, "", 65, "serve <&-");
	trial_assert_said(trial, "stdin: Bad file descriptor");
	trial_shell(trial, "echo '{\"voucher\":\"V\",\"user\":5}' |", 75,
		    "serve >&-");
	trial_assert_said(trial, "stdout: Bad file descriptor: 1 answers are "
				 "lost");
	trial_shell(trial, "", 65, "serve </");
	assert_int_equal(trial_length(trial), 5);
	run(trial, 0, "buy", "V", "4", "A-4");
	said(trial, "accepted");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_user_gets_one_until_it_is_sold_out),
		TEST(the_same_request_is_accepted_again),
		TEST(an_order_number_is_one_users),
		TEST(it_is_open_between_two_moments),
		TEST(terms_are_not_changed_by_mistake),
		TEST(all_keys_expire_together),
		TEST(entries_have_the_fields_of_the_configuration),
		TEST(keys_lie_in_the_streams_slot),
		TEST(wrong_command_lines_are_refused),
		TEST(what_cannot_be_kept_is_not_sold),
		TEST(damaged_keys_sell_nothing),
		TEST(redis_that_is_away_is_given_up_in_time),
		TEST(a_full_server_is_asked_again),
		TEST(a_lost_answer_buys_nothing_twice),
		TEST(closed_descriptors_do_no_harm),
	};

	if (redis_fixture_skip_all())
		return 0;
	/* A program may end before it has read its input. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("seckill", tests, NULL, NULL);
}
