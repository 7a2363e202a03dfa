/* Dead letters that no page, no script or no reply has room for, and those that
   were not kept whole. The verbs themselves are in dead_verbs.c. */

#include "config.h"

#include "tests/fixtures/ctl_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

static struct worker points;
static char letter[64];

static bool two_are_dead(void *data)
{
	return ctl_dead_count(data) == 2;
}

/* Pages of 500 are halved until they fit, and grow again. */
static void large_letters_fit_into_no_page(void **state)
{
	const struct shop *shop = *state;

	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"for n = 1, 40 do redis.call('XADD', KEYS[1], '*', 'group', "
		"'points', 'reason', 'large', 'fields', '1', 'orderno', 'L', "
		"'x', string.rep('x', n == 20 and 3000000 or 300000)) end",
		"1", CTL_DEAD, NULL);
	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	assert_int_equal(
		ctl_run_on(shop, "dead", "list", "ALL", "--json", NULL), EX_OK);
	assert_int_equal(json_array_size(ctl_records()), 40);
	assert_string_equal(ctl_value(18, "orderno"), "\"L\"");
	/* One is larger than any reply. */
	assert_string_equal(ctl_value(19, "orderno"), "null");
	assert_string_equal(ctl_value(19, "reason"), "\"large\"");
	assert_int_equal(ctl_run_on(shop, "dead", "drop", "ALL", "ALL", NULL),
			 EX_OK);
	assert_string_equal(ctl.out, "40 dropped\n");
}

/* The id of the first letter there is, into letter. */
static void letter_find(const struct shop *shop)
{
	const struct reply *first = redis_fixture_command(
		shop->redis, "EVAL",
		"local first = redis.call('XRANGE', KEYS[1], '-', '+', "
		"'COUNT', 1)[1] return first and first[1] or ''",
		"1", CTL_DEAD, NULL);

	(void)snprintf(letter, sizeof(letter), "%s", reply_text(first).data);
}

static bool one_is_dead(void *data)
{
	return ctl_dead_count(data) == 1;
}

static bool it_is_another_one(void *data)
{
	char before[sizeof(letter)];

	(void)strcpy(before, letter);
	letter_find(data);
	if (letter[0] != '\0' && strcmp(before, letter) != 0)
		return true;
	(void)strcpy(letter, before);
	return false;
}

/* An entry with more fields than one XADD of a script can carry. */
static void fields_that_are_packed_are_shown_as_they_were(void **state)
{
	static struct text words[3 + 2 * 4000];
	struct shop *shop = *state;

	words[0] = text_of("XADD");
	words[1] = text_of("ordermq");
	words[2] = text_of("*");
	for (size_t i = 3; i < 3 + 2 * 4000; i += 2) {
		words[i] = text_of("name");
		words[i + 1] = text_of("value");
	}
	words[3] = text_of("orderno");
	words[4] = text_of("P-1");
	words[6] = (struct text){ "\xff\0\n", 3 };
	(void)redis_fixture_call(shop->redis, words, 3 + 2 * 4000);
	worker_start(&points, shop, "points", 1, "web1");
	until(one_is_dead, shop, "it is dead");
	letter_find(shop);
	/* And again when it has come back, and died as before. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ctl_run_on(shop, "dead", "list", "points",
					    "--json", NULL),
				 EX_OK);
		(void)ctl_records();
		assert_string_equal(ctl_value(0, "orderno"), "\"P-1\"");
		assert_string_equal(ctl_value(0, "reason"),
				    "\"4000 fields, more than 128\"");
		assert_int_equal(ctl_run_on(shop, "dead", "show", "points",
					    letter, NULL),
				 EX_OK);
		assert_non_null(strstr(ctl.out, "\n\norderno=P-1\n"
						"name=\\xff\\x00\\x0a\n"
						"name=value\nname=value\n"));
		assert_null(strstr(ctl.out, "packed"));
		if (i > 0)
			break;
		assert_int_equal(ctl_run_on(shop, "dead", "replay", "points",
					    letter, NULL),
				 EX_OK);
		until(it_is_another_one, shop, "it is dead again");
	}
}

static void what_no_reply_can_hold_is_of_its_group_and_told(void **state)
{
	const struct shop *shop = *state;

	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"redis.call('XADD', KEYS[1], '*', 'group', 'points', 'id', "
		"'1-1', 'reason', 'large', 'fields', '1', 'x', "
		"string.rep('x', 3000000))",
		"1", CTL_DEAD, NULL);
	ctl_dead_many(shop, "push", "1");
	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	letter_find(shop);
	assert_int_equal(
		ctl_run_on(shop, "dead", "show", "points", letter, NULL),
		EX_OK);
	assert_non_null(strstr(ctl.out, "reason       large\n"));
	assert_non_null(strstr(ctl.err, "its fields are larger than"));
	/* It must not be taken for a copy of all there is. */
	assert_int_equal(
		ctl_run_on(shop, "dead", "export", "points", "ALL", NULL),
		EX_DATAERR);
	assert_int_equal(json_array_size(ctl_records()), 1);
	assert_string_equal(ctl_value(0, "fields"), "null");
	assert_int_equal(
		ctl_run_on(shop, "dead", "replay", "points", "ALL", NULL),
		EX_OK);
	assert_string_equal(ctl.out, "1 replayed\n");
	assert_int_equal(ctl_dead_count(shop), 1);
	/* An instance cannot read it; it dies with all it had. */
	worker_start(&points, shop, "points", 1, "web1");
	until(two_are_dead, *state, "it is dead again");
	assert_int_equal(
		ctl_run_on(shop, "dead", "list", "points", "--json", NULL),
		EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "entry"), "\"1-1\"");
	assert_string_equal(ctl_value(0, "replays"), "\"1\"");
	shop_configure(shop, "", "", "");
	assert_int_equal(
		ctl_run_on(shop, "dead", "export", "points", "ALL", NULL),
		EX_OK);
	assert_true(strlen(ctl.out) > 60000);
}

static void what_was_not_kept_comes_back_from_the_stream(void **state)
{
	struct shop *shop = *state;

	shop_configure(shop, "max_reply = \"1MiB\";", "", "");
	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"for n = 1, 2 do redis.call('XADD', KEYS[1], '*', 'orderno', "
		"'L-' .. n, 'x', string.rep('x', 3000000)) end",
		"1", "ordermq", NULL);
	worker_start(&points, shop, "points", 1, "web1");
	until(two_are_dead, shop, "both are dead by their ids");
	(void)worker_stop(&points);
	letter_find(shop);
	assert_int_equal(
		ctl_run_on(shop, "dead", "show", "points", letter, NULL),
		EX_OK);
	assert_non_null(strstr(ctl.err, "its fields were not kept"));
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "1", NULL);
	shop_configure(shop, "", "", "");
	/* The first is nowhere any more: its letter is all there is. */
	assert_int_equal(
		ctl_run_on(shop, "dead", "replay", "points", "ALL", NULL),
		EX_DATAERR);
	assert_string_equal(ctl.out, "1 replayed\n");
	assert_non_null(strstr(ctl.err, "has left the stream: not replayed"));
	worker_start(&points, shop, "points", 1, "web1");
	until(two_are_dead, shop, "the other is dead again");
	assert_int_equal(
		ctl_run_on(shop, "dead", "list", "points", "--json", NULL),
		EX_OK);
	(void)ctl_records();
	assert_string_equal(ctl_value(0, "orderno"), "null");
	assert_string_equal(ctl_value(1, "orderno"), "\"L-2\"");
	assert_string_equal(ctl_value(1, "reason"),
			    "\"3000011 bytes, more than 262144\"");
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(large_letters_fit_into_no_page),
		in_shop(fields_that_are_packed_are_shown_as_they_were),
		in_shop(what_no_reply_can_hold_is_of_its_group_and_told),
		in_shop(what_was_not_kept_comes_back_from_the_stream),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("dead_large", tests, NULL, NULL);
}
