#include "config.h"

#include "consumers/template.h"

#include "lib/stream/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REPLACED "\xef\xbf\xbd"

struct example {
	const char *template;
	const char *text;
};

static struct text pairs[16];
static struct order order;

/* The order that all examples are rendered for. */
static int make_order(void **state)
{
	static const char *const words[] = {
		"order_id",    "A-1",      "product",  "T\xc3\xa9", "broken",
		"a\xff\xc3(b", "lines",    "a\nb\x7f", "",          "nameless",
		"type",        "refunded", NULL,
	};

	(void)state;
	for (size_t i = 0; words[i] != NULL; i++)
		pairs[i] = text_of(words[i]);
	order = (struct order){
		.orderno = text_of("A-1"),
		.userid = text_of("7"),
		.type = ORDER_REFUNDED,
		.amount = 13998,
		.fields = text_run_of(pairs, 12),
	};
	return 0;
}

static void check(const struct example *examples)
{
	for (const struct example *e = examples; e->template != NULL; e++) {
		struct template_buf buf = { 0 };

		assert_int_equal(template_render(e->template, &order, &buf), 0);
		assert_int_equal(buf.used, strlen(e->text));
		if (buf.used > 0)
			assert_memory_equal(buf.data, e->text, buf.used);
		free(buf.data);
	}
}

static void fields_stand_where_their_names_were(void **state)
{
	static const struct example examples[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{order_id}", "A-1" },
		{ "<{order_id}{product}>", "<A-1T\xc3\xa9>" },
		{ "{orderno} {userid} {amount} {type}",
		  "A-1 7 13998 refunded" },
		{ NULL, NULL },
	};

	(void)state;
	check(examples);
}

static void a_field_that_is_not_there_gives_nothing(void **state)
{
	static const struct example examples[] = {
		{ "[{nothing}]", "[]" },
		{ "[{eventno}]", "[]" },
		{ "[{ order_id }]", "[]" },
		{ "[{}]", "[nameless]" },
		{ NULL, NULL },
	};

	(void)state;
	check(examples);
}

static void doubled_braces_are_braces(void **state)
{
	static const struct example examples[] = {
		{ "{{order_id}}", "{order_id}" },
		{ "{{{order_id}}}", "{A-1}" },
		{ "{{", "{" },
		{ "}}{{", "}{" },
		{ NULL, NULL },
	};

	(void)state;
	check(examples);
}

static void a_lone_brace_stands_for_itself(void **state)
{
	static const struct example examples[] = {
		{ "{", "{" },         { "}", "}" },
		{ "a } b", "a } b" }, { "{order_id", "{order_id" },
		{ NULL, NULL },
	};

	(void)state;
	check(examples);
}

static void bytes_that_are_no_text_become_the_replacement_character(
	void **state)
{
	static const struct example examples[] = {
		{ "{broken}", "a" REPLACED REPLACED "(b" },
		{ "{lines}", "a" REPLACED "b" REPLACED },
		{ "x\xe2\x82", "x" REPLACED REPLACED },
		{ NULL, NULL },
	};

	(void)state;
	check(examples);
}

static void a_guest_has_an_empty_account(void **state)
{
	struct template_buf guest_buf = { 0 };

	(void)state;
	assert_int_equal(template_put(&guest_buf, (struct text){ NULL, 0 }), 0);
	assert_int_equal(guest_buf.used, 0);
	free(guest_buf.data);
}

static void text_goes_behind_what_is_there(void **state)
{
	struct template_buf buf = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(template_put(&buf, text_of("0123456789")), 0);
	assert_int_equal(buf.used, 10000);
	assert_memory_equal(buf.data + 9990, "0123456789", 10);
	free(buf.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_stand_where_their_names_were),
		cmocka_unit_test(a_field_that_is_not_there_gives_nothing),
		cmocka_unit_test(doubled_braces_are_braces),
		cmocka_unit_test(a_lone_brace_stands_for_itself),
		cmocka_unit_test(
			bytes_that_are_no_text_become_the_replacement_character),
		cmocka_unit_test(a_guest_has_an_empty_account),
		cmocka_unit_test(text_goes_behind_what_is_there),
	};

	return cmocka_run_group_tests_name("template", tests, make_order, NULL);
}
