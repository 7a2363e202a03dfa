#include "config.h"

#include "lib/base/err.h"
#include "lib/stream/order.h"
#include "lib/settings/settings.h"
#include "producers/sources/generate.h"
#include "producers/sources/source.h"
#include "tests/fixtures/source_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 5000

static struct settings settings;

static struct source *generator(uint64_t seed, uint64_t count)
{
	const struct generate_settings set = {
		.fields = &settings.fields,
		.count = count,
		.users = 100,
		.seed = seed,
	};
	struct source *source;
	struct err err;

	assert_int_equal(generate_open(&set, &source, &err), 0);
	return source;
}

static void a_seed_always_gives_the_same_orders(void **state)
{
	char *a = source_record(generator(7, COUNT));
	char *b = source_record(generator(7, COUNT));
	char *c = source_record(generator(8, COUNT));

	(void)state;
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_non_null(strstr(a, "orderno=G7-1;"));
	assert_non_null(strstr(c, "orderno=G8-1;"));
	free(a);
	free(b);
	free(c);
}

/* What is counted over a run. */
struct tally {
	unsigned int guests;
	unsigned int refunds;
	int64_t amounts[COUNT + 1]; /* by order; 0 once it is refunded */
};

static void tally_order(struct tally *tally, const struct order *order)
{
	unsigned long i =
		strtoul(order->orderno.data + strlen("G3-"), NULL, 10);

	assert_in_range(i, 1, COUNT);
	assert_true(order->amount > 0);
	if (order->userid.length == 0)
		tally->guests++;
	if (order->type == ORDER_PAID) {
		assert_int_equal(tally->amounts[i], 0);
		tally->amounts[i] = order->amount;
		return;
	}
	assert_int_equal(order->type, ORDER_REFUNDED);
	assert_int_equal(tally->amounts[i], order->amount);
	tally->amounts[i] = 0;
	tally->refunds++;
}

static void every_event_is_a_sound_order(void **state)
{
	struct source *source = generator(3, COUNT);
	static struct tally tally;
	struct source_item item;
	struct order order;
	struct err err;

	(void)state;
	while (source->next(source, &item, &err) == SOURCE_ORDER) {
		if (order_parse(&settings.fields, item.pairs, item.pair_count,
				&order, &err) < 0)
			fail_msg("%s", err.text);
		tally_order(&tally, &order);
	}
	assert_int_equal(source->done, COUNT);
	source_close(&source);
	assert_int_equal(tally.refunds, COUNT / 25);
	assert_in_range(tally.guests, COUNT / 100, COUNT / 25);
}

/* What has been given once is given for ever: others have loaded it. */
static void the_orders_stay_what_they_are(void **state)
{
	static const char *const expected[] = {
		"1 orderno=G7-1; userid=u97; type=paid; amount=11745; "
		"currency=EUR; ts=2026-01-01T00:00:01Z;\n",
		"59 orderno=G7-59; userid=u16; type=paid; amount=1167; "
		"currency=EUR; ts=2026-01-01T00:00:59Z;\n",
		"60 orderno=G7-60; userid=u72; type=paid; amount=4271; "
		"currency=EUR; ts=2026-01-01T00:01:00Z;\n",
		"75 orderno=G7-55; userid=u57; type=refunded; amount=14535; "
		"currency=EUR; ts=2026-01-01T00:01:15Z;\n",
		"4999 orderno=G7-4999; userid=u44; type=paid; amount=12947; "
		"currency=EUR; ts=2026-01-01T01:23:19Z;\n",
	};
	char *record = source_record(generator(7, COUNT));

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_non_null(strstr(record, expected[i]));
	free(record);
}

static void mapped_fields_are_used(void **state)
{
	struct source_item item;
	struct source *source;
	struct order order;
	struct err err;

	(void)state;
	strcpy(settings.fields.orderno, "order_id");
	strcpy(settings.fields.amount[0], "price");
	strcpy(settings.fields.amount[1], "quantity");
	settings.fields.amount_factor_count = 2;
	settings.fields.amount_scale = 100;
	source = generator(1, 1);
	assert_int_equal(source->next(source, &item, &err), SOURCE_ORDER);
	assert_int_equal(order_parse(&settings.fields, item.pairs,
				     item.pair_count, &order, &err),
			 0);
	assert_true(text_is(order_field(&order, text_of("order_id")), "G1-1"));
	assert_true(text_is(order_field(&order, text_of("quantity")), "1"));
	assert_true(order.amount > 0 && order.amount % 100 == 0);
	source_close(&source);
}

static int setup(void **state)
{
	(void)state;
	settings_defaults(&settings);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_seed_always_gives_the_same_orders,
				       setup),
		cmocka_unit_test_setup(every_event_is_a_sound_order, setup),
		cmocka_unit_test_setup(the_orders_stay_what_they_are, setup),
		cmocka_unit_test_setup(mapped_fields_are_used, setup),
	};

	return cmocka_run_group_tests_name("generate", tests, NULL, NULL);
}
