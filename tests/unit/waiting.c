#include "config.h"

#include "lib/consumer/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ENTRIES_MAX 8

static struct waiting waiting;
static struct waiting_entry list[ENTRIES_MAX];

static int open_waiting(void **state)
{
	(void)state;
	return waiting_open(&waiting, ENTRIES_MAX);
}

static int close_waiting(void **state)
{
	(void)state;
	waiting_close(&waiting);
	return 0;
}

static void put(int64_t id, int64_t due_msecs)
{
	const struct waiting_entry entry = { .id_msecs = id,
					     .due_msecs = due_msecs };

	waiting_put(&waiting, &entry);
}

static void nothing_is_due_when_nothing_waits(void **state)
{
	(void)state;
	assert_int_equal(waiting.next_due_msecs, -1);
	assert_int_equal(waiting_take(&waiting, 1000, list, ENTRIES_MAX), 0);
}

static void entries_are_due_at_their_time(void **state)
{
	(void)state;
	put(1, 300);
	put(2, 100);
	put(3, 200);
	assert_int_equal(waiting.next_due_msecs, 100);
	assert_int_equal(waiting_take(&waiting, 99, list, ENTRIES_MAX), 0);
	assert_int_equal(waiting_take(&waiting, 100, list, ENTRIES_MAX), 1);
	assert_int_equal(list[0].id_msecs, 2);
	assert_int_equal(waiting.next_due_msecs, 200);
	assert_int_equal(waiting_take(&waiting, 300, list, ENTRIES_MAX), 2);
	assert_int_equal(waiting.next_due_msecs, -1);
	assert_int_equal(waiting.count, 0);
}

static void what_finds_no_room_stays(void **state)
{
	(void)state;
	put(1, 100);
	put(2, 100);
	assert_int_equal(waiting_take(&waiting, 100, list, 1), 1);
	assert_int_equal(waiting.next_due_msecs, 100);
	assert_int_equal(waiting_take(&waiting, 100, list, 1), 1);
	assert_int_equal(list[0].id_msecs, 2);
}

static void an_entry_is_known_by_both_halves_of_its_id(void **state)
{
	const struct waiting_entry entry = { .id_msecs = 7, .id_seq = 9 };

	(void)state;
	waiting_put(&waiting, &entry);
	assert_true(waiting_has(&waiting, 7, 9, false));
	assert_false(waiting_has(&waiting, 7, 8, false));
	assert_false(waiting_has(&waiting, 6, 9, false));
	waiting_clear(&waiting);
	assert_false(waiting_has(&waiting, 7, 9, false));
	assert_int_equal(waiting.next_due_msecs, -1);
}

static void what_is_to_be_alone_is_never_due(void **state)
{
	struct waiting_entry entry;

	(void)state;
	put(1, -1);
	put(2, 100);
	assert_int_equal(waiting.alone_count, 1);
	assert_int_equal(waiting.next_due_msecs, 100);
	assert_int_equal(waiting_take(&waiting, 1000, list, ENTRIES_MAX), 1);
	assert_int_equal(list[0].id_msecs, 2);
	assert_true(waiting_has(&waiting, 1, 0, false));
	assert_int_equal(waiting_take_alone(&waiting, &entry), 1);
	assert_int_equal(entry.id_msecs, 1);
	assert_int_equal(waiting.alone_count, 0);
	assert_int_equal(waiting_take_alone(&waiting, &entry), 0);
}

#define with_waiting(test)                                                     \
	cmocka_unit_test_setup_teardown(test, open_waiting, close_waiting)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_waiting(nothing_is_due_when_nothing_waits),
		with_waiting(entries_are_due_at_their_time),
		with_waiting(what_finds_no_room_stays),
		with_waiting(what_is_to_be_alone_is_never_due),
		with_waiting(an_entry_is_known_by_both_halves_of_its_id),
	};

	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
