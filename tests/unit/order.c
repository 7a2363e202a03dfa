#include "config.h"

#include "lib/stream/order.h"

#include "lib/base/err.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16
#define UNTOUCHED INT64_C(-42)

/* Fields and values of an entry, ended by NULL, and what the order must have as
   its amount; or why it is none. */
struct example {
	const char *words[WORDS_MAX];
	int64_t amount;
	const char *reason;
};

static struct settings settings;
static struct err err;

static int parse(const struct settings_fields *fields, const char *const *words,
		 struct order *order_r)
{
	/* Borrowed by the order. */
	static struct text pairs[WORDS_MAX];
	size_t count = 0;

	for (; words[count] != NULL; count++)
		pairs[count] = text_of(words[count]);
	return order_parse(fields, pairs, count / 2, order_r, &err);
}

static void check(const struct settings_fields *fields,
		  const struct example *examples)
{
	for (const struct example *e = examples; e->words[0] != NULL; e++) {
		struct order order = { .amount = UNTOUCHED };
		int result = parse(fields, e->words, &order);

		if (e->reason == NULL) {
			assert_int_equal(result, 0);
			assert_int_equal(order.amount, e->amount);
			continue;
		}
		assert_int_equal(result, -1);
		assert_string_equal(err.text, e->reason);
		assert_int_equal(err.class, ERR_REJECT);
		assert_int_equal(order.amount, UNTOUCHED);
	}
}

static void an_order_number_alone_is_an_order(void **state)
{
	const char *words[] = { "orderno", "10001", NULL };
	struct order order;

	(void)state;
	assert_int_equal(parse(&settings.fields, words, &order), 0);
	assert_true(text_is(order.orderno, "10001"));
	assert_int_equal(order.userid.length, 0);
	assert_int_equal(order.eventno.length, 0);
	assert_int_equal(order.type, ORDER_PAID);
	assert_int_equal(order.amount, 0);
	assert_int_equal(order.fields.count, 2);
}

static void the_order_number_is_short_and_has_no_colon(void **state)
{
	static char longest[ORDER_NUMBER_BYTES_MAX + 1];
	static char longer[ORDER_NUMBER_BYTES_MAX + 2];
	const struct example examples[] = {
		{ { "orderno", longest }, 0, NULL },
		{ { "orderno", "\xff\xc3 'x' \xe2\x82\xac" }, 0, NULL },
		{ { "orderno", longer },
		  0,
		  "orderno has 129 bytes, more than 128" },
		{ { "orderno", "" }, 0, "orderno is empty" },
		{ { "orderno", "a:b" }, 0, "orderno 'a:b' has a colon" },
		{ { "orderno", "a\nb" },
		  0,
		  "orderno 'a\\x0ab' has control bytes" },
		{ { "orderno", "a\x7f" },
		  0,
		  "orderno 'a\\x7f' has control bytes" },
		{ { "Orderno", "1" }, 0, "no orderno" },
		{ { "order", "1" }, 0, "no orderno" },
		{ { "orderno", "1", "userid", "7", "orderno", "1" },
		  0,
		  "orderno given twice" },
		{ { NULL }, 0, NULL },
	};

	(void)state;
	memset(longest, 'n', sizeof(longest) - 1);
	memset(longer, 'n', sizeof(longer) - 1);
	check(&settings.fields, examples);
}

static void a_nul_byte_is_a_control_byte(void **state)
{
	const struct text pairs[] = { text_of("orderno"),
				      { .data = "1\0002", .length = 3 } };
	struct order order;

	(void)state;
	assert_int_equal(order_parse(&settings.fields, pairs, 1, &order, &err),
			 -1);
	assert_string_equal(err.text, "orderno '1\\x002' has control bytes");
}

static void the_event_number_is_short_and_has_no_colon(void **state)
{
	static char longest[ORDER_EVENTNO_BYTES_MAX + 1];
	static char longer[ORDER_EVENTNO_BYTES_MAX + 2];
	const struct example examples[] = {
		{ { "orderno", "1", "eventno", longest }, 0, NULL },
		{ { "orderno", "1", "eventno", longer },
		  0,
		  "eventno has 65 bytes, more than 64" },
		{ { "orderno", "1", "eventno", "" }, 0, "eventno is empty" },
		{ { "orderno", "1", "eventno", "1:2" },
		  0,
		  "eventno '1:2' has a colon" },
		{ { NULL }, 0, NULL },
	};

	(void)state;
	memset(longest, 'e', sizeof(longest) - 1);
	memset(longer, 'e', sizeof(longer) - 1);
	check(&settings.fields, examples);
}

static void every_field_that_is_read_may_stand_once_without_control_bytes(
	void **state)
{
	static const char *const names[] = { "userid", "type", "eventno",
					     "amount" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *twice[] = { "orderno", "1", names[i], "1",
					names[i],  "1", NULL };
		const char *control[] = { "orderno", "1", names[i], "1\t",
					  NULL };
		struct order order;

		assert_int_equal(parse(&settings.fields, twice, &order), -1);
		assert_non_null(strstr(err.text, "given twice"));
		assert_int_equal(parse(&settings.fields, control, &order), -1);
		assert_non_null(strstr(err.text, "has control bytes"));
	}
}

static void fields_that_are_not_read_may_hold_anything_any_number_of_times(
	void **state)
{
	const struct example examples[] = {
		{ { "note", "a\nb", "orderno", "1", "note", "\x01", "", "" },
		  0,
		  NULL },
		{ { NULL }, 0, NULL },
	};

	(void)state;
	check(&settings.fields, examples);
}

static void an_amount_is_a_whole_number_of_minor_units(void **state)
{
	static const struct example examples[] = {
		{ { "orderno", "1", "amount", "12" }, 12, NULL },
		{ { "orderno", "1", "amount", "0" }, 0, NULL },
		{ { "amount", "9223372036854775807", "orderno", "1" },
		  INT64_MAX,
		  NULL },
		{ { "orderno", "1", "amount", "12x" },
		  0,
		  "amount '12x' is no whole number of minor units" },
		{ { "orderno", "1", "amount", "-1" },
		  0,
		  "amount '-1' is no whole number of minor units" },
		{ { "orderno", "1", "amount", "1.50" },
		  0,
		  "amount '1.50' is no whole number of minor units" },
		{ { "orderno", "1", "amount", "9223372036854775808" },
		  0,
		  "amount '9223372036854775808' is no whole number of minor "
		  "units" },
		{ { NULL }, 0, NULL },
	};

	(void)state;
	check(&settings.fields, examples);
}

static void a_product_of_decimals_is_exact_or_refused(void **state)
{
	static const char *const too_fine =
		"amount is too large, or has more places than its scale";
	static const struct settings_fields fields = {
		.orderno = "order_id",
		.userid = "user_id",
		.type = "type",
		.eventno = "eventno",
		.amount = { "price", "quantity" },
		.amount_factor_count = 2,
		.amount_scale = 100,
	};
	const struct example examples[] = {
		{ { "order_id", "1001", "price", "69.99", "quantity", "2" },
		  13998,
		  NULL },
		{ { "order_id", "1", "quantity", "3", "price", "0.10" },
		  30,
		  NULL },
		{ { "order_id", "1", "price", "0.005", "quantity", "2" },
		  1,
		  NULL },
		{ { "order_id", "1" }, 0, NULL },
		{ { "order_id", "1", "price", "0.005", "quantity", "1" },
		  0,
		  too_fine },
		{ { "order_id", "1", "price", "99999999999999999", "quantity",
		    "1" },
		  0,
		  too_fine },
		{ { "order_id", "1", "price", "9223372036854775807", "quantity",
		    "2" },
		  0,
		  "quantity '2' is too large" },
		{ { "order_id", "1", "price", "69.99" }, 0, "no quantity" },
		{ { "order_id", "1", "quantity", "2" }, 0, "no price" },
		{ { "order_id", "1", "price", "1,5", "quantity", "2" },
		  0,
		  "price '1,5' is no number" },
		{ { "order_id", "1", "price", "-1", "quantity", "2" },
		  0,
		  "price '-1' is no number" },
		{ { "orderno", "1" }, 0, "no order_id" },
		{ { NULL }, 0, NULL },
	};

	(void)state;
	check(&fields, examples);
}

static void one_field_with_a_scale_is_a_decimal(void **state)
{
	struct settings_fields fields = settings.fields;
	static const struct example examples[] = {
		{ { "orderno", "1", "amount", "19.9" }, 1990, NULL },
		{ { "orderno", "1", "amount", "19.999" },
		  0,
		  "amount is too large, or has more places than its scale" },
		{ { NULL }, 0, NULL },
	};

	(void)state;
	fields.amount_scale = 100;
	check(&fields, examples);
}

static void a_type_is_paid_refunded_or_none_of_our_business(void **state)
{
	static const struct {
		const char *word;
		enum order_type type;
	} types[] = {
		{ "paid", ORDER_PAID },     { "refunded", ORDER_REFUNDED },
		{ "shipped", ORDER_OTHER }, { "Paid", ORDER_OTHER },
		{ "paid ", ORDER_OTHER },
	};
	const char *words[] = { "orderno", "1", "type", NULL, NULL };
	struct order order;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		words[3] = types[i].word;
		assert_int_equal(parse(&settings.fields, words, &order), 0);
		assert_int_equal(order.type, types[i].type);
	}
	words[3] = "";
	assert_int_equal(parse(&settings.fields, words, &order), -1);
	assert_string_equal(err.text, "type is empty");
}

static void a_blank_amount_is_no_event(void **state)
{
	static struct settings_fields product;
	static const struct {
		const char *price, *pieces; /* NULL: not there */
		int result;
		enum order_type type;
	} rows[] = {
		{ "", "", 0, ORDER_IGNORED },  { "  ", NULL, 0, ORDER_IGNORED },
		{ NULL, NULL, 0, ORDER_PAID }, { "1.50", "2", 0, ORDER_PAID },
		{ "", "2", -1, ORDER_PAID },
	};
	struct order order;

	(void)state;
	product = settings.fields;
	product.amount_factor_count = 2;
	product.amount_scale = 100;
	(void)strcpy(product.amount[0], "price");
	(void)strcpy(product.amount[1], "pieces");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *words[7] = { "orderno", "1" };
		size_t n = 2;

		if (rows[i].price != NULL) {
			words[n++] = "price";
			words[n++] = rows[i].price;
		}
		if (rows[i].pieces != NULL) {
			words[n++] = "pieces";
			words[n++] = rows[i].pieces;
		}
		assert_int_equal(parse(&product, words, &order),
				 rows[i].result);
		if (rows[i].result == 0)
			assert_int_equal(order.type, rows[i].type);
	}
	assert_int_equal(parse(&settings.fields,
			       (const char *[]){ "orderno", "1", "amount", "",
						 "type", "refunded", NULL },
			       &order),
			 0);
	assert_int_equal(order.type, ORDER_IGNORED);
}

static void an_order_has_at_most_128_fields(void **state)
{
	struct text pairs[2 * (ORDER_FIELDS_MAX + 1)];
	struct order order;

	(void)state;
	for (size_t i = 0; i < 2 * (ORDER_FIELDS_MAX + 1); i++)
		pairs[i] = text_of(i % 2 == 0 ? "f" : "v");
	pairs[0] = text_of("orderno");
	assert_int_equal(order_parse(&settings.fields, pairs, ORDER_FIELDS_MAX,
				     &order, &err),
			 0);
	assert_int_equal(order_parse(&settings.fields, pairs,
				     ORDER_FIELDS_MAX + 1, &order, &err),
			 -1);
	assert_string_equal(err.text, "129 fields, more than 128");
}

static struct reply word(const char *text)
{
	return (struct reply){ .type = REPLY_STRING, .text = text_of(text) };
}

static void an_entry_is_read_as_redis_answers_it(void **state)
{
	struct reply words[] = { word("orderno"), word("7"), word("amount"),
				 word("250"), word("note") };
	struct reply fields = { .type = REPLY_ARRAY,
				.array = { .elements = words, .count = 4 } };
	struct order order;

	(void)state;
	assert_int_equal(
		order_parse_entry(&settings.fields, &fields, &order, &err), 0);
	assert_true(text_is(order.orderno, "7"));
	assert_int_equal(order.amount, 250);
	assert_true(text_is(order_field(&order, text_of("amount")), "250"));
	fields.array.count = 5;
	assert_int_equal(
		order_parse_entry(&settings.fields, &fields, &order, &err), -1);
	assert_string_equal(err.text, "no pairs of strings");
	fields.array.count = 4;
	words[3] = (struct reply){ .type = REPLY_INTEGER, .integer = 250 };
	assert_int_equal(
		order_parse_entry(&settings.fields, &fields, &order, &err), -1);
	fields.type = REPLY_NIL;
	assert_int_equal(
		order_parse_entry(&settings.fields, &fields, &order, &err), -1);
	assert_int_equal(err.class, ERR_REJECT);
}

static void an_order_has_at_most_256_kib(void **state)
{
	static char note[ORDER_BYTES_MAX];
	const size_t rest = strlen("orderno") + strlen("1") + strlen("note");
	struct text pairs[] = { text_of("orderno"),
				text_of("1"),
				text_of("note"),
				{ .data = note,
				  .length = ORDER_BYTES_MAX - rest } };
	struct order order;

	(void)state;
	assert_int_equal(order_parse(&settings.fields, pairs, 2, &order, &err),
			 0);
	pairs[3].length++;
	assert_int_equal(order_parse(&settings.fields, pairs, 2, &order, &err),
			 -1);
	assert_string_equal(err.text, "262145 bytes, more than 262144");
}

static void a_bad_value_is_shown_cut_short(void **state)
{
	static char amount[1000];
	const char *words[] = { "orderno", "1", "amount", amount, NULL };
	struct order order;

	(void)state;
	memset(amount, 'x', sizeof(amount) - 1);
	assert_int_equal(parse(&settings.fields, words, &order), -1);
	assert_true(strlen(err.text) < 150);
}

static void the_event_key_names_order_type_and_event(void **state)
{
	static char number[ORDER_NUMBER_BYTES_MAX + 1];
	static char event[ORDER_EVENTNO_BYTES_MAX + 1];
	const char *longest[] = { "orderno", number, "type", "refunded",
				  "eventno", event,  NULL };
	const char *plain[] = { "orderno", "A-1", NULL };
	const char *partial[] = { "orderno", "A-1", "type", "refunded",
				  "eventno", "2",   NULL };
	char buf[ORDER_KEY_BYTES];
	struct order order;

	(void)state;
	assert_int_equal(parse(&settings.fields, plain, &order), 0);
	assert_true(text_is(order_key(&order, buf), "A-1:paid"));
	assert_int_equal(parse(&settings.fields, partial, &order), 0);
	assert_true(text_is(order_key(&order, buf), "A-1:refunded:2"));

	memset(number, 'n', sizeof(number) - 1);
	memset(event, 'e', sizeof(event) - 1);
	assert_int_equal(parse(&settings.fields, longest, &order), 0);
	assert_int_equal(order_key(&order, buf).length,
			 ORDER_NUMBER_BYTES_MAX + strlen(":refunded:") +
				 ORDER_EVENTNO_BYTES_MAX);
}

static void any_field_can_be_looked_up(void **state)
{
	const char *words[] = { "orderno", "1", "note", "first",
				"note",    "2", NULL };
	struct order order;

	(void)state;
	assert_int_equal(parse(&settings.fields, words, &order), 0);
	assert_true(text_is(order_field(&order, text_of("note")), "first"));
	assert_int_equal(order_field(&order, text_of("other")).length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_number_alone_is_an_order),
		cmocka_unit_test(the_order_number_is_short_and_has_no_colon),
		cmocka_unit_test(a_nul_byte_is_a_control_byte),
		cmocka_unit_test(the_event_number_is_short_and_has_no_colon),
		cmocka_unit_test(
			every_field_that_is_read_may_stand_once_without_control_bytes),
		cmocka_unit_test(
			fields_that_are_not_read_may_hold_anything_any_number_of_times),
		cmocka_unit_test(an_amount_is_a_whole_number_of_minor_units),
		cmocka_unit_test(a_product_of_decimals_is_exact_or_refused),
		cmocka_unit_test(one_field_with_a_scale_is_a_decimal),
		cmocka_unit_test(
			a_type_is_paid_refunded_or_none_of_our_business),
		cmocka_unit_test(a_blank_amount_is_no_event),
		cmocka_unit_test(an_order_has_at_most_128_fields),
		cmocka_unit_test(an_entry_is_read_as_redis_answers_it),
		cmocka_unit_test(an_order_has_at_most_256_kib),
		cmocka_unit_test(a_bad_value_is_shown_cut_short),
		cmocka_unit_test(the_event_key_names_order_type_and_event),
		cmocka_unit_test(any_field_can_be_looked_up),
	};

	settings_defaults(&settings);
	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
