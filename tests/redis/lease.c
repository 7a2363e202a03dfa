/* The scripts of a lease, with the connection that runs them: who has it, and
   what happens to the entries of those who lost it. */

#include "config.h"

#include "tests/fixtures/redis_fixture.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/consumer/lease.h"
#include "lib/settings/settings.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OWNERS "{ordermq}:points:owners"
#define BOOKS "{ordermq}:points:books"
#define DONE "{ordermq}:points:done"
#define DEADLINE_MSECS 20000
#define SEATS_MAX 3

static struct redis_fixture *fixture;
static struct settings settings;
static struct settings_group *group;
static struct lease seats[SEATS_MAX];
static struct err err;

static int begin(void **state)
{
	(void)state;
	(void)redis_fixture_command(fixture, "FLUSHALL", NULL);
	redis_fixture_settings(fixture, &settings);
	settings.group_count = 1;
	group = &settings.groups[0];
	(void)strcpy(group->name, "points");
	(void)strcpy(group->program, "points");
	(void)strcpy(group->start, "0");
	group->batch = 256;
	group->owner_ttl_msecs = 60000;
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < SEATS_MAX; i++)
		lease_close(&seats[i]);
	memset(seats, 0, sizeof(seats));
	return 0;
}

static void set_up(struct lease *lease, const char *consumer, const char *node)
{
	const struct lease_settings set = {
		.settings = &settings,
		.group = group,
		.consumer = consumer,
		.node_id = node,
		.wake_fd = -1,
	};

	assert_int_equal(lease_open(lease, &set, &err), 0);
}

/* A lease of that consumer on that node, with the lease. */
static struct lease *take(int n, const char *consumer, const char *node)
{
	set_up(&seats[n], consumer, node);
	if (lease_connect(&seats[n], &err) != 0)
		fail_msg("%s", err.text);
	return &seats[n];
}

/* Run the command begun in the lease. */
static const struct reply *run(struct lease *lease)
{
	return redis_fixture_call(fixture, lease->command.words,
				  lease->command.count);
}

static const char *status_of(const struct reply *reply)
{
	if (reply_is_error(reply))
		fail_msg("%s", reply_text(reply).data);
	return reply_text(reply_at(reply, 0)).data;
}

static const struct reply *beat(struct lease *lease)
{
	lease_begin_beat(lease, false);
	return run(lease);
}

static void publish(int count)
{
	for (int i = 0; i < count; i++)
		(void)redis_fixture_command(fixture, "XADD", "ordermq", "*",
					    "orderno", "1", NULL);
}

/* Have the consumer read count new entries. */
static void read_by(const char *consumer, int count)
{
	publish(count);
	(void)redis_fixture_command(fixture, "XREADGROUP", "GROUP", "points",
				    consumer, "COUNT", "10000", "STREAMS",
				    "ordermq", ">", NULL);
}

/* How many entries are pending for the consumer; -1: there is none. */
static int64_t pending_of(const char *consumer)
{
	const struct reply *rows = redis_fixture_command(
		fixture, "XINFO", "CONSUMERS", "ordermq", "points", NULL);

	for (size_t i = 0; i < reply_count(rows); i++) {
		const struct reply *row = reply_at(rows, i);

		if (text_is(reply_text(reply_field(row, "name")), consumer))
			return reply_integer(reply_field(row, "pending"), -1);
	}
	return -1;
}

static const char *group_says(const char *field)
{
	const struct reply *groups = redis_fixture_command(
		fixture, "XINFO", "GROUPS", "ordermq", NULL);

	assert_int_equal(reply_count(groups), 1);
	return reply_text(reply_field(reply_at(groups, 0), field)).data;
}

static void the_first_one_creates_the_group_and_the_next_find_it(void **state)
{
	(void)state;
	(void)take(0, "points-1@a", "node-a");
	publish(1);
	(void)redis_fixture_command(fixture, "XGROUP", "SETID", "ordermq",
				    "points", "$", NULL);
	(void)take(1, "points-2@a", "node-a");
	(void)take(2, "points-1@b", "node-b");
	assert_string_not_equal(group_says("last-delivered-id"), "0-0");
	assert_int_equal(redis_fixture_integer(fixture, "HLEN", OWNERS, NULL),
			 3);
}

static void a_new_group_begins_where_the_setting_says(void **state)
{
	(void)state;
	(void)redis_fixture_command(fixture, "XADD", "ordermq", "5-5", "f", "v",
				    NULL);
	(void)strcpy(group->start, "$");
	(void)take(0, "points-1@a", "node-a");
	assert_string_equal(group_says("last-delivered-id"), "5-5");
	(void)redis_fixture_command(fixture, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	(void)end(NULL);
	(void)strcpy(group->start, "3-1");
	(void)take(0, "points-1@a", "node-a");
	assert_string_equal(group_says("last-delivered-id"), "3-1");
}

static void a_group_that_vanished_begins_again_at_the_first_entry(void **state)
{
	(void)state;
	publish(3);
	(void)strcpy(group->start, "$");
	(void)take(0, "points-1@a", "node-a");
	(void)redis_fixture_command(fixture, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	/* Whoever was in it remembers; ... */
	assert_int_equal(lease_connect(&seats[0], &err), 1);
	assert_string_equal(group_says("last-delivered-id"), "0-0");
	(void)redis_fixture_command(fixture, "XGROUP", "DESTROY", "ordermq",
				    "points", NULL);
	/* ... others see it by the books. */
	(void)redis_fixture_command(fixture, "HSET", BOOKS, "applied", "1",
				    NULL);
	(void)take(1, "points-2@a", "node-a");
	assert_string_equal(group_says("last-delivered-id"), "0-0");
}

/* A group that works outside of Redis begins behind what the keeper noted. */
static void a_group_that_vanished_begins_behind_what_is_done(void **state)
{
	static const struct {
		const char *done;
		const char *begins;
	} cases[] = {
		{ "5-2", "5-2" },
		{ "5-18446744073709551615", "0-0" }, /* beyond the last */
		{ "6-0", "0-0" },
		{ "1000-0", "0-0" },
		{ "5-3", "5-3" },
		{ "nonsense", "0-0" },
	};

	(void)state;
	for (int i = 1; i <= 3; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "5-%d", i);
		(void)redis_fixture_command(fixture, "XADD", "ordermq", id, "f",
					    "v", NULL);
	}
	(void)take(0, "points-1@a", "node-a");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)redis_fixture_command(fixture, "XGROUP", "DESTROY",
					    "ordermq", "points", NULL);
		(void)redis_fixture_command(fixture, "SET", DONE, cases[i].done,
					    NULL);
		assert_int_equal(lease_connect(&seats[0], &err), 1);
		assert_string_equal(group_says("last-delivered-id"),
				    cases[i].begins);
	}
	/* A flushed stream knows nothing of it. */
	(void)redis_fixture_command(fixture, "DEL", "ordermq", NULL);
	(void)redis_fixture_command(fixture, "SET", DONE, "5-2", NULL);
	assert_int_equal(lease_connect(&seats[0], &err), 1);
	assert_string_equal(group_says("last-delivered-id"), "0-0");
}

/* One whose effect is in Redis does all of it again: it takes place once. */
static void a_group_with_a_ledger_begins_at_the_first_entry(void **state)
{
	struct lease_settings set = {
		.settings = &settings,
		.group = group,
		.consumer = "points-1@a",
		.node_id = "node-a",
		.effect_script = "return 1",
		.wake_fd = -1,
	};

	(void)state;
	publish(3);
	(void)redis_fixture_command(fixture, "HSET", BOOKS, "applied", "1",
				    NULL);
	(void)redis_fixture_command(fixture, "SET", DONE, "5-2", NULL);
	assert_int_equal(lease_open(&seats[0], &set, &err), 0);
	assert_int_equal(lease_connect(&seats[0], &err), 0);
	assert_string_equal(group_says("last-delivered-id"), "0-0");
}

static void the_same_node_takes_its_lease_again_and_fences_the_old_one(
	void **state)
{
	struct lease *old = take(0, "points-1@a", "node-a");
	struct lease *new = take(1, "points-1@a", "node-a");

	(void)state;
	read_by("points-1@a", 1);
	assert_string_equal(status_of(beat(old)), "lost");
	assert_string_equal(status_of(beat(new)), "ok");

	lease_begin(old, SCRIPT_SETTLE, NULL, 0);
	command_word(&old->command, "applied");
	command_word(&old->command, "1");
	command_word(&old->command, "1-0");
	assert_string_equal(status_of(run(old)), "lost");
	lease_begin(old, SCRIPT_HISTORY, NULL, 0);
	command_word(&old->command, "-");
	command_word(&old->command, "10");
	command_word(&old->command, "1000000");
	assert_string_equal(status_of(run(old)), "lost");
	lease_begin(old, SCRIPT_DEAD, (const char *const[]){ "{ordermq}:dead" },
		    1);
	for (int i = 0; i < 5; i++)
		command_word(&old->command, "1");
	assert_string_equal(status_of(run(old)), "lost");
	/* It may not give away what is not its own. */
	assert_int_equal(lease_release(old, &err), 0);
	assert_int_equal(pending_of("points-1@a"), 1);
	assert_string_equal(status_of(beat(new)), "ok");
}

static void a_connection_that_comes_back_keeps_its_lease(void **state)
{
	struct lease *lease = take(0, "points-1@a", "node-a");
	char token[LEASE_TOKEN_BYTES];

	(void)state;
	(void)strcpy(token, lease->token);
	assert_int_equal(lease_connect(lease, &err), 1);
	assert_string_equal(lease->token, token);
}

static void a_foreign_holder_who_is_alive_is_named(void **state)
{
	struct lease *holder = take(0, "points-1@a", "node-a");
	struct lease *other = &seats[1];

	(void)state;
	set_up(other, "points-1@a", "node-b");
	assert_int_equal(lease_connect(other, &err), -1);
	assert_int_equal(err.class, ERR_RETRY);
	assert_false(other->taken);
	/* The same expiry again: it may be dead. */
	assert_int_equal(lease_connect(other, &err), -1);
	assert_false(other->taken);
	(void)poll(NULL, 0, 5);
	assert_string_equal(status_of(beat(holder)), "ok");
	assert_int_equal(lease_connect(other, &err), -1);
	assert_true(other->taken);
	assert_int_equal(err.class, ERR_FATAL);
	assert_non_null(strstr(err.text, holder->who));
	assert_string_equal(status_of(beat(holder)), "ok");
}

static void a_foreign_holder_who_is_dead_is_succeeded_after_his_time(
	void **state)
{
	int64_t start = clock_msecs();
	struct lease *holder;

	(void)state;
	group->owner_ttl_msecs = 1000;
	holder = take(0, "points-1@a", "node-a");
	set_up(&seats[1], "points-1@a", "node-b");
	while (lease_connect(&seats[1], &err) < 0) {
		assert_false(seats[1].taken);
		assert_true(clock_msecs() - start < DEADLINE_MSECS);
		(void)poll(NULL, 0, 20);
	}
	assert_true(clock_msecs() - start >= 900);
	assert_string_equal(status_of(beat(holder)), "lost");
}

static void a_released_consumer_is_deleted_only_when_it_is_empty(void **state)
{
	struct lease *full = take(0, "points-1@a", "node-a");
	struct lease *empty = take(1, "points-2@a", "node-a");

	(void)state;
	read_by("points-1@a", 3);
	assert_int_equal(lease_release(empty, &err), 0);
	assert_int_equal(pending_of("points-2@a"), -1);
	assert_int_equal(lease_release(full, &err), 3);
	assert_int_equal(pending_of("points-1@a"), 3);
	assert_int_equal(redis_fixture_integer(fixture, "HLEN", OWNERS, NULL),
			 1);
	/* The name is free for anybody at once. */
	(void)take(2, "points-1@a", "node-b");
}

static void a_beat_claims_what_was_released(void **state)
{
	struct lease *gone = take(0, "points-1@a", "node-a");
	struct lease *heir = take(1, "points-2@a", "node-a");
	const struct reply *reply;

	(void)state;
	read_by("points-1@a", 300);
	assert_int_equal(lease_release(gone, &err), 300);
	reply = beat(heir);
	assert_string_equal(status_of(reply), "ok");
	assert_int_equal(reply_integer(reply_at(reply, 1), 0), 256);
	assert_int_equal(reply_integer(reply_at(reply, 2), 0), 256);
	assert_int_equal(reply_integer(reply_at(reply, 5), 0), 1);
	assert_int_equal(pending_of("points-1@a"), 44);
	reply = beat(heir);
	assert_int_equal(reply_integer(reply_at(reply, 1), 0), 300);
	assert_int_equal(reply_integer(reply_at(reply, 2), 0), 44);
	assert_int_equal(reply_integer(reply_at(reply, 5), 0), 1);
	assert_int_equal(pending_of("points-1@a"), -1);
	reply = beat(heir);
	assert_int_equal(reply_integer(reply_at(reply, 5), -1), 0);
	assert_int_equal(redis_fixture_integer(fixture, "HLEN", OWNERS, NULL),
			 1);
}

static void a_beat_takes_nothing_from_who_is_alive(void **state)
{
	struct lease *heir;
	const struct reply *reply;

	(void)state;
	(void)take(0, "points-1@a", "node-a");
	heir = take(1, "points-2@a", "node-a");
	read_by("points-1@a", 3);
	read_by("another program", 3);
	reply = beat(heir);
	assert_int_equal(reply_integer(reply_at(reply, 2), -1), 0);
	assert_int_equal(pending_of("points-1@a"), 3);
	assert_int_equal(pending_of("another program"), 3);
}

static void a_beat_claims_what_nobody_leased_when_it_is_old(void **state)
{
	struct lease *heir;
	const struct reply *reply;
	int64_t start = clock_msecs();

	(void)state;
	group->owner_ttl_msecs = 1000;
	heir = take(0, "points-1@a", "node-a");
	read_by("another program", 3);
	do {
		assert_true(clock_msecs() - start < DEADLINE_MSECS);
		(void)poll(NULL, 0, 20);
		reply = beat(heir);
		assert_string_equal(status_of(reply), "ok");
	} while (reply_integer(reply_at(reply, 2), -1) == 0);
	assert_true(clock_msecs() - start >= 900);
	assert_int_equal(pending_of("points-1@a"), 3);
	assert_int_equal(pending_of("another program"), 0);
}

/* Many are younger and before it: a part of the list is looked at each time. */
static void a_beat_finds_what_is_old_behind_what_is_young(void **state)
{
	struct lease *heir = take(0, "points-1@a", "node-a");
	int64_t start = clock_msecs();
	const struct reply *reply;
	char last[64];

	(void)state;
	read_by("another program", 2000);
	(void)strcpy(last, group_says("last-delivered-id"));
	(void)redis_fixture_command(fixture, "XCLAIM", "ordermq", "points",
				    "another program", "0", last, "IDLE",
				    "3600000", "JUSTID", NULL);
	do {
		assert_true(clock_msecs() - start < DEADLINE_MSECS);
		reply = beat(heir);
		assert_string_equal(status_of(reply), "ok");
	} while (reply_integer(reply_at(reply, 2), -1) == 0);
	assert_int_equal(pending_of("points-1@a"), 1);
	assert_int_equal(pending_of("another program"), 1999);
}

static void what_was_deleted_while_pending_is_counted_by_the_claim(void **state)
{
	struct lease *gone = take(0, "points-1@a", "node-a");
	struct lease *heir = take(1, "points-2@a", "node-a");

	(void)state;
	read_by("points-1@a", 10);
	assert_int_equal(lease_release(gone, &err), 10);
	(void)redis_fixture_command(fixture, "XTRIM", "ordermq", "MAXLEN", "4",
				    NULL);
	(void)beat(heir);
	assert_int_equal(pending_of("points-2@a"), 4);
	assert_int_equal(pending_of("points-1@a"), -1);
	assert_int_equal(
		reply_integer(redis_fixture_command(fixture, "HGET", BOOKS,
						    "lost", NULL),
			      0),
		6);
}

static void the_claimed_are_not_counted_as_delivered_again(void **state)
{
	struct lease *gone = take(0, "points-1@a", "node-a");
	struct lease *heir = take(1, "points-2@a", "node-a");
	const struct reply *rows;

	(void)state;
	read_by("points-1@a", 1);
	assert_int_equal(lease_release(gone, &err), 1);
	(void)beat(heir);
	rows = redis_fixture_command(fixture, "XPENDING", "ordermq", "points",
				     "-", "+", "1", NULL);
	assert_int_equal(reply_integer(reply_at(reply_at(rows, 0), 3), 0), 1);
}

static void a_key_of_the_wrong_type_needs_an_operator(void **state)
{
	static const char *const keys[] = { "ordermq", OWNERS };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		(void)redis_fixture_command(fixture, "SET", keys[i], "x", NULL);
		set_up(&seats[0], "points-1@a", "node-a");
		assert_int_equal(lease_connect(&seats[0], &err), -1);
		assert_int_equal(err.class, ERR_FATAL);
		assert_non_null(strstr(err.text, "WRONGTYPE"));
		assert_null(seats[0].redis);
		(void)redis_fixture_command(fixture, "DEL", keys[i], NULL);
		assert_int_equal(lease_connect(&seats[0], &err), 0);
		(void)end(NULL);
		(void)redis_fixture_command(fixture, "FLUSHALL", NULL);
	}
}

static void garbage_among_the_owners_is_nobodys_lease(void **state)
{
	struct lease *lease = take(0, "points-1@a", "node-a");

	(void)state;
	(void)redis_fixture_command(fixture, "HSET", OWNERS, "points-2@a",
				    "garbage", "points-3@a", "", NULL);
	assert_string_equal(status_of(beat(lease)), "ok");
	(void)take(1, "points-2@a", "node-b");
}

static void a_book_that_is_no_number_makes_no_second_dead_letter(void **state)
{
	struct lease *lease = take(0, "points-1@a", "node-a");
	const char *dead = "{ordermq}:dead";
	char id[64];

	(void)state;
	read_by("points-1@a", 1);
	(void)strcpy(id, group_says("last-delivered-id"));
	(void)redis_fixture_command(fixture, "HSET", BOOKS, "rejected", "x",
				    NULL);
	for (int i = 0; i < 3; i++) {
		lease_begin(lease, SCRIPT_DEAD, &dead, 1);
		command_word(&lease->command, id);
		command_word(&lease->command, "why");
		command_word(&lease->command, "reject");
		command_word(&lease->command, "rejected");
		command_word(&lease->command, "1");
		command_number(&lease->command, 0);
		assert_int_equal(reply_is_error_word(run(lease), "WRONGTYPE"),
				 i < 2);
		if (i == 1)
			(void)redis_fixture_command(fixture, "DEL", BOOKS,
						    NULL);
	}
	assert_int_equal(redis_fixture_integer(fixture, "XLEN", dead, NULL), 1);
	assert_int_equal(pending_of("points-1@a"), 0);
}

static int start_redis(void **state)
{
	(void)state;
	fixture = redis_fixture_start();
	return 0;
}

static int stop_redis(void **state)
{
	(void)state;
	redis_fixture_stop(&fixture);
	return 0;
}

#define seated(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		seated(the_first_one_creates_the_group_and_the_next_find_it),
		seated(a_new_group_begins_where_the_setting_says),
		seated(a_group_that_vanished_begins_again_at_the_first_entry),
		seated(a_group_that_vanished_begins_behind_what_is_done),
		seated(a_group_with_a_ledger_begins_at_the_first_entry),
		seated(the_same_node_takes_its_lease_again_and_fences_the_old_one),
		seated(a_connection_that_comes_back_keeps_its_lease),
		seated(a_foreign_holder_who_is_alive_is_named),
		seated(a_foreign_holder_who_is_dead_is_succeeded_after_his_time),
		seated(a_released_consumer_is_deleted_only_when_it_is_empty),
		seated(a_beat_claims_what_was_released),
		seated(a_beat_takes_nothing_from_who_is_alive),
		seated(a_beat_claims_what_nobody_leased_when_it_is_old),
		seated(a_beat_finds_what_is_old_behind_what_is_young),
		seated(what_was_deleted_while_pending_is_counted_by_the_claim),
		seated(the_claimed_are_not_counted_as_delivered_again),
		seated(a_key_of_the_wrong_type_needs_an_operator),
		seated(garbage_among_the_owners_is_nobodys_lease),
		seated(a_book_that_is_no_number_makes_no_second_dead_letter),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("lease", tests, start_redis,
					   stop_redis);
}
