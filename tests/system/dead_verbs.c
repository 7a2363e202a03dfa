#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include <cmocka.h>

#define MANY 20000

static struct worker points;
static char entry[64], letter[64];

/* What no UTF-8 is, what would move a terminal, and what is fine. */
static void publish_bytes(const struct shop *shop)
{
	static const struct text words[] = {
		{ "XADD", 4 },    { "ordermq", 7 },    { "*", 1 },
		{ "orderno", 7 }, { "B-2", 3 },        { "amount", 6 },
		{ "-5", 2 },      { "raw\x1b", 4 },    { "\xff\0\n", 3 },
		{ "name", 4 },    { "Zo\xc3\xab", 4 },
	};

	(void)redis_fixture_call(shop->redis, words,
				 sizeof(words) / sizeof(words[0]));
}

/* Real workers refuse two entries, each in its own way; letter is the id of the
   first letter of points, entry of its entry. */
static void two_refused(const struct shop *shop)
{
	const struct reply *first;

	worker_start(&points, shop, "points", 1, "web1");
	shop_await_done(shop, "points");
	(void)snprintf(
		entry, sizeof(entry), "%s",
		shop_publish(shop, "orderno", "A-1", "amount", "12x", NULL));
	publish_bytes(shop);
	shop_orders(shop, 1, 3);
	shop_await_done(shop, "points");
	first = reply_at(redis_fixture_command(shop->redis, "XRANGE", CTL_DEAD,
					       "-", "+", NULL),
			 0);
	(void)snprintf(letter, sizeof(letter), "%s",
		       reply_text(reply_at(first, 0)).data);
}

static void they_are_a_table(void **state)
{
	const struct shop *shop = *state;

	two_refused(shop);
	assert_int_equal(ctl_run_on(shop, "dead", "list", "points", NULL),
			 EX_OK);
	ctl_says("ID              GROUP    ORDER      DELIV TRIES  AGE REASON\n"
		 "ID              points   A-1            1     0   0s amount "
		 "'12x' is no whole number of minor units\n"
		 "ID              points   B-2            1     0   0s amount "
		 "'-5' is no whole number of minor units\n");
	assert_string_equal(ctl.err, "");
}

static void json_has_what_was_noted(void **state)
{
	const struct shop *shop = *state;
	char quoted[70];

	two_refused(shop);
	assert_int_equal(
		ctl_run_on(shop, "dead", "list", "ALL", "--json", NULL), EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 2);
	assert_string_equal(ctl_value(0, "kind"), "\"dead\"");
	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", letter);
	assert_string_equal(ctl_value(0, "id"), quoted);
	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", entry);
	assert_string_equal(ctl_value(0, "entry"), quoted);
	assert_string_equal(ctl_value(0, "group"), "\"points\"");
	assert_string_equal(ctl_value(0, "class"), "\"reject\"");
	assert_string_equal(ctl_value(0, "consumer"), "\"points-1@web1\"");
	assert_string_equal(ctl_value(0, "deliveries"), "1");
	assert_string_equal(ctl_value(0, "attempts"), "0");
	assert_string_equal(ctl_value(0, "crashes"), "0");
	assert_string_equal(ctl_value(0, "orderno"), "\"A-1\"");
	assert_int_equal(strlen(ctl_value(0, "time")),
			 strlen("\"2025-11-20T12:00:00.000Z\""));
	assert_string_equal(ctl_value(0, "fields"), "");
}

static void they_can_be_narrowed(void **state)
{
	const struct shop *shop = *state;

	two_refused(shop);
	ctl_dead_many(shop, "push", "5");
	assert_int_equal(ctl_run_on(shop, "dead", "list", "points", "--reason",
				    "'-5'", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "orderno"), "\"B-2\"");
	assert_int_equal(ctl_run_on(shop, "dead", "list", "ALL", "--since",
				    letter, "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 7);
	assert_int_equal(ctl_run_on(shop, "dead", "list", "ALL", "--since",
				    "1h", "--json", NULL),
			 EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 7);
	assert_int_equal(ctl_run_on(shop, "dead", "list", "ALL", "--since",
				    "2999-01-01T00:00:00Z", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "");
	assert_string_equal(ctl.err, "ordermqctl: no such dead letters\n");
	assert_int_equal(ctl_run_on(shop, "dead", "list", "ALL", "--since",
				    "yesterday", NULL),
			 EX_DATAERR);
}

static void one_is_shown_whole_and_safely(void **state)
{
	const struct shop *shop = *state;
	const struct reply *all;
	const char *fields;

	two_refused(shop);
	all = redis_fixture_command(shop->redis, "XREVRANGE", CTL_DEAD, "+",
				    "-", NULL);
	(void)snprintf(letter, sizeof(letter), "%s",
		       reply_text(reply_at(reply_at(all, 0), 0)).data);
	assert_int_equal(
		ctl_run_on(shop, "dead", "show", "points", letter, NULL),
		EX_OK);
	assert_non_null(strstr(ctl.out, "reason       amount '-5' is no whole "
					"number of minor units\n"));
	fields = strstr(ctl.out, "\n\n");
	assert_non_null(fields);
	assert_string_equal(fields, "\n\norderno=B-2\n"
				    "amount=-5\n"
				    "raw\\x1b=\\xff\\x00\\x0a\n"
				    "name=Zo\\xc3\\xab\n");
	assert_int_equal(
		ctl_run_on(shop, "dead", "show", "ALL", letter, "--json", NULL),
		EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "fields"),
			    "[[\"orderno\",\"B-2\"],[\"amount\",\"-5\"],"
			    "[\"raw\\u001B\",{\"base64\":\"/wAK\"}],"
			    "[\"name\",\"Zo\xc3\xab\"]]");
}

/* Entries of points that are known to have a letter. */
static int64_t indexed(const struct shop *shop)
{
	return redis_fixture_integer(shop->redis, "ZCARD",
				     "{ordermq}:points:dead", NULL);
}

static void what_is_not_there_is_told(void **state)
{
	const struct shop *shop = *state;

	two_refused(shop);
	assert_int_equal(
		ctl_run_on(shop, "dead", "show", "points", "1-1", NULL),
		EX_DATAERR);
	assert_string_equal(ctl.err, "ordermqctl: 1-1: no such dead letter of "
				     "points\n");
	/* It is another group's. */
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "push", letter, NULL),
			 EX_DATAERR);
	assert_string_equal(ctl.out, "0 dropped\n");
	assert_int_equal(ctl_dead_count(shop), 2);
	assert_int_equal(
		ctl_run_on(shop, "dead", "export", "points", "abc", NULL),
		EX_DATAERR);
	assert_non_null(strstr(ctl.err, "abc: expected an id"));
	assert_int_equal(ctl_run_on(shop, "dead", "list", "pionts", NULL),
			 EX_DATAERR);
	assert_string_equal(ctl.err, "ordermqctl: pionts: no such group; there "
				     "are: points\n");
	/* Configured, without any. */
	assert_int_equal(ctl_run_on(shop, "dead", "list", "push", NULL), EX_OK);
	assert_string_equal(ctl.out, "");
}

static void an_export_has_everything(void **state)
{
	const struct shop *shop = *state;

	two_refused(shop);
	assert_int_equal(
		ctl_run_on(shop, "dead", "export", "points", "ALL", NULL),
		EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 2);
	assert_string_equal(ctl_value(0, "fields"),
			    "[[\"orderno\",\"A-1\"],[\"amount\",\"12x\"]]");
	assert_int_equal(
		ctl_run_on(shop, "dead", "export", "points", letter, NULL),
		EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 1);
}

static bool two_are_dead(void *data)
{
	return ctl_dead_count(data) == 2;
}

static void what_is_replayed_comes_back_to_its_group(void **state)
{
	const struct shop *shop = *state;

	two_refused(shop);
	assert_int_equal(ctl_run_on(shop, "dead", "replay", "points", "ALL",
				    "--dry-run", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "2 would be replayed\n");
	assert_int_equal(ctl_run_on(shop, "dead", "replay", "points", letter,
				    "--rate", "100", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "1 replayed\n");
	/* It is as wrong as before. */
	until(two_are_dead, *state, "it is dead-lettered again");
	assert_int_equal(indexed(shop), 2);
	assert_int_equal(
		ctl_run_on(shop, "dead", "replay", "points", letter, NULL),
		EX_DATAERR);
	assert_string_equal(ctl.out, "0 replayed\n");
	/* All that are there, but not what comes back meanwhile. */
	assert_int_equal(ctl_run_on(shop, "dead", "replay", "ALL", "ALL", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "2 replayed\n");
	until(two_are_dead, *state, "both are dead-lettered again");
	assert_int_equal(ctl_run_on(shop, "dead", "replay", "points", "ALL",
				    "--rate", "0", NULL),
			 EX_USAGE);
}

static void they_are_dropped_by_id(void **state)
{
	const struct shop *shop = *state;
	char input[128];

	two_refused(shop);
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "points", letter,
				    "--dry-run", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "1 would be dropped\n");
	assert_int_equal(ctl_dead_count(shop), 2);
	(void)snprintf(input, sizeof(input), "\n %s\r\nbad\x1b\n1-1\n", letter);
	assert_int_equal(
		ctl_feed(shop, input, "dead", "drop", "points", "-", NULL),
		EX_DATAERR);
	assert_string_equal(ctl.out, "1 dropped\n");
	assert_non_null(strstr(ctl.err, "bad\\x1b: expected an id"));
	assert_non_null(strstr(ctl.err, "1-1: no such dead letter"));
	assert_int_equal(ctl_dead_count(shop), 1);
	/* Again: nothing else goes. */
	assert_int_equal(
		ctl_run_on(shop, "dead", "drop", "points", letter, NULL),
		EX_DATAERR);
	assert_string_equal(ctl.out, "0 dropped\n");
	assert_int_equal(ctl_dead_count(shop), 1);
	assert_int_equal(indexed(shop), 1);
}

static void status_tells_what_lies_there(void **state)
{
	const struct shop *shop = *state;

	two_refused(shop);
	assert_int_equal(
		ctl_run_on(shop, "dead", "drop", "points", letter, NULL),
		EX_OK);
	/* Without ordermqd. */
	assert_int_equal(ctl_run_on(shop, "status", "points", "--json", NULL),
			 EX_UNAVAILABLE);
	/* And two findings: the letter, and no append-only file. */
	assert_int_equal(json_array_size(ctl_records()), 5);
	assert_string_equal(ctl_value(2, "dead"), "2");
	assert_string_equal(ctl_value(3, "id"), "\"dead-letters\"");
	assert_string_equal(ctl_value(4, "id"), "\"redis-not-durable\"");
	assert_string_equal(ctl_value(2, "dead_letters"), "1");
	assert_string_equal(ctl_value(2, "oldest_dead_letter_seconds"), "0");
	assert_true(atoi(ctl_value(2, "dead_letters_bytes")) > 100);
	assert_int_equal(ctl_run_on(shop, "status", "points", NULL),
			 EX_UNAVAILABLE);
	assert_non_null(strstr(ctl.out, "DEAD LETTERS OF       COUNT"));
}

static void all_of_a_group_means_no_others(void **state)
{
	const struct shop *shop = *state;

	ctl_dead_many(shop, "push", "3");
	ctl_dead_many(shop, "points", "1203");
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "points", "ALL",
				    "--reason", "reason 12", "--dry-run",
				    "--json", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "{\"kind\":\"dropped\",\"count\":15,"
				     "\"dry_run\":true}\n");
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "points", "ALL",
				    "--reason", "reason 12", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "15 dropped\n");
	assert_int_equal(
		ctl_run_on(shop, "dead", "drop", "points", "ALL", NULL), EX_OK);
	assert_string_equal(ctl.out, "1188 dropped\n");
	assert_int_equal(ctl_dead_count(shop), 3);
	assert_int_equal(
		ctl_run_on(shop, "dead", "drop", "points", "ALL", NULL), EX_OK);
	assert_string_equal(ctl.out, "0 dropped\n");
}

static bool has_begun(void *data)
{
	int64_t left = ctl_dead_count(data);

	return left < MANY;
}

static void an_interrupted_drop_is_run_again(void **state)
{
	struct shop *shop = *state;

	ctl_dead_many(shop, "points", "20000");
	ctl_start(shop, "dead", "drop", "points", "ALL", NULL);
	until(has_begun, shop, "some are dropped");
	(void)kill(ctl.pid, SIGKILL);
	program_finish(&ctl);
	assert_int_equal(ctl.status, 128 + SIGKILL);
	ctl_dead_many(shop, "push", "2");
	assert_int_equal(
		ctl_run_on(shop, "dead", "drop", "points", "ALL", NULL), EX_OK);
	assert_int_equal(ctl_dead_count(shop), 2);
}

static void wrong_usage_is_told(void **state)
{
	const struct shop *shop = *state;

	assert_int_equal(ctl_run_on(shop, "dead", NULL), EX_USAGE);
	assert_non_null(strstr(ctl.err, "Usage: ordermqctl dead"));
	assert_int_equal(ctl_run_on(shop, "dead", "bury", NULL), EX_USAGE);
	assert_non_null(strstr(ctl.err, "bury: no such verb"));
	assert_int_equal(ctl_run_on(shop, "dead", "list", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "dead", "list", "a", "b", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "dead", "show", "a", NULL), EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "points", NULL),
			 EX_USAGE);
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "points", "1-1",
				    "--since", "1h", NULL),
			 EX_USAGE);
	/* Only in capitals. */
	assert_int_equal(
		ctl_run_on(shop, "dead", "drop", "points", "all", NULL),
		EX_DATAERR);
	assert_int_equal(ctl_run_on(shop, "dead", "--help", NULL), EX_OK);
	assert_non_null(strstr(ctl.out, "  export"));
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "-h", NULL), EX_OK);
	assert_non_null(
		strstr(ctl.out, "Usage: ordermqctl dead drop GROUP|ALL ID"));
}

static void without_redis_it_is_unavailable(void **state)
{
	const struct shop *shop = *state;

	redis_fixture_kill(shop->redis);
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "ALL", "ALL", NULL),
			 EX_UNAVAILABLE);
	assert_string_equal(ctl.out, "");
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(they_are_a_table),
		in_shop(json_has_what_was_noted),
		in_shop(they_can_be_narrowed),
		in_shop(one_is_shown_whole_and_safely),
		in_shop(what_is_not_there_is_told),
		in_shop(an_export_has_everything),
		in_shop(what_is_replayed_comes_back_to_its_group),
		in_shop(they_are_dropped_by_id),
		in_shop(status_tells_what_lies_there),
		in_shop(all_of_a_group_means_no_others),
		in_shop(an_interrupted_drop_is_run_again),
		in_shop(wrong_usage_is_told),
		in_shop(without_redis_it_is_unavailable),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("dead verbs", tests, NULL, NULL);
}
