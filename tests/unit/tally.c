#include "config.h"

#include "supervisor/ctl/redis/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void rows_are_found_by_name_however_many(void **state)
{
	struct tally *tally = tally_open();
	const struct tally_row *row = NULL;
	int64_t sum = 0;
	char name[16];

	(void)state;
	assert_non_null(tally);
	for (int round = 1; round <= 2; round++)
		for (int n = 1; n <= 5000; n++) {
			(void)snprintf(name, sizeof(name), "%d", n);
			tally_at(tally, text_of(name))->numbers[0] += n;
		}
	assert_int_equal(tally_count(tally), 5000);
	assert_int_equal(tally_find(tally, text_of("4711"))->numbers[0],
			 2 * 4711);
	assert_null(tally_find(tally, text_of("5001")));
	while ((row = tally_next(tally, row)) != NULL)
		sum += row->numbers[0];
	assert_int_equal(sum, 5000 * 5001);
	tally_close(&tally);
	assert_null(tally);
}

static void a_name_holds_any_byte(void **state)
{
	struct tally *tally = tally_open();

	(void)state;
	tally_at(tally, (struct text){ "a\0b", 3 })->numbers[1] = 1;
	tally_at(tally, (struct text){ "a\0c", 3 })->numbers[1] = 2;
	tally_at(tally, (struct text){ NULL, 0 })->numbers[1] = 3;
	assert_int_equal(tally_count(tally), 3);
	assert_int_equal(
		tally_find(tally, (struct text){ "a\0b", 3 })->numbers[1], 1);
	assert_int_equal(tally_find(tally, text_of(""))->numbers[1], 3);
	assert_null(tally_find(tally, text_of("a")));
	tally_close(&tally);
	tally_close(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_found_by_name_however_many),
		cmocka_unit_test(a_name_holds_any_byte),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
