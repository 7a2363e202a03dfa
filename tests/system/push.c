#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include <jansson.h>

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LOAD 2000

/* Over this time an instance that waits is watched, and may use this much of
   the processor. */
#define WATCH_MSECS 700
#define SPIN_MSECS 300

static struct worker one, two;

static int64_t book(const struct shop *shop, const char *name)
{
	return shop_number(shop, "push", "books", name);
}

/* Line number n of the push log, counted from 0; the caller must json_decref()
   it. */
static json_t *line_at(const struct shop *shop, int n)
{
	FILE *file = fopen(shop->push_file, "re");
	char line[4096] = "";
	json_t *json;

	assert_non_null(file);
	for (int i = 0; i <= n; i++) {
		if (fgets(line, sizeof(line), file) == NULL)
			fail_msg("no line %d in the push log", n);
	}
	(void)fclose(file);
	json = json_loads(line, 0, NULL);
	assert_non_null(json);
	return json;
}

static void line_says(const json_t *line, const char *name, const char *value)
{
	const char *found = json_string_value(json_object_get(line, name));

	assert_non_null(found);
	assert_string_equal(found, value);
}

static void an_order_number_alone_is_told(void **state)
{
	struct shop *shop = *state;
	char id[64];
	json_t *line;

	(void)strcpy(id, shop_publish(shop, "orderno", "10001", NULL));
	worker_start(&one, shop, "push", 1, "web1");
	shop_await_done(shop, "push");
	line = line_at(shop, 0);
	line_says(line, "key", "10001:paid");
	line_says(line, "id", id);
	line_says(line, "account", "");
	line_says(line, "title", "Order 10001 is paid");
	assert_null(json_object_get(line, "redelivered"));
	assert_null(json_object_get(line, "traceparent"));
	json_decref(line);
	assert_int_equal(book(shop, "applied"), 1);
}

static void a_refund_has_texts_of_its_own(void **state)
{
	static const char trace[] =
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
	struct shop *shop = *state;
	json_t *line;

	(void)shop_publish(shop, "orderno", "1", "userid", "7", "type",
			   "refunded", "eventno", "2", "traceparent", trace,
			   NULL);
	(void)shop_publish(shop, "orderno", "2", "type", "shipped", NULL);
	worker_start(&one, shop, "push", 1, "web1");
	shop_await_done(shop, "push");
	line = line_at(shop, 0);
	line_says(line, "key", "1:refunded:2");
	line_says(line, "account", "7");
	line_says(line, "title", "Order 1 is refunded");
	line_says(line, "body", "We have refunded your payment for order 1.");
	line_says(line, "traceparent", trace);
	json_decref(line);
	assert_int_equal(book(shop, "other"), 1);
}

static void bytes_that_are_no_text_never_break_a_line(void **state)
{
	struct shop *shop = *state;
	const struct text words[] = {
		{ "XADD", 4 },
		{ "ordermq", 7 },
		{ "*", 1 },
		{ "orderno", 7 },
		{ "\xff\"\\\xc3\xa9", 5 },
		{ "traceparent", 11 },
		{ "a\n\0b\xf0", 5 },
	};
	json_t *line;

	(void)redis_fixture_call(shop->redis, words, 7);
	worker_start(&one, shop, "push", 1, "web1");
	shop_await_done(shop, "push");
	line = line_at(shop, 0);
	line_says(line, "key", "\xef\xbf\xbd\"\\\xc3\xa9:paid");
	line_says(line, "traceparent",
		  "a\xef\xbf\xbd\xef\xbf\xbd"
		  "b\xef\xbf\xbd");
	json_decref(line);
}

static void an_old_order_is_counted_and_not_told(void **state)
{
	struct shop *shop = *state;

	(void)redis_fixture_command(shop->redis, "XADD", "ordermq", "1000-0",
				    "orderno", "old", NULL);
	shop_orders(shop, 1, 1);
	(void)strcpy(shop->push, "max_age = \"1h\";");
	shop_configure(shop, "", "", "");
	worker_start(&one, shop, "push", 1, "web1");
	shop_await_done(shop, "push");
	assert_int_equal(book(shop, "expired"), 1);
	assert_int_equal(shop_check_push(shop, 1), 0);
}

static bool hands_are_full(void *data)
{
	return shop_pending(data, "push") >= 1024;
}

static void orders_are_told_when_the_directory_appears(void **state)
{
	struct shop *shop = *state;
	char dir[SHOP_PATH_BYTES];

	(void)snprintf(dir, sizeof(dir), "%.64s/later", shop->dir);
	(void)snprintf(shop->push_file, sizeof(shop->push_file),
		       "%.100s/push.jsonl", dir);
	shop_configure(shop, "", "", "");
	shop_orders(shop, 1, 100);
	worker_start(&one, shop, "push", 1, "web1");
	worker_await(&one, "No such file or directory: again later");
	assert_int_equal(shop_pending(shop, "push"), 100);
	/* Somebody who waits is no reason not to stop. */
	assert_int_equal(worker_stop(&one), 0);
	assert_int_equal(shop_pending(shop, "push"), 100);
	worker_start(&one, shop, "push", 1, "web1");
	worker_await(&one, "again later");
	assert_int_equal(mkdir(dir, 0700), 0);
	shop_await_done(shop, "push");
	(void)shop_check_push(shop, 100);
	assert_int_equal(worker_said(&one, "dead-lettered"), 0);
}

/* More than an instance takes in hand: the rest stays unread, nothing spins. */
static void a_file_that_cannot_be_written_holds_up_nothing_but_reading(
	void **state)
{
	struct shop *shop = *state;
	char dir[SHOP_PATH_BYTES];
	int64_t before;

	(void)snprintf(dir, sizeof(dir), "%.64s/later", shop->dir);
	(void)snprintf(shop->push_file, sizeof(shop->push_file),
		       "%.100s/push.jsonl", dir);
	shop_configure(shop, "", "", "");
	shop_orders(shop, 1, LOAD);
	worker_start(&one, shop, "push", 1, "web1");
	until(hands_are_full, shop, "hands are full");
	before = worker_cpu_msecs(&one);
	(void)poll(NULL, 0, WATCH_MSECS);
	assert_true(worker_cpu_msecs(&one) - before < SPIN_MSECS);
	assert_true(shop_pending(shop, "push") < LOAD);
	assert_int_equal(mkdir(dir, 0700), 0);
	shop_await_done(shop, "push");
	(void)shop_check_push(shop, LOAD);
}

static void instances_share_the_file_and_the_work(void **state)
{
	struct shop *shop = *state;

	/* However slow the machine, nobody is taken for dead. */
	shop->owner_ttl = "60s";
	shop_configure(shop, "", "", "");
	worker_start(&one, shop, "push", 1, "web1");
	worker_start(&two, shop, "push", 2, "web1");
	shop_orders(shop, 1, LOAD);
	shop_await_done(shop, "push");
	assert_int_equal(shop_check_push(shop, LOAD), 0);
	assert_int_equal(book(shop, "applied"), LOAD);
}

struct lines {
	const char *path;
	off_t least;
};

static bool has_lines(void *data)
{
	const struct lines *lines = data;
	struct stat st;

	return stat(lines->path, &st) == 0 && st.st_size >= lines->least;
}

static void a_killed_instance_tells_every_order_all_the_same(void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, LOAD);
	for (int kills = 1; kills <= 5; kills++) {
		worker_start(&one, shop, "push", 1, "web1");
		until(has_lines,
		      &(struct lines){ shop->push_file, kills * 15000 },
		      "the push log grows");
		worker_kill(&one);
	}
	worker_start(&one, shop, "push", 1, "web1");
	shop_await_done(shop, "push");
	(void)shop_check_push(shop, LOAD);
	assert_int_equal(shop_pending(shop, "push"), 0);
}

static void what_may_have_been_told_before_says_so(void **state)
{
	struct shop *shop = *state;
	json_t *line;

	worker_start(&one, shop, "push", 1, "web1");
	worker_await(&one, "ready");
	worker_kill(&one);
	/* It may have been killed between telling and acknowledging. */
	shop_orders_read_by(shop, 1, 1, "push", "push-1@web1");
	worker_start(&one, shop, "push", 1, "web1");
	shop_await_done(shop, "push");
	line = line_at(shop, 0);
	line_says(line, "key", "A-1:paid");
	assert_true(json_is_true(json_object_get(line, "redelivered")));
	json_decref(line);
	assert_int_equal(book(shop, "duplicate"), 1);
}

static void stopping_under_load_loses_nothing(void **state)
{
	struct shop *shop = *state;

	/* However slow the machine, nobody is taken for dead. */
	shop->owner_ttl = "60s";
	shop_configure(shop, "", "", "");
	shop_orders(shop, 1, LOAD);
	worker_start(&one, shop, "push", 1, "web1");
	until(has_lines, &(struct lines){ shop->push_file, 1 }, "first lines");
	assert_int_equal(worker_stop(&one), 0);
	assert_int_equal(shop_pending(shop, "push"), 0);
	worker_start(&one, shop, "push", 2, "web1");
	shop_await_done(shop, "push");
	assert_int_equal(shop_check_push(shop, LOAD), 0);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(an_order_number_alone_is_told),
		in_shop(a_refund_has_texts_of_its_own),
		in_shop(bytes_that_are_no_text_never_break_a_line),
		in_shop(an_old_order_is_counted_and_not_told),
		in_shop(orders_are_told_when_the_directory_appears),
		in_shop(a_file_that_cannot_be_written_holds_up_nothing_but_reading),
		in_shop(instances_share_the_file_and_the_work),
		in_shop(a_killed_instance_tells_every_order_all_the_same),
		in_shop(what_may_have_been_told_before_says_so),
		in_shop(stopping_under_load_loses_nothing),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
