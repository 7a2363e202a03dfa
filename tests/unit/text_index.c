#include "config.h"

#include "lib/base/text_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct text_index index_;

static void a_text_keeps_the_number_of_its_first_time(void **state)
{
	static const char *const words[] = { "a", "b", "", "a", "", "b", "c" };
	static const size_t numbers[] = { 0, 1, 2, 0, 2, 1, 3 };
	size_t most = 0;

	(void)state;
	text_index_clear(&index_);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t number;
		bool is_new =
			text_index_put(&index_, text_of(words[i]), &number);

		assert_int_equal(number, numbers[i]);
		assert_int_equal(is_new, number == most);
		most += is_new;
	}
	assert_int_equal(index_.count, 4);
	assert_true(text_is(index_.texts[3], "c"));
}

static void a_cleared_index_knows_nothing(void **state)
{
	size_t number;

	(void)state;
	text_index_clear(&index_);
	assert_true(text_index_put(&index_, text_of("a"), &number));
	text_index_clear(&index_);
	assert_true(text_index_put(&index_, text_of("a"), &number));
	assert_int_equal(number, 0);
}

static void a_full_index_finds_each_of_its_texts(void **state)
{
	static char words[TEXT_INDEX_MAX][8];
	size_t number;

	(void)state;
	text_index_clear(&index_);
	for (size_t i = 0; i < TEXT_INDEX_MAX; i++) {
		(void)snprintf(words[i], sizeof(words[i]), "%zu", i);
		assert_true(
			text_index_put(&index_, text_of(words[i]), &number));
		assert_int_equal(number, i);
	}
	for (size_t i = 0; i < TEXT_INDEX_MAX; i++) {
		assert_false(
			text_index_put(&index_, text_of(words[i]), &number));
		assert_int_equal(number, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_keeps_the_number_of_its_first_time),
		cmocka_unit_test(a_cleared_index_knows_nothing),
		cmocka_unit_test(a_full_index_finds_each_of_its_texts),
	};

	return cmocka_run_group_tests_name("text_index", tests, NULL, NULL);
}
