#include "config.h"

#include "lib/consumer/delivery.h"

#include "lib/base/arena.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct settings settings;
static struct batch batch;

static struct reply string(const char *text)
{
	return (struct reply){ .type = REPLY_STRING, .text = text_of(text) };
}

static struct reply array(struct reply *elements, size_t count)
{
	return (struct reply){ .type = REPLY_ARRAY,
			       .array = { elements, count } };
}

static const struct reply nil = { .type = REPLY_NIL };

/* One entry of the shape [id, fields] or, with a count, [id, fields, count]. */
static int fill_one(struct reply id, struct reply fields, int64_t count)
{
	struct reply parts[] = { id,
				 fields,
				 { .type = REPLY_INTEGER, .integer = count } };
	struct reply entry = array(parts, count < 0 ? 2 : 3);
	struct reply entries = array(&entry, 1);

	arena_reset(batch.arena);
	return batch_fill(&batch, &entries, &settings.fields, false);
}

static int open_batch(void **state)
{
	(void)state;
	settings_defaults(&settings);
	batch.arena = arena_open(4096);
	return batch.arena == NULL ? -1 : 0;
}

static int close_batch(void **state)
{
	(void)state;
	arena_close(&batch.arena);
	return 0;
}

static void an_id_is_two_numbers_with_a_dash(void **state)
{
	static const char *const refused[] = {
		"",
		"-",
		"1",
		"1-",
		"-1",
		"1-x",
		"x-1",
		"1--1",
		"1-1-",
		" 1-1",
		"1-1 ",
		"+1-1",
		"1-18446744073709551616",
		"9223372036854775808-1",
		NULL,
	};
	int64_t msecs = -1;
	uint64_t seq = 1;

	(void)state;
	assert_int_equal(delivery_parse_id(text_of("0-0"), &msecs, &seq), 0);
	assert_int_equal(msecs, 0);
	assert_int_equal(seq, 0);
	assert_int_equal(
		delivery_parse_id(text_of("1714060800000-18446744073709551615"),
				  &msecs, &seq),
		0);
	assert_int_equal(msecs, INT64_C(1714060800000));
	assert_true(seq == UINT64_MAX);
	for (size_t i = 0; refused[i] != NULL; i++) {
		msecs = -42;
		seq = 42;
		assert_int_equal(
			delivery_parse_id(text_of(refused[i]), &msecs, &seq),
			-1);
		assert_int_equal(msecs, -42);
		assert_int_equal(seq, 42);
	}
}

static void an_entry_becomes_an_order_in_hand(void **state)
{
	struct reply fields[] = { string("orderno"), string("7") };

	(void)state;
	assert_int_equal(fill_one(string("5-1"), array(fields, 2), -1), 0);
	assert_int_equal(batch.count, 1);
	assert_int_equal(batch.open_count, 1);
	assert_int_equal(batch.deliveries[0].state, DELIVERY_WITH_HANDLER);
	assert_int_equal(batch.deliveries[0].count, 1);
	assert_int_equal(batch.deliveries[0].id_msecs, 5);
	assert_int_equal(batch.deliveries[0].id_seq, 1);
	assert_true(text_is(batch.deliveries[0].order.orderno, "7"));
	assert_ptr_equal(batch.deliveries[0].batch, &batch);
}

static void the_times_delivered_are_taken_where_they_are_given(void **state)
{
	struct reply fields[] = { string("orderno"), string("7") };

	(void)state;
	assert_int_equal(fill_one(string("5-1"), array(fields, 2), 3), 0);
	assert_int_equal(batch.deliveries[0].count, 3);
}

static void no_valid_order_is_a_reject_with_its_reason(void **state)
{
	struct reply fields[] = { string("userid"), string("7") };

	(void)state;
	assert_int_equal(fill_one(string("5-1"), array(fields, 2), -1), 0);
	assert_int_equal(batch.deliveries[0].state, DELIVERY_REJECT);
	assert_int_equal(batch.deliveries[0].outcome, OUTCOME_REJECTED);
	assert_string_equal(batch.deliveries[0].class, "reject");
	assert_string_equal(batch.deliveries[0].reason, "no orderno");
}

static void content_deleted_while_pending_is_lost(void **state)
{
	(void)state;
	assert_int_equal(fill_one(string("5-1"), nil, -1), 0);
	assert_int_equal(batch.deliveries[0].state, DELIVERY_DONE);
	assert_int_equal(batch.deliveries[0].outcome, OUTCOME_LOST);
}

static void an_entry_without_any_field_was_too_large_for_a_reply(void **state)
{
	(void)state;
	assert_int_equal(fill_one(string("5-1"), array(NULL, 0), -1), 0);
	assert_int_equal(batch.deliveries[0].state, DELIVERY_REJECT);
	assert_true(batch.deliveries[0].contentless);
	assert_string_equal(batch.deliveries[0].reason,
			    "larger than redis.max_reply");
}

static void fields_of_a_wrong_shape_are_no_reason_to_lose_an_entry(void **state)
{
	struct reply odd[] = { string("orderno"), string("7"), string("x") };

	(void)state;
	assert_int_equal(fill_one(string("5-1"), array(odd, 3), -1), -1);
	assert_int_equal(batch.count, 0);
	assert_int_equal(batch.open_count, 0);
	assert_int_equal(fill_one(string("5-1"), string("x"), -1), -1);
}

static void an_entry_that_is_not_due_has_a_number_for_its_fields(void **state)
{
	struct reply number = { .type = REPLY_INTEGER, .integer = 7 };

	(void)state;
	assert_int_equal(fill_one(string("5-1"), number, -1), 0);
	assert_int_equal(batch.deliveries[0].state, DELIVERY_WAITING);
	assert_int_equal(batch.deliveries[0].wait_msecs, 7);
}

static void a_number_too_large_to_count_with_is_cut(void **state)
{
	struct reply late = { .type = REPLY_INTEGER, .integer = INT64_MAX };
	struct reply fields[] = { string("orderno"), string("7") };
	struct reply parts[] = { string("5-1"), array(fields, 2), late, late };
	struct reply entry = array(parts, 4);
	struct reply entries = array(&entry, 1);

	(void)state;
	assert_int_equal(fill_one(string("5-1"), late, -1), 0);
	assert_int_equal(batch.deliveries[0].wait_msecs, INT32_MAX);
	late.integer = INT64_MIN;
	assert_int_equal(fill_one(string("5-1"), late, -1), 0);
	assert_int_equal(batch.deliveries[0].wait_msecs, -1);
	assert_int_equal(batch_fill(&batch, &entries, &settings.fields, false),
			 0);
	assert_int_equal(batch.deliveries[0].count, INT32_MAX);
	assert_int_equal(batch.deliveries[0].attempts, INT32_MAX);
}

static void a_field_that_is_no_string_is_a_wrong_shape(void **state)
{
	struct reply fields[] = { string("orderno"), array(NULL, 0) };

	(void)state;
	assert_int_equal(fill_one(string("5-1"), array(fields, 2), -1), -1);
	assert_int_equal(batch.count, 0);
}

static void an_entry_without_an_id_makes_the_batch_empty(void **state)
{
	struct reply fields[] = { string("orderno"), string("7") };
	struct reply good[] = { string("5-1"), array(fields, 2) };
	struct reply entries[] = { array(good, 2), string("5-2") };
	struct reply list = array(entries, 2);

	(void)state;
	assert_int_equal(fill_one(nil, array(fields, 2), -1), -1);
	assert_int_equal(fill_one(string("5"), array(fields, 2), -1), -1);
	assert_int_equal(batch_fill(&batch, &list, &settings.fields, false),
			 -1);
	assert_int_equal(batch.count, 0);
	assert_int_equal(batch.open_count, 0);
}

static void more_entries_than_were_asked_for_are_a_wrong_shape(void **state)
{
	static struct reply entries[BATCH_ENTRIES_MAX + 1];
	struct reply fields[] = { string("orderno"), string("7") };
	struct reply good[] = { string("5-1"), array(fields, 2) };
	struct reply list = array(entries, BATCH_ENTRIES_MAX + 1);

	(void)state;
	for (size_t i = 0; i <= BATCH_ENTRIES_MAX; i++)
		entries[i] = array(good, 2);
	assert_int_equal(batch_fill(&batch, &list, &settings.fields, false),
			 -1);
	assert_int_equal(batch.count, 0);
	list = array(entries, BATCH_ENTRIES_MAX);
	assert_int_equal(batch_fill(&batch, &list, &settings.fields, false), 0);
	assert_int_equal(batch.count, BATCH_ENTRIES_MAX);
}

static void no_list_of_entries_is_an_empty_batch(void **state)
{
	struct reply number = { .type = REPLY_INTEGER, .integer = 7 };

	(void)state;
	assert_int_equal(batch_fill(&batch, &nil, &settings.fields, false), 0);
	assert_int_equal(batch.count, 0);
	assert_int_equal(batch_fill(&batch, &number, &settings.fields, false),
			 0);
	assert_int_equal(batch.count, 0);
}

static void a_queue_is_first_in_first_out(void **state)
{
	struct delivery_queue queue = STAILQ_HEAD_INITIALIZER(queue);
	struct delivery deliveries[3] = { 0 };

	(void)state;
	assert_null(delivery_queue_take(&queue));
	for (size_t i = 0; i < 3; i++)
		STAILQ_INSERT_TAIL(&queue, &deliveries[i], next);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(delivery_queue_take(&queue), &deliveries[i]);
	assert_null(delivery_queue_take(&queue));
	STAILQ_INSERT_TAIL(&queue, &deliveries[1], next);
	assert_ptr_equal(delivery_queue_take(&queue), &deliveries[1]);
}

static void every_outcome_has_a_book(void **state)
{
	(void)state;
	for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
		assert_non_null(outcome_book(outcome));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_two_numbers_with_a_dash),
		cmocka_unit_test(an_entry_becomes_an_order_in_hand),
		cmocka_unit_test(
			the_times_delivered_are_taken_where_they_are_given),
		cmocka_unit_test(no_valid_order_is_a_reject_with_its_reason),
		cmocka_unit_test(content_deleted_while_pending_is_lost),
		cmocka_unit_test(
			an_entry_without_any_field_was_too_large_for_a_reply),
		cmocka_unit_test(
			fields_of_a_wrong_shape_are_no_reason_to_lose_an_entry),
		cmocka_unit_test(
			an_entry_that_is_not_due_has_a_number_for_its_fields),
		cmocka_unit_test(a_number_too_large_to_count_with_is_cut),
		cmocka_unit_test(a_field_that_is_no_string_is_a_wrong_shape),
		cmocka_unit_test(an_entry_without_an_id_makes_the_batch_empty),
		cmocka_unit_test(
			more_entries_than_were_asked_for_are_a_wrong_shape),
		cmocka_unit_test(no_list_of_entries_is_an_empty_batch),
		cmocka_unit_test(a_queue_is_first_in_first_out),
		cmocka_unit_test(every_outcome_has_a_book),
	};

	return cmocka_run_group_tests_name("delivery", tests, open_batch,
					   close_batch);
}
