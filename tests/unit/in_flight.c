#include "config.h"

#include "lib/consumer/in_flight.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ENTRIES_MAX 8

static struct in_flight in_flight;
static struct delivery *list[ENTRIES_MAX];

static int open_hand(void **state)
{
	(void)state;
	return in_flight_open(&in_flight, 4096, ENTRIES_MAX);
}

static int close_hand(void **state)
{
	(void)state;
	in_flight_close(&in_flight);
	return 0;
}

static struct reply string(const char *text)
{
	return (struct reply){ .type = REPLY_STRING, .text = text_of(text) };
}

/* Accept a batch of the entries first-0, (first+1)-0, ...; the last ones may be
   no orders. Returns how many the handler gets, in list. */
static size_t accept_batch(size_t first, size_t count, size_t bad_count,
			   bool may_repeat)
{
	struct settings settings;
	char ids[ENTRIES_MAX][16];
	struct reply good[] = { string("orderno"), string("7") };
	struct reply parts[ENTRIES_MAX][2], entries[ENTRIES_MAX];
	struct reply all = { .type = REPLY_ARRAY, .array = { entries, count } };
	struct batch *batch = in_flight_free_batch(&in_flight);

	settings_defaults(&settings);
	assert_non_null(batch);
	for (size_t i = 0; i < count; i++) {
		size_t words = i < count - bad_count ? 2 : 0;
		char *id = arena_take(batch->arena, sizeof(ids[i]));

		if (id == NULL)
			abort();
		(void)snprintf(id, sizeof(ids[i]), "%zu-0", first + i);
		parts[i][0] = string(id);
		parts[i][1] = (struct reply){ .type = REPLY_ARRAY,
					      .array = { good, words } };
		entries[i] = (struct reply){ .type = REPLY_ARRAY,
					     .array = { parts[i], 2 } };
	}
	assert_int_equal(batch_fill(batch, &all, &settings.fields, false), 0);
	return in_flight_accept(&in_flight, batch, may_repeat, list);
}

static void finish(struct delivery *delivery, enum delivery_state state)
{
	delivery->state = state;
	in_flight_finish(&in_flight, delivery);
}

static size_t batches_in_use(void)
{
	size_t count = 0;

	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++)
		count += in_flight.batches[i].in_use;
	return count;
}

static size_t length(const struct delivery_queue *queue)
{
	const struct delivery *delivery;
	size_t count = 0;

	STAILQ_FOREACH (delivery, queue, next)
		count++;
	return count;
}

static bool has(int64_t msecs, uint64_t seq)
{
	const struct delivery wanted = { .id_msecs = msecs, .id_seq = seq };

	return in_flight_has(&in_flight, &wanted);
}

static void nothing_is_left(void)
{
	assert_int_equal(in_flight.open_count, 0);
	assert_int_equal(in_flight.handler_count, 0);
	assert_int_equal(batches_in_use(), 0);
	assert_false(in_flight_has_decided(&in_flight));
}

static void valid_orders_are_for_the_handler_and_rejects_are_queued(
	void **state)
{
	(void)state;
	assert_int_equal(accept_batch(1, 3, 1, false), 2);
	assert_int_equal(in_flight.open_count, 3);
	assert_int_equal(in_flight.handler_count, 2);
	assert_int_equal(length(&in_flight.reject), 1);
	assert_true(in_flight_has_decided(&in_flight));
	assert_true(has(1, 0));
	assert_true(has(3, 0));
	assert_false(has(4, 0));
	assert_false(has(1, 1));
}

static void a_finished_delivery_goes_where_its_state_says(void **state)
{
	(void)state;
	(void)accept_batch(1, 4, 0, false);
	finish(list[3], DELIVERY_RETRY);
	finish(list[2], DELIVERY_REJECT);
	finish(list[1], DELIVERY_DONE);
	finish(list[0], DELIVERY_EFFECT);
	assert_int_equal(in_flight.handler_count, 0);
	assert_int_equal(in_flight.open_count, 4);
	assert_ptr_equal(delivery_queue_take(&in_flight.retry), list[3]);
	assert_ptr_equal(delivery_queue_take(&in_flight.reject), list[2]);
	assert_ptr_equal(delivery_queue_take(&in_flight.done), list[1]);
	assert_ptr_equal(delivery_queue_take(&in_flight.effect), list[0]);
}

static void a_batch_is_free_when_its_last_entry_is_settled(void **state)
{
	(void)state;
	(void)accept_batch(1, 2, 0, false);
	finish(list[1], DELIVERY_DONE);
	finish(list[0], DELIVERY_DONE);
	in_flight_settle(&in_flight, delivery_queue_take(&in_flight.done));
	assert_int_equal(batches_in_use(), 1);
	assert_false(has(2, 0));
	assert_true(has(1, 0));
	in_flight_settle(&in_flight, delivery_queue_take(&in_flight.done));
	nothing_is_left();
	assert_int_equal(arena_used(in_flight_free_batch(&in_flight)->arena),
			 0);
}

static void as_many_batches_as_there_are_can_be_open(void **state)
{
	struct delivery *middle = NULL;

	(void)state;
	for (size_t i = 0; i < IN_FLIGHT_BATCHES_MAX; i++) {
		assert_int_equal(accept_batch(10 * i, 1, 0, false), 1);
		middle = i <= IN_FLIGHT_BATCHES_MAX / 2 ? list[0] : middle;
	}
	assert_null(in_flight_free_batch(&in_flight));
	finish(middle, DELIVERY_DONE);
	assert_null(in_flight_free_batch(&in_flight));
	in_flight_settle(&in_flight, delivery_queue_take(&in_flight.done));
	assert_ptr_equal(in_flight_free_batch(&in_flight),
			 &in_flight.batches[IN_FLIGHT_BATCHES_MAX / 2]);
	assert_int_equal(accept_batch(100, 1, 0, false), 1);
	assert_null(in_flight_free_batch(&in_flight));
}

static void what_is_in_hand_is_not_taken_twice(void **state)
{
	(void)state;
	(void)accept_batch(1, 2, 0, false);
	assert_int_equal(accept_batch(1, 4, 0, true), 2);
	assert_true(text_is(list[0]->id, "3-0"));
	assert_true(text_is(list[1]->id, "4-0"));
	assert_int_equal(in_flight.open_count, 4);
	assert_int_equal(accept_batch(1, 4, 0, true), 0);
	assert_int_equal(batches_in_use(), 2);
	assert_int_equal(in_flight.open_count, 4);
}

static void the_answer_that_did_not_come_puts_entries_back_in_order(
	void **state)
{
	struct delivery_queue call;
	struct delivery *first, *second, *taken;

	(void)state;
	(void)accept_batch(1, 3, 0, false);
	first = list[0];
	second = list[1];
	for (size_t i = 0; i < 3; i++)
		finish(list[i], DELIVERY_DONE);
	STAILQ_INIT(&call);
	for (size_t i = 0; i < 2; i++) {
		taken = delivery_queue_take(&in_flight.done);
		STAILQ_INSERT_TAIL(&call, taken, next);
	}
	in_flight_restore(&in_flight, &call);
	assert_int_equal(length(&in_flight.done), 3);
	assert_ptr_equal(delivery_queue_take(&in_flight.done), first);
	assert_ptr_equal(delivery_queue_take(&in_flight.done), second);
	in_flight_restore(&in_flight, &call);
	assert_int_equal(length(&in_flight.done), 1);
}

static void a_dropped_entry_is_gone_when_the_handler_gives_it_back(void **state)
{
	struct delivery *kept;

	(void)state;
	(void)accept_batch(1, 5, 1, false);
	kept = list[0];
	finish(list[1], DELIVERY_DONE);
	finish(list[2], DELIVERY_WAITING);
	finish(list[3], DELIVERY_EFFECT);
	assert_int_equal(in_flight_drop(&in_flight), 4);
	assert_int_equal(in_flight.open_count, 1);
	assert_int_equal(in_flight.handler_count, 1);
	assert_false(in_flight_has_decided(&in_flight));
	assert_int_equal(in_flight.waiting.count, 0);
	finish(kept, DELIVERY_DONE);
	nothing_is_left();
}

static void a_new_batch_is_not_dropped_with_the_old_one(void **state)
{
	(void)state;
	(void)accept_batch(1, 1, 0, false);
	finish(list[0], DELIVERY_DONE);
	assert_int_equal(in_flight_drop(&in_flight), 1);
	(void)accept_batch(1, 1, 0, false);
	finish(list[0], DELIVERY_DONE);
	assert_int_equal(length(&in_flight.done), 1);
}

static void what_waits_is_known_by_its_id_alone(void **state)
{
	(void)state;
	clock_set(1000);
	(void)accept_batch(1, 3, 0, false);
	for (size_t i = 0; i < 3; i++) {
		list[i]->wait_msecs = 300 - 100 * (int64_t)i;
		finish(list[i], DELIVERY_WAITING);
	}
	nothing_is_left();
	assert_int_equal(in_flight.waiting.count, 3);
	assert_int_equal(in_flight.waiting.next_due_msecs, 1100);
	assert_true(has(2, 0));
	assert_int_equal(accept_batch(1, 3, 0, true), 0);
	nothing_is_left();
	clock_set(-1);
}

static void what_failed_is_noted_before_it_waits(void **state)
{
	(void)state;
	(void)accept_batch(1, 1, 0, false);
	finish(list[0], DELIVERY_RETRY);
	assert_true(in_flight_has_decided(&in_flight));
	in_flight_wait(&in_flight, delivery_queue_take(&in_flight.retry));
	assert_int_equal(in_flight.waiting.count, 1);
	nothing_is_left();
}

static void a_batch_of_nothing_is_not_in_use(void **state)
{
	(void)state;
	assert_int_equal(accept_batch(1, 0, 0, false), 0);
	nothing_is_left();
}

#define with_hand(test)                                                        \
	cmocka_unit_test_setup_teardown(test, open_hand, close_hand)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_hand(
			valid_orders_are_for_the_handler_and_rejects_are_queued),
		with_hand(a_finished_delivery_goes_where_its_state_says),
		with_hand(a_batch_is_free_when_its_last_entry_is_settled),
		with_hand(as_many_batches_as_there_are_can_be_open),
		with_hand(what_is_in_hand_is_not_taken_twice),
		with_hand(
			the_answer_that_did_not_come_puts_entries_back_in_order),
		with_hand(
			a_dropped_entry_is_gone_when_the_handler_gives_it_back),
		with_hand(a_new_batch_is_not_dropped_with_the_old_one),
		with_hand(what_waits_is_known_by_its_id_alone),
		with_hand(what_failed_is_noted_before_it_waits),
		with_hand(a_batch_of_nothing_is_not_in_use),
	};

	return cmocka_run_group_tests_name("in_flight", tests, NULL, NULL);
}
