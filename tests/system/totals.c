#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The service audit: the totals of days and countries. (tests/audit is another
   thing: what checks our own services.) */

#define LOAD 4000
#define KILLS 12

/* 2010-12-01 and the day after, in milliseconds. */
#define DAY_ONE "1291161600000"
#define DAY_TWO "1291248000000"

static struct shop *shop;
static struct worker one, two;

/* A group audit, beside points or not. */
static void configure(bool has_audit)
{
	FILE *file = fopen(shop->conf, "we");
	char *programs = realpath("bin", NULL);

	assert_non_null(file);
	fprintf(file,
		"redis: { url = \"unix://%s\"; retry_max = \"200ms\"; };\n"
		"node = \"web1\";\n"
		"supervisor: { control = \"%s/control.sock\"; programs = "
		"\"%s\"; };\nlog: { to = \"stderr\"; };\n"
		"groups: ( { name = \"points\"; program = \"points\"; }%s );\n",
		redis_fixture_socket(shop->redis), shop->run_dir, programs,
		has_audit ? ",\n{ name = \"audit\"; program = \"audit\"; "
			    "instances = 2; owner_ttl = \"1s\"; batch = 64; }"
			  : "");
	assert_int_equal(fclose(file), 0);
	free(programs);
}

static int totals_open(void **state)
{
	int ret = shop_open(state);

	shop = *state;
	configure(true);
	return ret;
}

/* An entry of that id with these fields, ended by NULL. */
#define publish(id, ...)                                                       \
	((void)redis_fixture_command(shop->redis, "XADD", "ordermq", id,       \
				     __VA_ARGS__, NULL))

static int64_t total(const char *field)
{
	return shop_number(shop, "audit", "totals", field);
}

static int64_t book(const char *name)
{
	return shop_number(shop, "audit", "books", name);
}

static int64_t length_of(const char *command, const char *key)
{
	return redis_fixture_integer(shop->redis, command, key, NULL);
}

/* Of all days: the test may run at midnight. */
static int64_t sum_of_totals(void)
{
	const struct reply *values = redis_fixture_command(
		shop->redis, "HVALS", "{ordermq}:audit:totals", NULL);
	int64_t sum = 0;

	for (size_t i = 0; i < reply_count(values); i++)
		sum += reply_integer(reply_at(values, i), 0);
	return sum;
}

static void amounts_add_up_by_day_and_country(void **state)
{
	(void)state;
	publish(DAY_ONE "-0", "orderno", "1", "amount", "1000", "country",
		"United Kingdom");
	publish(DAY_ONE "-1", "orderno", "2", "amount", "500", "country",
		"France");
	publish(DAY_ONE "-2", "orderno", "3", "amount", "30", "country",
		"United Kingdom");
	publish("1291247999999-0", "orderno", "4", "amount", "7");
	publish(DAY_TWO "-0", "orderno", "1", "amount", "400", "type",
		"refunded", "country", "United Kingdom");
	publish(DAY_TWO "-1", "orderno", "5", "type", "shipped");
	publish(DAY_TWO "-2", "orderno", "6", "country", "France");
	worker_start(&one, shop, "audit", 1, "web1");
	shop_await_done(shop, "audit");
	assert_int_equal(total("2010-12-01 United Kingdom"), 1030);
	assert_int_equal(total("2010-12-01 France"), 500);
	assert_int_equal(total("2010-12-01 -"), 7);
	assert_int_equal(total("2010-12-02 United Kingdom"), -400);
	assert_int_equal(total("2010-12-02 France"), 0);
	assert_int_equal(length_of("HLEN", "{ordermq}:audit:totals"), 5);
	assert_int_equal(length_of("HLEN", "{ordermq}:audit:events"), 6);
	assert_int_equal(book("applied"), 6);
	assert_int_equal(book("other"), 1);
}

static void an_event_counts_once_however_often_it_is_published(void **state)
{
	(void)state;
	/* In the same call, in another one, and on another day. */
	publish(DAY_ONE "-0", "orderno", "1", "amount", "1000");
	publish(DAY_ONE "-1", "orderno", "1", "amount", "1000");
	publish(DAY_ONE "-2", "orderno", "2", "amount", "10");
	worker_start(&one, shop, "audit", 1, "web1");
	shop_await_done(shop, "audit");
	publish(DAY_TWO "-0", "orderno", "1", "amount", "1000");
	shop_await_done(shop, "audit");
	assert_int_equal(total("2010-12-01 -"), 1010);
	assert_int_equal(total("2010-12-02 -"), 0);
	assert_int_equal(book("applied"), 2);
	assert_int_equal(book("duplicate"), 2);
}

static void what_cannot_be_counted_is_a_dead_letter_and_stops_nobody(
	void **state)
{
	char long_name[66];

	(void)state;
	memset(long_name, 'x', 65);
	long_name[65] = '\0';
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:audit:totals", "2010-12-01 full",
				    "9007199254740000", "2010-12-01 odd", "1e3",
				    NULL);
	publish(DAY_ONE "-0", "orderno", "1", "amount", "1000");
	/* Another amount, and another country. */
	publish(DAY_ONE "-1", "orderno", "1", "amount", "1001");
	publish(DAY_ONE "-2", "orderno", "1", "amount", "1000", "country",
		"France");
	publish(DAY_ONE "-3", "orderno", "2", "country", long_name);
	publish(DAY_ONE "-4", "orderno", "3", "country", "a\tb");
	publish(DAY_ONE "-5", "orderno", "4", "amount", "9007199254740992");
	publish(DAY_ONE "-6", "orderno", "5", "amount", "992", "country",
		"full");
	publish(DAY_ONE "-7", "orderno", "6", "amount", "1", "country", "odd");
	publish("253402300800000-0", "orderno", "7", "amount", "1");
	publish("253402300800000-1", "orderno", "8", "amount", "1");
	publish("9223372036854775807-0", "orderno", "9");
	worker_start(&one, shop, "audit", 1, "web1");
	shop_await_done(shop, "audit");
	assert_int_equal(length_of("XLEN", "{ordermq}:dead"), 10);
	assert_int_equal(book("rejected"), 10);
	assert_int_equal(book("applied"), 1);
	assert_int_equal(total("2010-12-01 -"), 1000);
	assert_int_equal(total("2010-12-01 full"), 9007199254740000);
	assert_int_equal(worker_stop(&one), 0);
	assert_int_equal(worker_said(&one, "another country or amount"), 2);
	assert_int_equal(worker_said(&one, "is no number, or would not be"), 2);
}

static bool are_counted(void *data)
{
	return book("applied") >= *(const int64_t *)data;
}

static bool are_known(void *data)
{
	return book("duplicate") >= *(const int64_t *)data;
}

static void killed_again_and_again_each_event_counts_once(void **state)
{
	(void)state;
	for (int i = 0; i < KILLS; i++) {
		int64_t some = (i + 1) * 100;

		worker_start(&one, shop, "audit", 1, "web1");
		if (i % 2 == 0)
			worker_start(&two, shop, "audit", 2, "web1");
		shop_orders(shop, 1 + i * LOAD / KILLS, LOAD / KILLS);
		/* Published again: what an uncertain sender does. */
		if (i > 0)
			shop_orders(shop, 1 + (i - 1) * LOAD / KILLS, 50);
		until(are_counted, &some, "some are counted");
		worker_kill(&one);
		if (i % 2 == 1)
			worker_kill(&two);
	}
	worker_start(&one, shop, "audit", 1, "web1");
	worker_start(&two, shop, "audit", 2, "web1");
	shop_await_done(shop, "audit");
	assert_int_equal(sum_of_totals(), LOAD / KILLS * KILLS * 1000);
	assert_int_equal(length_of("HLEN", "{ordermq}:audit:events"),
			 LOAD / KILLS * KILLS);
	assert_int_equal(book("applied"), LOAD / KILLS * KILLS);
	assert_int_equal(ctl_run_on(shop, "verify", "audit", NULL), 0);
}

static void history_that_comes_back_changes_nothing(void **state)
{
	(void)state;
	worker_start(&one, shop, "audit", 1, "web1");
	shop_orders(shop, 1, 300);
	shop_await_done(shop, "audit");
	assert_int_equal(ctl_run_on(shop, "replay", "audit", "--from", "1h",
				    "--execute", NULL),
			 0);
	until(are_known, &(int64_t){ 300 }, "all have come back");
	assert_int_equal(sum_of_totals(), 300 * 1000);
	assert_int_equal(book("applied"), 300);
}

static bool is_counted(void *data)
{
	return total("2010-12-01 odd") == *(const int64_t *)data;
}

static void a_dead_letter_counts_for_its_own_day_when_it_is_replayed(
	void **state)
{
	(void)state;
	(void)redis_fixture_command(shop->redis, "HSET",
				    "{ordermq}:audit:totals", "2010-12-01 odd",
				    "wrong", NULL);
	publish(DAY_ONE "-0", "orderno", "1", "amount", "5", "country", "odd");
	worker_start(&one, shop, "audit", 1, "web1");
	shop_await_done(shop, "audit");
	assert_int_equal(book("rejected"), 1);
	(void)redis_fixture_command(shop->redis, "HDEL",
				    "{ordermq}:audit:totals", "2010-12-01 odd",
				    NULL);
	assert_int_equal(
		ctl_run_on(shop, "dead", "replay", "audit", "ALL", NULL), 0);
	until(is_counted, &(int64_t){ 5 }, "it is counted");
}

static struct program daemon_program;

/* All that it takes is its block in the configuration. */
static void a_block_in_the_configuration_brings_it_into_the_set(void **state)
{
	const char *argv[] = { "bin/ordermqd", "-c", shop->conf, NULL };

	(void)state;
	configure(false);
	program_start(&daemon_program, argv);
	assert_int_equal(ctl_run_on(shop, "wait", "ready", NULL), 0);
	shop_orders(shop, 1, 100);
	configure(true);
	assert_int_equal(ctl_run_on(shop, "reload", NULL), 0);
	assert_int_equal(ctl_run_on(shop, "wait", "ready", NULL), 0);
	shop_await_done(shop, "audit");
	shop_await_done(shop, "points");
	assert_int_equal(sum_of_totals(), 100 * 1000);
	shop_check_points(shop, 100);
	assert_int_equal(ctl_run_on(shop, "status", NULL), 0);
	assert_non_null(strstr(ctl.out, "\naudit             2/2 "));
	assert_int_equal(ctl_run_on(shop, "verify", NULL), 0);
	(void)kill(daemon_program.pid, SIGTERM);
	program_finish(&daemon_program);
	assert_int_equal(daemon_program.status, 0);
	assert_null(strstr(daemon_program.err, "Sanitizer"));
	assert_null(strstr(daemon_program.err, "runtime error"));
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, totals_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(amounts_add_up_by_day_and_country),
		in_shop(an_event_counts_once_however_often_it_is_published),
		in_shop(what_cannot_be_counted_is_a_dead_letter_and_stops_nobody),
		in_shop(killed_again_and_again_each_event_counts_once),
		in_shop(history_that_comes_back_changes_nothing),
		in_shop(a_dead_letter_counts_for_its_own_day_when_it_is_replayed),
		in_shop(a_block_in_the_configuration_brings_it_into_the_set),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("totals", tests, NULL, NULL);
}
