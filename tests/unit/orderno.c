#include "config.h"

#include "producers/seckill/orderno.h"

#include "lib/base/clock.h"
#include "lib/base/num.h"
#include "lib/stream/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAKERS 50
#define EACH 200

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void no_two_makers_make_the_same(void **state)
{
	static char numbers[MAKERS * EACH][ORDERNO_BYTES];
	struct orderno maker;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < MAKERS; i++) {
		orderno_begin(&maker);
		for (int n = 0; n < EACH; n++)
			(void)orderno_next(&maker, numbers[count++]);
	}
	qsort(numbers, count, sizeof(numbers[0]), compare);
	for (size_t i = 1; i < count; i++)
		assert_string_not_equal(numbers[i - 1], numbers[i]);
}

static void a_number_begins_with_its_time(void **state)
{
	int64_t before = clock_wall_msecs(), msecs;
	struct orderno maker;
	char number[ORDERNO_BYTES];

	(void)state;
	orderno_begin(&maker);
	(void)orderno_next(&maker, number);
	assert_int_equal(num_parse(number, strcspn(number, "-"), &msecs), 0);
	assert_in_range(msecs, before, clock_wall_msecs());
	assert_null(strchr(number, ':'));
	assert_in_range(strlen(number), 1, ORDER_NUMBER_BYTES_MAX);
}

static void the_time_of_a_maker_never_goes_back(void **state)
{
	char first[ORDERNO_BYTES], second[ORDERNO_BYTES];
	struct orderno maker;

	(void)state;
	orderno_begin(&maker);
	/* As if the clock had been an hour ahead. */
	maker.last_msecs = clock_wall_msecs() + 3600 * 1000;
	(void)orderno_next(&maker, first);
	(void)orderno_next(&maker, second);
	assert_int_equal(strncmp(first, second, strcspn(first, "-")), 0);
	assert_string_not_equal(first, second);
}

/* The longest there can be fits, and is an order number. */
static void the_longest_is_whole(void **state)
{
	struct orderno maker;
	char number[ORDERNO_BYTES];

	(void)state;
	orderno_begin(&maker);
	maker.last_msecs = INT64_MAX;
	maker.count = UINT64_MAX - 1;
	(void)orderno_next(&maker, number);
	assert_non_null(strstr(number, "-18446744073709551615"));
	assert_in_range(strlen(number), 1, ORDER_NUMBER_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_makers_make_the_same),
		cmocka_unit_test(a_number_begins_with_its_time),
		cmocka_unit_test(the_time_of_a_maker_never_goes_back),
		cmocka_unit_test(the_longest_is_whole),
	};

	return cmocka_run_group_tests_name("orderno", tests, NULL, NULL);
}
