#include "config.h"

#include "tests/fixtures/order_trial.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRST "00000000000000000001"
#define SECOND "00000000000000000002"

/* Of the outbox of the test at hand, which is in the directory of its Redis. */
static char dir[96];

static const char *path(const char *name)
{
	static char buf[512];

	(void)snprintf(buf, sizeof(buf), "%s/%s", dir, name);
	return buf;
}

static int setup(void **state)
{
	struct trial *trial;

	if (trial_setup(state) < 0)
		return -1;
	trial = *state;
	(void)snprintf(dir, sizeof(dir), "%s/outbox",
		       redis_fixture_dir(trial->redis));
	return mkdir(dir, 0700);
}

/* The directory goes with that of Redis, which knows none in it. */
static int teardown(void **state)
{
	DIR *listing = opendir(dir);
	const struct dirent *entry;

	while (listing != NULL && (entry = readdir(listing)) != NULL)
		(void)unlink(path(entry->d_name));
	(void)closedir(listing);
	(void)rmdir(dir);
	return trial_teardown(state);
}

static bool is_there(const char *name)
{
	return access(path(name), F_OK) == 0;
}

/* Nothing but the locks is left. */
static void assert_empty(void)
{
	DIR *listing = opendir(dir);
	const struct dirent *entry;

	assert_non_null(listing);
	while ((entry = readdir(listing)) != NULL) {
		if (entry->d_name[0] != '.' &&
		    strstr(entry->d_name, "lock") == NULL)
			fail_msg("%s is left", entry->d_name);
	}
	closedir(listing);
}

/* A whole file; free() it. */
static char *file_read(const char *name, size_t *bytes_r)
{
	FILE *file = fopen(path(name), "r");
	char *data = malloc(8 << 20);

	assert_non_null(file);
	assert_non_null(data);
	*bytes_r = fread(data, 1, 8 << 20, file);
	fclose(file);
	return data;
}

static void file_write(const char *name, const char *data, size_t bytes)
{
	FILE *file = fopen(path(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	fclose(file);
}

static void drain(struct trial *trial, int status)
{
	trial_run(trial, status, "", "--drain", dir, NULL);
}

/* The order number of entry i is this. */
static void assert_orderno(struct trial *trial, size_t i, const char *orderno)
{
	const struct reply *entries = redis_fixture_command(
		trial->redis, "XRANGE", "ordermq", "-", "+", NULL);

	assert_string_equal(
		reply_text(reply_at(reply_at(reply_at(entries, i), 1), 1)).data,
		orderno);
}

static void orders_wait_for_redis_and_go_once(void **state)
{
	struct trial *trial = *state;
	size_t bytes;
	char *data;

	trial_run(trial, 0, "", "--redis", "unix:///nonexistent", "--outbox",
		  dir, "orderno=A-1", "amount=5", NULL);
	assert_string_equal(trial->program.out, "");
	trial_assert_said(trial, "accepted 1, rejected 0 in");
	trial_run(trial, 65, "orderno,note\nA-2,\"\xff\x01\"\nA:3,\n",
		  "--outbox", dir, "--csv", "-", NULL);
	trial_assert_said(trial, "stdin:3: orderno 'A:3' has a colon\n");
	trial_assert_said(trial, "accepted 1, rejected 1 in");
	trial_run(trial, 0, "{\"orderno\":\"A-3\",\"note\":\"a\\u0000b\"}\n",
		  "--outbox", dir, "--jsonl", "-", NULL);
	assert_int_equal(trial_length(trial), 0);
	data = file_read(FIRST ".orders", &bytes);
	drain(trial, 0);
	trial_assert_said(trial, "published 3, rejected 0 in");
	trial_assert_entry(trial, 0, "orderno|A-1|amount|5");
	trial_assert_entry(trial, 1, "orderno|A-2|note|\\xff\\x01");
	trial_assert_entry(trial, 2, "orderno|A-3|note|a\\x00b");
	assert_empty();
	drain(trial, 0);
	trial_assert_said(trial, "published 0, rejected 0 in");

	/* It was interrupted just before the segment was removed. */
	file_write(FIRST ".orders", data, bytes);
	free(data);
	drain(trial, 0);
	trial_assert_said(trial, "published 0, rejected 0, known 3 in");
	assert_int_equal(trial_length(trial), 3);
	assert_empty();
}

static void what_is_no_order_is_not_accepted(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 65, "", "--outbox", dir, "orderno=", NULL);
	trial_run(trial, 65, "", "--outbox", dir, "orderno=1", "type=a:b",
		  NULL);
	trial_assert_said(trial, "type has a colon: no event key\n");
	trial_run(trial, 65, "", "--outbox", dir, "orderno=1", "amount=1e3",
		  NULL);
	assert_empty();
}

static void files_have_the_rights_of_the_directory(void **state)
{
	static const char *const names[] = { "lock", FIRST ".orders" };
	struct trial *trial = *state;
	struct stat st;

	for (int group = 0; group < 2; group++) {
		char line[160];

		(void)snprintf(line, sizeof(line), "--outbox %s orderno=1",
			       dir);
		assert_int_equal(chmod(dir, group ? 0770 : 0705), 0);
		trial_shell(trial, group ? "umask 077;" : "umask 0;", 0, line);
		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(stat(path(names[i]), &st), 0);
			assert_int_equal(st.st_mode & 0777,
					 group ? 0660 : 0600);
			assert_int_equal(unlink(path(names[i])), 0);
		}
	}
}

static void the_largest_orders_fit(void **state)
{
	struct trial *trial = *state;
	char *text = NULL;
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);

	fputs("{\"orderno\":\"A-1\",\"note\":\"", file);
	for (int i = 0; i < 250 * 1024; i++)
		fputc('x', file);
	fputs("\"}\n{\"orderno\":\"A-2\"", file);
	for (int i = 1; i < 128; i++)
		fprintf(file, ",\"f%d\":\"%d\"", i, i);
	fputs("}\n", file);
	fclose(file);
	file_write("in.lock", text, bytes);
	free(text);
	for (int i = 0; i < 2; i++)
		trial_run(trial, 0, "", "--outbox", dir, "--jsonl",
			  path("in.lock"), NULL);
	assert_true(is_there(FIRST ".orders"));
	assert_false(is_there(SECOND ".orders"));
	drain(trial, 0);
	trial_assert_said(trial, "published 2, rejected 0, known 2 in");
}

static void several_writers_and_a_drainer_at_once(void **state)
{
	struct trial *trial = *state;
	static const char *const seeds[] = { "1", "2", "3" };
	static struct trial writers[3];

	for (size_t i = 0; i < 3; i++) {
		writers[i] = *trial;
		trial_start(&writers[i], "--outbox", dir, "--generate", "5000",
			    "--seed", seeds[i], "--batch", "50", NULL);
	}
	trial_start(trial, "--drain", dir, "--follow", NULL);
	for (size_t i = 0; i < 3; i++)
		trial_finish(&writers[i], 0);
	trial_await_length(trial, 15000);
	/* The locks say who is who. */
	trial_run(&writers[0], 75, "", "--drain", dir, NULL);
	trial_assert_said(&writers[0], "another process drains it");
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	drain(trial, 0);
	assert_empty();
	assert_int_equal(trial_length(trial), 15000);
	assert_int_equal(redis_fixture_integer(trial->redis, "HLEN",
					       "{ordermq}:once:new", NULL),
			 15002);
}

static void who_follows_publishes_what_comes(void **state)
{
	struct trial *trial = *state;
	static struct trial writer;
	char field[32];

	trial_start(trial, "--drain", dir, "--follow", NULL);
	writer = *trial;
	for (int i = 1; i <= 5; i++) {
		(void)snprintf(field, sizeof(field), "orderno=A-%d", i);
		trial_run(&writer, 0, "", "--outbox", dir, field, NULL);
		trial_await_length(trial, i);
		assert_orderno(trial, (size_t)i - 1, field + 8);
	}
	kill(trial->program.pid, SIGINT);
	trial_finish(trial, 130);
}

static void who_follows_waits_for_redis(void **state)
{
	struct trial *trial = *state;
	static struct trial writer;

	redis_fixture_append_only(trial->redis);
	redis_fixture_restart(trial->redis);
	redis_fixture_kill(trial->redis);
	trial_start(trial, "--drain", dir, "--follow", NULL);
	writer = *trial;
	trial_run(&writer, 0, "", "--outbox", dir, "orderno=A-1", NULL);
	program_await(&trial->program, "trying again");
	redis_fixture_restart(trial->redis);
	trial_await_length(trial, 1);
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	drain(trial, 0);
	/* Who does not follow gives up in time, and loses nothing. */
	trial_run(&writer, 0, "", "--outbox", dir, "orderno=A-2", NULL);
	redis_fixture_kill(trial->redis);
	trial_run(trial, 75, "", "--drain", dir, "--timeout", "100ms", NULL);
	trial_assert_said(trial, FIRST ".orders:0: 1 order not sent\n");
	redis_fixture_restart(trial->redis);
	drain(trial, 0);
	assert_int_equal(trial_length(trial), 2);
}

/* Ten orders, each appended alone; their segment. */
static char *ten_orders(struct trial *trial, size_t *bytes_r)
{
	trial_run(trial, 0, "", "--outbox", dir, "--generate", "10", "--seed",
		  "1", "--batch", "1", NULL);
	return file_read(FIRST ".orders", bytes_r);
}

static void a_changed_byte_costs_one_record(void **state)
{
	struct trial *trial = *state;
	size_t bytes, aside_bytes;
	char *data = ten_orders(trial, &bytes);
	char *aside;

	for (size_t at = 3; at < bytes; at += bytes / 9) {
		(void)redis_fixture_command(trial->redis, "FLUSHALL", NULL);
		data[at] ^= 0x10;
		file_write(FIRST ".orders", data, bytes);
		drain(trial, 65);
		trial_assert_said(trial, FIRST ".orders:");
		trial_assert_said(trial, " bytes are no whole record");
		trial_assert_said(trial, "published 9, rejected 1 in");
		assert_int_equal(trial_length(trial), 9);
		assert_false(is_there(FIRST ".orders"));
		aside = file_read(FIRST ".aside", &aside_bytes);
		assert_int_equal(aside_bytes, bytes);
		assert_memory_equal(aside, data, bytes);
		free(aside);
		data[at] ^= 0x10;
	}
	free(data);
	/* What comes now takes a number that nobody has. */
	trial_run(trial, 0, "", "--outbox", dir, "orderno=A-1", NULL);
	assert_true(is_there(SECOND ".orders"));
}

static void behind_a_torn_record_a_new_segment_begins(void **state)
{
	struct trial *trial = *state;
	size_t bytes;
	char *data = ten_orders(trial, &bytes);

	for (size_t cut = 1; cut < 60; cut += 11) {
		(void)redis_fixture_command(trial->redis, "FLUSHALL", NULL);
		(void)unlink(path(FIRST ".aside"));
		file_write(FIRST ".orders", data, bytes - cut);
		trial_run(trial, 0, "", "--outbox", dir, "orderno=A-1", NULL);
		assert_true(is_there(SECOND ".orders"));
		drain(trial, 65);
		trial_assert_said(trial, "are no whole record, to the end of "
					 "the segment; set aside\n");
		trial_assert_said(trial, "published 10, rejected 1 in");
		assert_orderno(trial, 9, "A-1");
		assert_true(is_there(FIRST ".aside"));
		assert_false(is_there(SECOND ".aside"));
	}
	free(data);
}

static void a_segment_that_is_none_is_set_aside(void **state)
{
	struct trial *trial = *state;
	char zeros[10000] = "";
	size_t bytes;
	char *data = ten_orders(trial, &bytes);

	file_write(SECOND ".orders", data, bytes);
	free(data);
	file_write("00000000000000000003.orders", zeros, sizeof(zeros));
	file_write("00000000000000000004.orders", "", 0);
	file_write("5.orders", "x", 1);
	drain(trial, 65);
	trial_assert_said(trial, "published 10, rejected 2 in");
	trial_assert_said(trial, SECOND ".orders:0: ");
	trial_assert_said(trial, ".orders:0: 10000 bytes are no whole record");
	assert_true(is_there(SECOND ".aside"));
	assert_true(is_there("00000000000000000003.aside"));
	assert_false(is_there("00000000000000000004.orders"));
	assert_true(is_there("5.orders"));
}

static void bad_orders_are_set_aside(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 0, "", "--once", "orderno=A-1", "amount=1", NULL);
	trial_run(trial, 0, "", "--outbox", dir, "orderno=A-1", "amount=2",
		  NULL);
	drain(trial, 65);
	trial_assert_said(trial, FIRST ".orders:0: A-1:paid is entry ");
	assert_true(is_there(FIRST ".aside"));
	/* Who drains reads other fields than who accepted. */
	trial_run(trial, 0, "", "--outbox", dir, "orderno=A-2", "total=1.5",
		  NULL);
	trial_conf(trial, "fields = { amount = \"total\"; };\n");
	drain(trial, 65);
	trial_assert_said(trial, SECOND ".orders:0: total '1.5' is no whole");
	assert_true(is_there(SECOND ".aside"));
	assert_int_equal(trial_length(trial), 1);
}

static void a_full_disk_accepts_nothing(void **state)
{
	struct trial *trial = *state;
	char line[256];
	size_t bytes;

	/* A file may have 512 * 512 bytes; the signal for that is ignored. */
	(void)snprintf(line, sizeof(line),
		       "--outbox %s --generate 3000 --seed 1 --batch 70 "
		       "--timeout 50ms",
		       dir);
	trial_shell(trial, "trap '' XFSZ; ulimit -f 512;", 75, line);
	trial_assert_said(trial, FIRST ".orders: write: File too large; "
				       "trying again\n");
	trial_assert_said(trial, ": accepted up to here\n");
	trial_assert_said(trial, ": 70 orders not accepted\n");
	free(file_read(FIRST ".orders", &bytes));
	assert_in_range(bytes, 250 * 512, 512 * 512);
	drain(trial, 0);
	assert_int_equal(trial_length(trial) % 70, 0);
	assert_in_range(trial_length(trial), 700, 2940);
	assert_empty();
}

static void wrong_usage_and_wrong_directories_are_told(void **state)
{
	struct trial *trial = *state;
	char file[512];

	(void)snprintf(file, sizeof(file), "%s", path("x.lock"));
	file_write("x.lock", "", 0);
	trial_run(trial, 64, "", "--follow", "orderno=1", NULL);
	trial_run(trial, 64, "", "--drain", dir, "--csv", "-", NULL);
	trial_run(trial, 64, "", "--drain", dir, "orderno=1", NULL);
	trial_run(trial, 64, "", "--drain", dir, "--outbox", dir, NULL);
	trial_run(trial, 64, "", "--drain", dir, "--state", "x", NULL);
	trial_run(trial, 64, "", "--outbox", dir, "--once", "orderno=1", NULL);
	trial_run(trial, 75, "", "--outbox", "/nonexistent", "orderno=1", NULL);
	trial_assert_said(trial, "outbox /nonexistent: open: No such file");
	trial_run(trial, 75, "", "--outbox", file, "orderno=1", NULL);
	trial_run(trial, 75, "", "--drain", "/nonexistent", NULL);
	trial_run(trial, 75, "", "--drain", file, NULL);
	trial_assert_said(trial, "Not a directory");
	assert_int_equal(mkdir(path(FIRST ".orders"), 0700), 0);
	trial_run(trial, 75, "", "--drain", dir, NULL);
	trial_assert_said(trial, FIRST ".orders: no regular file");
	trial_run(trial, 75, "", "--outbox", dir, "orderno=1", "--timeout", "0",
		  NULL);
	trial_assert_said(trial, "arguments:1: 1 order not accepted\n");
	assert_int_equal(rmdir(path(FIRST ".orders")), 0);
	assert_int_equal(symlink(file, path(FIRST ".orders")), 0);
	trial_run(trial, 75, "", "--outbox", dir, "orderno=1", "--timeout", "0",
		  NULL);
	(void)unlink(path(FIRST ".orders"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(orders_wait_for_redis_and_go_once),
		TEST(what_is_no_order_is_not_accepted),
		TEST(files_have_the_rights_of_the_directory),
		TEST(the_largest_orders_fit),
		TEST(several_writers_and_a_drainer_at_once),
		TEST(who_follows_publishes_what_comes),
		TEST(who_follows_waits_for_redis),
		TEST(a_changed_byte_costs_one_record),
		TEST(behind_a_torn_record_a_new_segment_begins),
		TEST(a_segment_that_is_none_is_set_aside),
		TEST(bad_orders_are_set_aside),
		TEST(a_full_disk_accepts_nothing),
		TEST(wrong_usage_and_wrong_directories_are_told),
	};

	if (redis_fixture_skip_all())
		return 0;
	/* A program may end before it has read its input. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
