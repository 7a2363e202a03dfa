#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct worker points, push;

/* Take the file etc/examples/<name>, with the address of our Redis and our push
   log in the place of those in it. */
static void example_take(const struct shop *shop, const char *name)
{
	static const char address[] = "redis://127.0.0.1:6379";
	static const char file[] = "/var/lib/ordermq/push.jsonl";
	char line[512], path[512], *at;
	FILE *in, *out;

	(void)snprintf(path, sizeof(path), "%s/etc/examples/%s", SOURCE_DIR,
		       name);
	in = fopen(path, "re");
	out = fopen(shop->conf, "we");
	assert_non_null(in);
	assert_non_null(out);
	fprintf(out,
		"supervisor: { control = \"%s/control.sock\"; };\n"
		"log: { to = \"stderr\"; };\n",
		shop->dir);
	while (fgets(line, sizeof(line), in) != NULL) {
		if ((at = strstr(line, address)) != NULL)
			fprintf(out, "%.*sunix://%s%s", (int)(at - line), line,
				redis_fixture_socket(shop->redis),
				at + strlen(address));
		else if ((at = strstr(line, file)) != NULL)
			fprintf(out, "%.*s%s%s", (int)(at - line), line,
				shop->push_file, at + strlen(file));
		else
			fprintf(out, "%s", line);
	}
	(void)fclose(in);
	assert_int_equal(fclose(out), 0);
}

static void push_log_says(const struct shop *shop, const char *name,
			  const char *value)
{
	json_t *line = json_load_file(shop->push_file, 0, NULL);
	const char *found = json_string_value(json_object_get(line, name));

	assert_non_null(found);
	assert_string_equal(found, value);
	json_decref(line);
}

struct balance {
	const struct shop *shop;
	const char *key;
	const char *account;
	int64_t value;
};

static bool balance_is(void *data)
{
	const struct balance *balance = data;

	return reply_integer(redis_fixture_command(balance->shop->redis, "HGET",
						   balance->key,
						   balance->account, NULL),
			     -1) == balance->value;
}

static bool file_is_there(void *data)
{
	json_t *line = json_load_file(data, 0, NULL);
	bool there = line != NULL;

	json_decref(line);
	return there;
}

static void an_example_reads_orders_with_a_price_and_a_quantity(void **state)
{
	struct shop *shop = *state;

	example_take(shop, "orders-product.conf");
	(void)redis_fixture_command(shop->redis, "XADD", "orders", "*",
				    "order_id", "1001", "user_id", "42",
				    "product", "X", "quantity", "2", "price",
				    "69.99", NULL);
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	until(balance_is,
	      &(struct balance){ shop, "{orders}:points:balance", "42", 139 },
	      "the balance");
	assert_non_null(strstr(
		reply_text(redis_fixture_command(shop->redis, "HGET",
						 "{orders}:points:ledger",
						 "1001:paid", NULL))
			.data,
		"42\t13998\t139\t"));
	until(file_is_there, shop->push_file, "the push log");
	push_log_says(shop, "title", "Order 1001 is paid");
	push_log_says(shop, "body", "Thank you! 2 x X is on its way.");
}

static void an_example_reads_a_voucher_sale(void **state)
{
	struct shop *shop = *state;

	example_take(shop, "voucher.conf");
	(void)redis_fixture_command(shop->redis, "XADD", "stream.orders", "*",
				    "userId", "7", "voucherId", "3", "id", "55",
				    NULL);
	worker_start(&points, shop, "points", 1, "web1");
	worker_start(&push, shop, "push", 1, "web1");
	until(balance_is,
	      &(struct balance){ shop, "{stream.orders}:points:balance", "7",
				 10 },
	      "the balance");
	until(file_is_there, shop->push_file, "the push log");
	push_log_says(shop, "key", "55:paid");
	push_log_says(shop, "account", "7");
	push_log_says(shop, "body", "Voucher 3 is yours: order 55.");
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(an_example_reads_orders_with_a_price_and_a_quantity),
		in_shop(an_example_reads_a_voucher_sale),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("examples", tests, NULL, NULL);
}
