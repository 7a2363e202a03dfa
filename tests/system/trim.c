#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct shop *shop;

/* 1000 old entries; the groups of the configuration have settled them all, and
   audit the first 400. */
static void begin(void **state, const char *retention)
{
	static const char *const groups[] = { "points", "push", "trial",
					      "audit" };
	char rest[256];

	shop = *state;
	(void)snprintf(rest, sizeof(rest), "stream: { retention: { %s }; };",
		       retention);
	shop_configure(shop, "", "", rest);
	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"for n = 1, 1000 do redis.call('XADD', KEYS[1], n .. '-0', "
		"'orderno', n) end",
		"1", "ordermq", NULL);
	for (int i = 0; i < 4; i++)
		(void)redis_fixture_command(
			shop->redis, "XGROUP", "CREATE", "ordermq", groups[i],
			i == 3 ? "400-0" : "1000-0", "ENTRIESREAD",
			i == 3 ? "400" : "1000", NULL);
	(void)redis_fixture_command(
		shop->redis, "HSET", "{ordermq}:audit:start", "id", "400-0",
		"added", "1000", "due", "600", "settled", "0", NULL);
}

static int64_t length(void)
{
	return redis_fixture_integer(shop->redis, "XLEN", "ordermq", NULL);
}

static void says(const char *text)
{
	if (strstr(ctl.out, text) == NULL)
		fail_msg("'%s' is not in:\n%s%s", text, ctl.out, ctl.err);
}

static void what_is_settled_is_removed_at_once(void **state)
{
	begin(state, "");
	assert_int_equal(ctl_run_on(shop, "trim", "--dry-run", NULL), 0);
	says("at most 399 entries would be removed, 601 are left\n"
	     "group audit needs all from 400-0 on\n"
	     "group audit: nobody has read from it for ");
	assert_int_equal(length(), 1000);
	assert_int_equal(ctl_run_on(shop, "trim", NULL), 0);
	/* Whole nodes, of a hundred. */
	says("300 entries removed, 700 are left\n"
	     "group audit needs all from 400-0 on\n");
	assert_int_equal(length(), 700);
	assert_int_equal(ctl_run_on(shop, "trim", NULL), 0);
	says("0 entries removed, 700 are left\n");
}

static void what_a_group_loses_is_said(void **state)
{
	begin(state, "max_age = \"0\"; max_entries = 500; unread = \"drop\";");
	assert_int_equal(ctl_run_on(shop, "trim", "-n", "--json", NULL), 0);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "dry_run"), "true");
	assert_string_equal(ctl_value(0, "removed"), "500");
	assert_string_equal(ctl_value(0, "left"), "500");
	assert_string_equal(ctl_value(0, "needed_by"), "\"audit\"");
	assert_int_equal(length(), 1000);
	assert_int_equal(ctl_run_on(shop, "trim", NULL), 0);
	says("500 entries removed, 500 are left\n");
	says("group audit: 100 were removed before they were delivered\n");
	assert_int_equal(shop_number(shop, "audit", "books", "dropped"), 100);
	assert_int_equal(length(), 500);
}

static void only_as_many_as_are_too_many(void **state)
{
	begin(state,
	      "max_age = \"0\"; max_entries = 700; ignore = (\"audit\");");
	assert_int_equal(ctl_run_on(shop, "trim", "-n", NULL), 0);
	says("at most 300 entries would be removed, 700 are left\n");
	assert_int_equal(ctl_run_on(shop, "trim", NULL), 0);
	says("300 entries removed, 700 are left\n");
	assert_int_equal(ctl_run_on(shop, "trim", "-n", NULL), 0);
	says("at most 0 entries would be removed, 700 are left\n");
}

static void where_there_is_nothing_nothing_is_removed(void **state)
{
	shop = *state;
	assert_int_equal(ctl_run_on(shop, "trim", NULL), 0);
	says("0 entries removed, 0 are left\n");
	assert_int_equal(ctl_run_on(shop, "trim", "-n", NULL), 0);
	says("at most 0 entries would be removed, 0 are left\n");
	assert_int_equal(ctl_run_on(shop, "trim", "now", NULL), 64);
	redis_fixture_kill(shop->redis);
	assert_int_equal(ctl_run_on(shop, "trim", NULL), 69);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_is_settled_is_removed_at_once),
		in_shop(what_a_group_loses_is_said),
		in_shop(only_as_many_as_are_too_many),
		in_shop(where_there_is_nothing_nothing_is_removed),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("trim", tests, NULL, NULL);
}
