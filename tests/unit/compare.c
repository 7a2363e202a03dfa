#include "config.h"

#include "supervisor/show/compare_count.h"

#include "lib/base/err.h"
#include "supervisor/show/compare_notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Ten orders, of which the first five are in trouble; two more wait. */
static const struct compare_plan plan = {
	.orders = 10,
	.joined = 6,
	.waiting = 2,
	.in_hand = { [COMPARE_LIST] = 3 },
};

static struct sandbox sandbox;
static struct compare_workers workers;
static struct compare_result result;
static struct err err;

static int make_cast(void **state)
{
	(void)state;
	memset(&sandbox, 0, sizeof(sandbox));
	memset(&err, 0, sizeof(err));
	(void)strcpy(sandbox.dir, "/tmp/omq-compare-XXXXXX");
	if (mkdtemp(sandbox.dir) == NULL)
		return -1;
	compare_workers_open(&workers, &sandbox, NULL, 2);
	return 0;
}

static int remove_workers(void **state)
{
	const struct compare_worker *removed[] = {
		&workers.workers[COMPARE_LIST][0],
		&workers.workers[COMPARE_LIST][1],
		&workers.latecomers[COMPARE_LIST],
	};
	char path[SANDBOX_PATH_BYTES];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		compare_workers_notes(&workers, removed[i], path);
		(void)unlink(path);
	}
	return rmdir(sandbox.dir);
}

static void write_notes(const struct compare_worker *worker, const char *text)
{
	char path[SANDBOX_PATH_BYTES];
	FILE *out;

	compare_workers_notes(&workers, worker, path);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void write_done(const struct compare_worker *worker, const int *orders)
{
	char text[1024] = "";
	size_t used = 0;

	for (; *orders != 0; orders++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "took order-%d -\ndone order-%d -\n",
					 *orders, *orders);
	write_notes(worker, text);
}

#define DONE(worker, ...) write_done(worker, (const int[]){ __VA_ARGS__, 0 })
#define FIRST (&workers.workers[COMPARE_LIST][0])
#define SECOND (&workers.workers[COMPARE_LIST][1])
#define AGAIN (&workers.latecomers[COMPARE_LIST])

static int count(void)
{
	return compare_count(&workers, COMPARE_LIST, &plan, &result, &err);
}

static void orders_that_are_shared_are_lost_when_nobody_has_them(void **state)
{
	(void)state;
	DONE(FIRST, 1, 2, 6, 7, 8, 11);
	DONE(SECOND, 2, 4, 9, 10);
	DONE(AGAIN, 1, 2, 3);
	assert_int_equal(count(), 0);
	assert_true(result.is_shared);
	assert_int_equal(result.delivered, 9);
	assert_int_equal(result.duplicates, 1);
	assert_int_equal(result.lost, 2);
	assert_int_equal(result.lost_killed, 1);
	assert_int_equal(result.lost_late, 0);
	assert_int_equal(result.replayed, 3);
	assert_int_equal(result.survived, 1);
}

static void orders_for_all_are_lost_to_who_has_not_had_them(void **state)
{
	(void)state;
	DONE(FIRST, 1, 2, 3, 6, 7, 8, 9, 10);
	DONE(SECOND, 6, 7, 8, 9, 10, 11, 12);
	write_notes(AGAIN, "");
	assert_int_equal(count(), 0);
	assert_false(result.is_shared);
	assert_int_equal(result.delivered, 13);
	assert_int_equal(result.duplicates, 5);
	assert_int_equal(result.lost, 2 + 5);
	assert_int_equal(result.lost_killed, 2);
	assert_int_equal(result.lost_late, 5);
	assert_int_equal(result.replayed, 0);
	assert_int_equal(result.survived, 2);
}

static void a_loss_in_peace_is_one_too(void **state)
{
	(void)state;
	DONE(FIRST, 1, 2, 3, 4, 5, 6, 7, 8);
	DONE(SECOND, 10);
	write_notes(AGAIN, "");
	assert_int_equal(count(), 0);
	assert_int_equal(result.lost, 1);
	assert_int_equal(result.lost_killed, 0);
}

static void orders_for_one_and_for_all_cannot_be_told(void **state)
{
	(void)state;
	DONE(FIRST, 6, 7, 8);
	DONE(SECOND, 8, 9, 10);
	write_notes(AGAIN, "");
	assert_int_equal(count(), -1);
	assert_string_equal(err.text, "list: 4 orders went to one worker, 1 to "
				      "all of them, and 0 to some");
}

static void orders_for_nobody_cannot_be_told(void **state)
{
	(void)state;
	DONE(FIRST, 1);
	DONE(SECOND, 2);
	write_notes(AGAIN, "");
	assert_int_equal(count(), -1);
}

static void notes_that_make_no_sense_are_no_count(void **state)
{
	static const char *const wrong[] = {
		"done order-7",           /* torn */
		"done order-7 -",         /* its line break is missing */
		"done order-13 -\n",      /* was never published */
		"done order-0 -\n",       /* nor this one */
		"took order-13 -\n",      /* nor can it be in hand */
		"lost order-7 -\n",       /* no word of ours */
		"took end-1 -\n",         /* is not noted */
		"done basket-7 -\n",      /* no order */
		"done order-7 - twice\n", /* more than there is to say */
	};

	(void)state;
	DONE(SECOND, 6, 7, 8, 9, 10);
	write_notes(AGAIN, "");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		write_notes(FIRST, wrong[i]);
		assert_int_equal(count(), -1);
		assert_int_equal(err.class, ERR_REJECT);
		assert_non_null(
			strstr(err.text, "list-1.notes: not a line of notes"));
	}
}

static void notes_that_are_not_there_are_no_count(void **state)
{
	(void)state;
	DONE(FIRST, 6, 7, 8, 9, 10);
	write_notes(AGAIN, "");
	assert_int_equal(count(), -1);
	assert_int_equal(err.class, ERR_RETRY);
}

static void what_is_in_hand_is_what_was_taken_last(void **state)
{
	struct compare_notes notes;
	char path[SANDBOX_PATH_BYTES];

	(void)state;
	compare_workers_notes(&workers, FIRST, path);
	write_notes(FIRST, "took order-4 7-0\ndone order-4 7-0\n"
			   "took order-5 8-0\n");
	assert_int_equal(compare_notes_read(path, 10, &notes, &err), 0);
	assert_int_equal(notes.in_hand, 5);
	assert_string_equal(notes.id, "7-0");
	compare_notes_close(&notes);
	write_notes(FIRST, "took order-4 7-0\ndone order-4 7-0\n"
			   "done end-1 9-0\n");
	assert_int_equal(compare_notes_read(path, 10, &notes, &err), 0);
	assert_int_equal(notes.in_hand, 0);
	assert_string_equal(notes.id, "9-0");
	compare_notes_close(&notes);
}

#define with_cast(test)                                                        \
	cmocka_unit_test_setup_teardown(test, make_cast, remove_workers)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_cast(orders_that_are_shared_are_lost_when_nobody_has_them),
		with_cast(orders_for_all_are_lost_to_who_has_not_had_them),
		with_cast(a_loss_in_peace_is_one_too),
		with_cast(orders_for_one_and_for_all_cannot_be_told),
		with_cast(orders_for_nobody_cannot_be_told),
		with_cast(notes_that_make_no_sense_are_no_count),
		with_cast(notes_that_are_not_there_are_no_count),
		with_cast(what_is_in_hand_is_what_was_taken_last),
	};

	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
