#include "config.h"

#include "supervisor/keeper/finding_make.h"

#include "lib/base/clock.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/finding_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1764500000000)
#define SECS INT64_C(1000)
#define HOUR (3600 * SECS)

static struct settings settings;
static struct finding_look look;
static struct finding_server server;
static struct finding_history history;
static struct finding_memory memory;
static struct finding_left left;
static struct findings findings;

/* A group that is well. */
static struct finding_group *put_group(const char *name)
{
	struct finding_group *group = &look.groups[look.group_count++];

	(void)snprintf(group->name, sizeof(group->name), "%s", name);
	group->is_there = true;
	group->held = 1;
	group->start_secs = NOW / 1000 - 86400;
	group->first_idle_msecs = -1;
	return group;
}

static int all_is_well(void **state)
{
	(void)state;
	settings_defaults(&settings);
	memset(&look, 0, sizeof(look));
	memset(&history, 0, sizeof(history));
	memset(&memory, 0, sizeof(memory));
	memset(&left, 0, sizeof(left));
	memset(&findings, 0, sizeof(findings));
	server = (struct finding_server){ 1000, 0, 1, false };
	look.now_msecs = NOW;
	look.has_stream = true;
	look.length = look.added = 10;
	look.last_msecs = NOW - 5000;
	(void)put_group("points");
	(void)put_group("push");
	return 0;
}

static const struct finding *made(enum finding_id id, const char *group)
{
	const struct finding_case known = {
		.settings = &settings,
		.look = &look,
		.server = &server,
		.history = &history,
		.memory = &memory,
		.left = &left,
		.findings = &findings,
	};

	memset(&findings, 0, sizeof(findings));
	finding_make(&known);
	return findings_find(&findings, id, group);
}

static void a_set_that_is_well_has_none(void **state)
{
	(void)state;
	(void)made(FINDING_LOST, "points");
	assert_int_equal(findings.count, 0);
}

static void nobody_reads_where_something_waits_and_no_lease_holds(void **state)
{
	struct finding_group *group = &look.groups[0];

	(void)state;
	group->held = 0;
	assert_null(made(FINDING_NOBODY_READS, "points"));
	group->lag = 3;
	group->pending = 2;
	assert_int_equal(made(FINDING_NOBODY_READS, "points")->number, 5);
	group->held = 1;
	assert_null(made(FINDING_NOBODY_READS, "points"));
	group->is_there = false;
	assert_non_null(made(FINDING_NOBODY_READS, "points"));
	look.has_stream = false;
	assert_null(made(FINDING_NOBODY_READS, "points"));
}

static void a_group_of_others_is_told_unless_it_is_ignored(void **state)
{
	struct settings_names *ignore = &settings.retention.ignore;

	(void)state;
	(void)strcpy(look.others[0].name, "old");
	look.others[0].lag = 7;
	look.others[0].silent_msecs = HOUR;
	look.other_count = 1;
	assert_int_equal(made(FINDING_NOBODY_READS, "old")->number, 7);
	assert_int_equal(findings.list[0].since_msecs, NOW - HOUR);
	(void)strcpy(ignore->names[ignore->count++], "old");
	assert_null(made(FINDING_NOBODY_READS, "old"));
}

static void dead_letters_are_critical_when_many_and_a_large_part(void **state)
{
	static const struct {
		int64_t fresh, handled;
		int64_t severity;
	} rows[] = {
		{ 1, 1, FINDING_WARNING },    { 9, 9, FINDING_WARNING },
		{ 10, 10, FINDING_CRITICAL }, { 10, 100, FINDING_CRITICAL },
		{ 10, 101, FINDING_WARNING },
	};
	struct finding_group *group = &look.groups[0];

	(void)state;
	group->letters = 50;
	assert_null(made(FINDING_DEAD_LETTERS, "points"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		group->letters_fresh = rows[i].fresh;
		group->handled = rows[i].handled;
		assert_int_equal(made(FINDING_DEAD_LETTERS, "points")->severity,
				 rows[i].severity);
	}
}

/* A look each minute for so long, with so many entries settled in each. */
static void pass(int64_t msecs, int64_t handled, int64_t other)
{
	static int64_t now_msecs = 1000000;

	for (int64_t at = 0; at < msecs; at += 60 * SECS) {
		now_msecs += 60 * SECS;
		look.groups[0].handled += handled;
		look.groups[0].other += other;
		finding_history_note(&history, &look, now_msecs);
	}
}

static void shares_are_of_the_last_hour(void **state)
{
	struct finding_group *group = &look.groups[0];

	(void)state;
	group->handled = 1000000;
	pass(2 * HOUR, 10, 0);
	/* Of 64 minutes: it is counted in steps of five. */
	group->letters_fresh = 60;
	assert_non_null(strstr(made(FINDING_DEAD_LETTERS, "points")->text,
			       ", 9.4 % of what was settled in it; "));
	pass(2 * HOUR, 100, 0);
	assert_non_null(strstr(made(FINDING_DEAD_LETTERS, "points")->text,
			       ", 0.9 % of what was settled in it; "));
}

static void unknown_types_are_told_from_one_in_two_on(void **state)
{
	struct finding_group *group = &look.groups[0];

	(void)state;
	group->handled = group->other = 1000;
	/* All that there ever was, before we have looked for an hour. */
	pass(10 * 60 * SECS, 100, 0);
	assert_non_null(made(FINDING_UNKNOWN_TYPES, "points"));
	pass(2 * HOUR, 100, 49);
	assert_null(made(FINDING_UNKNOWN_TYPES, "points"));
	pass(2 * HOUR, 100, 50);
	assert_non_null(made(FINDING_UNKNOWN_TYPES, "points"));
	pass(2 * HOUR, 100, 0);
	assert_null(made(FINDING_UNKNOWN_TYPES, "points"));
}

static void what_fails_or_hangs_waits_from_a_time_on(void **state)
{
	struct finding_group *group = &look.groups[1];

	(void)state;
	(void)strcpy(group->first_id, "1-0");
	(void)strcpy(group->first_consumer, "push-1@web1");
	group->pending = 4;
	group->first_idle_msecs = 29999;
	assert_null(made(FINDING_WAITING, "push"));
	group->first_idle_msecs = 30000;
	assert_int_equal(made(FINDING_WAITING, "push")->number, 4);
	assert_non_null(strstr(findings.list[0].text, "1-0 is with push-1@web1 "
						      "for 30s"));
	/* With nobody it is another finding. */
	group->held = 0;
	assert_null(made(FINDING_WAITING, "push"));
	group->held = 1;
	group->first_idle_msecs = 0;
	group->tries = group->first_attempts = 2;
	group->first_msecs = NOW - 9999;
	assert_null(made(FINDING_WAITING, "push"));
	group->first_msecs = NOW - 10000;
	(void)strcpy(group->first_reason, "no space");
	assert_int_equal(made(FINDING_WAITING, "push")->number, 2);
	assert_non_null(strstr(findings.list[0].text, ": no space"));
}

static void groups_that_began_together_are_not_new(void **state)
{
	struct finding_group *push = &look.groups[1];

	(void)state;
	look.groups[0].start_secs = NOW / 1000 - 60;
	push->start_secs = NOW / 1000;
	assert_null(made(FINDING_NEW_GROUP, "push"));
	look.groups[0].start_secs--;
	assert_non_null(made(FINDING_NEW_GROUP, "push"));
	push->start_secs = NOW / 1000 - 900;
	look.groups[0].start_secs = NOW / 1000 - 5000;
	assert_null(made(FINDING_NEW_GROUP, "push"));
	/* It had books before: it was made anew. */
	push->start_secs = look.groups[0].start_secs = NOW / 1000 - 5;
	push->start_settled = 12;
	assert_non_null(strstr(made(FINDING_NEW_GROUP, "push")->text, "anew"));
}

static void clocks_may_differ_a_little(void **state)
{
	(void)state;
	look.skew_msecs = 1999;
	assert_null(made(FINDING_CLOCK, NULL));
	look.skew_msecs = 2000;
	assert_int_equal(made(FINDING_CLOCK, NULL)->number, 2);
	look.skew_msecs = -7500;
	assert_non_null(strstr(made(FINDING_CLOCK, NULL)->text, "7 s behind"));
}

static void ids_are_of_the_time_of_redis_or_told(void **state)
{
	static const int64_t others[] = { NOW / 1000, NOW * 1000, NOW + 10001,
					  INT64_MAX, 1 };

	(void)state;
	look.last_msecs = NOW + 10000;
	assert_null(made(FINDING_IDS_OF_ANOTHER_CLOCK, NULL));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		look.last_msecs = others[i];
		assert_non_null(made(FINDING_IDS_OF_ANOTHER_CLOCK, NULL));
	}
	/* No entry has ever come. */
	look.added = look.last_msecs = 0;
	assert_null(made(FINDING_IDS_OF_ANOTHER_CLOCK, NULL));
}

static void a_lag_that_is_not_known_is_told(void **state)
{
	(void)state;
	look.groups[0].lag = -1;
	assert_non_null(made(FINDING_LAG_UNKNOWN, "points"));
}

static void a_full_redis_is_worse_than_a_nearly_full_one(void **state)
{
	(void)state;
	server.max_bytes = 1000;
	server.used_bytes = 899;
	assert_null(made(FINDING_REDIS_FULL, NULL));
	server.used_bytes = 900;
	assert_int_equal(made(FINDING_REDIS_FULL, NULL)->severity,
			 FINDING_WARNING);
	server.used_bytes = 1000;
	assert_int_equal(made(FINDING_REDIS_FULL, NULL)->severity,
			 FINDING_CRITICAL);
	/* Not told by Redis. */
	server.max_bytes = server.used_bytes = server.append = -1;
	(void)made(FINDING_REDIS_FULL, NULL);
	assert_int_equal(findings.count, 0);
}

static void a_sender_is_silent_by_what_was_seen_or_by_ids(void **state)
{
	(void)state;
	clock_set(5000000);
	settings.silence_msecs = 60 * SECS;
	look.last_msecs = NOW - 59 * SECS;
	finding_history_note(&history, &look, clock_msecs());
	assert_null(made(FINDING_SILENT_SENDER, NULL));
	look.last_msecs = NOW - 60 * SECS;
	assert_int_equal(made(FINDING_SILENT_SENDER, NULL)->number, 60);
	/* Old entries are moved here: they come. */
	look.added++;
	finding_history_note(&history, &look, clock_msecs());
	assert_null(made(FINDING_SILENT_SENDER, NULL));
	clock_set(5000000 + 60 * SECS);
	assert_non_null(made(FINDING_SILENT_SENDER, NULL));
	settings.silence_msecs = 0;
	assert_null(made(FINDING_SILENT_SENDER, NULL));
	clock_set(-1);
}

static void what_was_there_is_remembered_on_disk(void **state)
{
	char dir[] = "/tmp/omq-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	finding_memory_open(&memory, dir, "ordermq");
	look.groups[0].ledger = 100;
	finding_memory_note(&memory, &look);
	finding_memory_save(&memory);
	/* The next keeper. */
	finding_memory_open(&memory, dir, "ordermq");
	assert_int_equal(memory.streams[0].added, 10);
	look.groups[0].ledger = 50;
	finding_memory_note(&memory, &look);
	assert_null(made(FINDING_REDIS_EMPTIED, NULL));
	look.groups[0].ledger = 24;
	finding_memory_note(&memory, &look);
	assert_non_null(made(FINDING_REDIS_EMPTIED, NULL));
	finding_memory_save(&memory);
	finding_memory_open(&memory, dir, "ordermq");
	finding_memory_note(&memory, &look);
	assert_non_null(made(FINDING_REDIS_EMPTIED, NULL));
	look.now_msecs += FINDING_MEMORY_TOLD_MSECS;
	look.last_msecs = look.now_msecs;
	finding_memory_note(&memory, &look);
	assert_null(made(FINDING_REDIS_EMPTIED, NULL));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, FINDING_MEMORY_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void the_last_streams_are_remembered(void **state)
{
	char dir[] = "/tmp/omq-XXXXXX", path[64], key[8];

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (int i = 0; i < FINDING_MEMORY_STREAMS + 2; i++) {
		(void)snprintf(key, sizeof(key), "s%d", i);
		finding_memory_open(&memory, dir, key);
		finding_memory_note(&memory, &look);
		finding_memory_save(&memory);
	}
	assert_int_equal(memory.count, FINDING_MEMORY_STREAMS);
	assert_string_equal(memory.streams[0].key, "s5");
	assert_string_equal(memory.streams[3].key, "s2");
	/* Back again. */
	finding_memory_open(&memory, dir, "s3");
	assert_int_equal(memory.count, FINDING_MEMORY_STREAMS);
	assert_string_equal(memory.streams[0].key, "s3");
	assert_string_equal(memory.streams[1].key, "s5");
	assert_string_equal(memory.streams[2].key, "s4");
	assert_string_equal(memory.streams[3].key, "s2");
	(void)snprintf(path, sizeof(path), "%s/%s", dir, FINDING_MEMORY_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void a_file_that_makes_no_sense_is_none(void **state)
{
	static const char *const contents[] = {
		"",
		"[]",
		"{\"streams\": 3}",
		"{\"streams\": [1, {}, null]}",
		"{\"streams\": [{\"key\": 5, \"added\": \"x\", \"ledgers\": "
		"{\"a\": null}}]}",
	};
	char dir[] = "/tmp/omq-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, FINDING_MEMORY_FILE);
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		fputs(contents[i], file);
		assert_int_equal(fclose(file), 0);
		finding_memory_open(&memory, dir, "ordermq");
		finding_memory_note(&memory, &look);
		assert_null(made(FINDING_REDIS_EMPTIED, NULL));
		assert_string_equal(memory.streams[0].key, "ordermq");
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, all_is_well)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_set_that_is_well_has_none),
		TEST(nobody_reads_where_something_waits_and_no_lease_holds),
		TEST(a_group_of_others_is_told_unless_it_is_ignored),
		TEST(dead_letters_are_critical_when_many_and_a_large_part),
		TEST(shares_are_of_the_last_hour),
		TEST(unknown_types_are_told_from_one_in_two_on),
		TEST(what_fails_or_hangs_waits_from_a_time_on),
		TEST(groups_that_began_together_are_not_new),
		TEST(clocks_may_differ_a_little),
		TEST(ids_are_of_the_time_of_redis_or_told),
		TEST(a_lag_that_is_not_known_is_told),
		TEST(a_full_redis_is_worse_than_a_nearly_full_one),
		TEST(a_sender_is_silent_by_what_was_seen_or_by_ids),
		TEST(what_was_there_is_remembered_on_disk),
		TEST(the_last_streams_are_remembered),
		TEST(a_file_that_makes_no_sense_is_none),
	};

	return cmocka_run_group_tests_name("finding_make", tests, NULL, NULL);
}
