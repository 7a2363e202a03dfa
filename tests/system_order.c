#include "config.h"

#include "lib/clock.h"
#include "tests/program_fixture.h"
#include "tests/redis_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS_MAX 24
#define WAIT_MSECS (20 * 1000)

struct ctx {
	struct redis_fixture *redis;
	char conf[64];
	char url[64];
	struct program program;
	const char *argv[ARGS_MAX];
};

static struct ctx ctx;

/* The command line: the program, its configuration, and the words up to
   NULL. */
static const char *const *words(struct ctx *c, va_list list)
{
	size_t count = 0;

	c->argv[count++] = ORDER_PROGRAM;
	c->argv[count++] = "-c";
	c->argv[count++] = c->conf;
	c->argv[count++] = "--redis";
	c->argv[count++] = c->url;
	do {
		assert_in_range(count, 1, ARGS_MAX - 1);
		c->argv[count] = va_arg(list, const char *);
	} while (c->argv[count++] != NULL);
	return c->argv;
}

/* Run it to its end with input, and check its exit status. */
__attribute__((sentinel)) static void run(struct ctx *c, int status,
					  const char *input, ...)
{
	va_list list;

	va_start(list, input);
	program_run(&c->program, words(c, list), input);
	va_end(list);
	if (c->program.status != status)
		fail_msg("exit status %d: %s", c->program.status,
			 c->program.err);
}

__attribute__((sentinel)) static void start(struct ctx *c, ...)
{
	va_list list;

	va_start(list, c);
	program_start(&c->program, words(c, list));
	va_end(list);
}

static void finish(struct ctx *c, int status)
{
	program_finish(&c->program);
	if (c->program.status != status)
		fail_msg("exit status %d: %s", c->program.status,
			 c->program.err);
}

static void conf_write(struct ctx *c, const char *text)
{
	FILE *conf = fopen(c->conf, "w");

	assert_non_null(conf);
	fprintf(conf,
		"groups = ( { name = \"points\"; program = \"points\"; } );\n"
		"%s",
		text);
	fclose(conf);
}

static int64_t stream_length(struct ctx *c, const char *stream)
{
	return redis_fixture_integer(c->redis, "XLEN", stream, NULL);
}

static int64_t length(struct ctx *c)
{
	return stream_length(c, "ordermq");
}

static void await_length(struct ctx *c, int64_t least)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int64_t deadline = clock_msecs() + WAIT_MSECS;

	while (length(c) < least) {
		if (clock_msecs() > deadline)
			fail_msg("never %" PRId64 " entries", least);
		(void)nanosleep(&pause, NULL);
	}
}

static void assert_said(struct ctx *c, const char *text)
{
	if (strstr(c->program.err, text) == NULL)
		fail_msg("not said: %s\nbut: %s", text, c->program.err);
}

/* All values of an entry's fields, apart by "|", of entry number i. */
static void assert_entry(struct ctx *c, size_t i, const char *expected)
{
	const struct reply *entries = redis_fixture_command(
		c->redis, "XRANGE", "ordermq", "-", "+", NULL);
	const struct reply *pairs = reply_at(reply_at(entries, i), 1);
	char shown[4096] = "";
	size_t used = 0;

	for (size_t j = 0; j < reply_count(pairs); j++) {
		char one[512];

		used += (size_t)snprintf(
			shown + used, sizeof(shown) - used, "%s%s",
			j == 0 ? "" : "|",
			text_show(reply_text(reply_at(pairs, j)), one,
				  sizeof(one)));
	}
	assert_string_equal(shown, expected);
}

static void one_order_prints_its_entry_id(void **state)
{
	struct ctx *c = *state;
	const struct reply *entries;
	char line[128];

	run(c, 0, "", "orderno=A-1", "userid=u1", "amount=100", "note=a=b",
	    NULL);
	assert_entry(c, 0, "orderno|A-1|userid|u1|amount|100|note|a=b");
	entries = redis_fixture_command(c->redis, "XRANGE", "ordermq", "-", "+",
					NULL);
	(void)snprintf(line, sizeof(line), "%s\n",
		       reply_text(reply_at(reply_at(entries, 0), 0)).data);
	assert_string_equal(c->program.out, line);
	assert_said(c, "published 1, rejected 0");
}

static void quiet_says_nothing_when_all_is_well(void **state)
{
	struct ctx *c = *state;

	run(c, 0, "orderno\n1\n", "-q", "--csv", "-", NULL);
	assert_string_equal(c->program.err, "");
	run(c, 65, "orderno\na:b\n", "-q", "--csv", "-", NULL);
	assert_said(c, "stdin:2: orderno 'a:b' has a colon\n");
	assert_said(c, "published 0, rejected 1");
}

static void values_arrive_byte_for_byte(void **state)
{
	struct ctx *c = *state;

	run(c, 0,
	    "orderno,note\nA-1,\"\xff\x01 \"\"q\"\", \r\n\xe2\x82\xac\"\n",
	    "--csv", "-", NULL);
	assert_entry(c, 0,
		     "orderno|A-1|note|\\xff\\x01 \"q\", \\x0d\\x0a\\xe2\\x82"
		     "\\xac");
	run(c, 0, "{\"orderno\":\"A-2\",\"note\":\"\\u0000\\u20ac\"}\n",
	    "--jsonl", "-", NULL);
	assert_entry(c, 1, "orderno|A-2|note|\\x00\\xe2\\x82\\xac");
}

static void bad_lines_are_named_and_the_rest_is_published(void **state)
{
	struct ctx *c = *state;

	run(c, 65,
	    "orderno,amount,note\n"
	    "A-1,5,\n"
	    ",5,no number\n"
	    "A-3,-5,\"over two\nlines\"\n"
	    "A-4,5\n"
	    "A-5,5,\n",
	    "--csv", "-", NULL);
	assert_int_equal(length(c), 2);
	assert_entry(c, 0, "orderno|A-1|amount|5");
	assert_entry(c, 1, "orderno|A-5|amount|5");
	assert_said(c, "stdin:3: no orderno\n");
	assert_said(c, "stdin:4: amount '-5' is no whole number");
	assert_said(c, "stdin:6: 2 cells, the header has 3\n");
	assert_said(c, "published 2, rejected 3");
}

static void nothing_is_published_on_wrong_usage(void **state)
{
	struct ctx *c = *state;

	run(c, 64, "", NULL);
	run(c, 64, "", "orderno", NULL);
	run(c, 64, "", "--csv", "-", "orderno=1", NULL);
	run(c, 64, "", "--csv", "-", "--generate", "5", NULL);
	run(c, 64, "", "--rate", "0", "orderno=1", NULL);
	run(c, 64, "", "--redis", "redis://:secret@host", "orderno=1", NULL);
	assert_null(strstr(c->program.err, "secret"));
	run(c, 65, "", "orderno=1", "orderno=1", NULL);
	run(c, 65, "", "--csv", "/nonexistent", NULL);
	run(c, 65, "a,a\n1,2\n", "--csv", "-", NULL);
	run(c, 69, "", "--redis", "unix:///nonexistent", "orderno=1", NULL);
	run(c, 78, "", "-c", "/nonexistent", "orderno=1", NULL);
	assert_int_equal(length(c), 0);
}

static void help_and_version_are_printed(void **state)
{
	struct ctx *c = *state;

	run(c, 0, "", "--help", NULL);
	assert_non_null(strstr(c->program.out, "--atomic"));
	run(c, 0, "", "-V", NULL);
	assert_string_equal(c->program.out,
			    "ordermq-order " PACKAGE_VERSION "\n");
}

static void mapped_fields_are_checked(void **state)
{
	struct ctx *c = *state;

	conf_write(c, "stream = { key = \"shop\"; };\n"
		      "fields = { orderno = \"order_id\"; amount = { product = "
		      "(\"price\", \"quantity\"); scale = 100; }; };\n");
	run(c, 65, "order_id,price,quantity\n1,6.99,2\n2,6.999,1\n", "--csv",
	    "-", NULL);
	assert_said(c, "stdin:3: amount is too large, or has more places");
	assert_int_equal(stream_length(c, "shop"), 1);
	run(c, 0, "", "--stream", "other", "order_id=1", NULL);
	assert_int_equal(stream_length(c, "other"), 1);
}

static void slow_input_is_published_as_it_comes(void **state)
{
	struct ctx *c = *state;
	static const char line[] = "{\"orderno\":\"A-1\"}\n";

	start(c, "--jsonl", "-", NULL);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(write(c->program.input, line, strlen(line)),
				 strlen(line));
		await_length(c, i);
	}
	finish(c, 0);
}

static void a_signal_ends_it_in_good_order(void **state)
{
	struct ctx *c = *state;
	static const char line[] = "{\"orderno\":\"A-1\"}\n{\"orderno\":\"A";

	start(c, "--jsonl", "-", NULL);
	assert_int_equal(write(c->program.input, line, strlen(line)),
			 strlen(line));
	await_length(c, 1);
	kill(c->program.pid, SIGTERM);
	finish(c, 143);
	assert_said(c, "stdin:1: published up to here\n");
	assert_said(c, "published 1, rejected 0");

	start(c, "--generate", "100000000", "--rate", "1000", NULL);
	await_length(c, 100);
	kill(c->program.pid, SIGINT);
	finish(c, 130);
	assert_null(strstr(c->program.err, "doubt"));
}

static void a_rate_is_kept(void **state)
{
	struct ctx *c = *state;
	int64_t begun = clock_msecs();

	run(c, 0, "", "--generate", "101", "--rate", "250", NULL);
	assert_in_range(clock_msecs() - begun, 399, 10000);
	assert_int_equal(length(c), 101);
}

static void a_batch_can_be_atomic(void **state)
{
	struct ctx *c = *state;
	struct text stats;

	run(c, 0, "", "--generate", "250", "--atomic", "--batch", "100", NULL);
	assert_int_equal(length(c), 250);
	stats = reply_text(
		redis_fixture_command(c->redis, "INFO", "commandstats", NULL));
	assert_non_null(strstr(stats.data, "cmdstat_exec:calls=3,"));
}

static void a_key_of_the_wrong_type_is_final(void **state)
{
	struct ctx *c = *state;

	(void)redis_fixture_command(c->redis, "SET", "ordermq", "x", NULL);
	run(c, 78, "", "--generate", "10", NULL);
	assert_said(c, "stream ordermq: XADD: WRONGTYPE");
	assert_said(c, "generator:1-10: 10 orders not published\n");
	run(c, 78, "", "--generate", "10", "--atomic", NULL);
	assert_said(c, "generator:1-10: 10 orders not published\n");
}

static void memory_set(struct ctx *c, const char *bytes)
{
	(void)redis_fixture_command(c->redis, "CONFIG", "SET", "maxmemory",
				    bytes, NULL);
}

static void a_full_server_is_tried_again(void **state)
{
	struct ctx *c = *state;

	for (int atomic = 0; atomic < 2; atomic++) {
		memory_set(c, "1");
		start(c, "--generate", "10", atomic ? "--atomic" : "--quiet",
		      NULL);
		program_await(&c->program, "XADD: OOM");
		memory_set(c, "0");
		finish(c, 0);
		assert_int_equal(length(c), 10 + 10 * atomic);
	}
}

static void a_full_server_is_given_up_in_time(void **state)
{
	struct ctx *c = *state;

	memory_set(c, "1");
	run(c, 75, "", "--generate", "10", "--timeout", "200ms", NULL);
	assert_said(c, "XADD: OOM");
	assert_said(c, "generator:1-10: 10 orders not published\n");
	run(c, 75, "", "--generate", "10", "--timeout", "0", NULL);
	assert_int_equal(length(c), 0);
}

static int64_t used_memory(struct ctx *c)
{
	struct text info = reply_text(
		redis_fixture_command(c->redis, "INFO", "memory", NULL));
	const char *used = strstr(info.data, "used_memory:");

	assert_non_null(used);
	return strtoll(used + strlen("used_memory:"), NULL, 10);
}

/* Two hundred orders of 4 KiB each, as CSV. */
static char *large_orders(void)
{
	char *text = NULL;
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);

	fputs("orderno,note\n", file);
	for (int i = 0; i < 200; i++)
		fprintf(file, "A-%d,%04096d\n", i, i);
	fclose(file);
	return text;
}

static void assert_each_once(struct ctx *c, size_t count)
{
	bool seen[1000] = { false };
	const struct reply *entries = redis_fixture_command(
		c->redis, "XRANGE", "ordermq", "-", "+", NULL);

	assert_int_equal(reply_count(entries), count);
	for (size_t i = 0; i < count; i++) {
		struct text orderno = reply_text(
			reply_at(reply_at(reply_at(entries, i), 1), 1));
		size_t number = strtoul(orderno.data + strlen("A-"), NULL, 10);

		assert_in_range(number, 0, count - 1);
		assert_false(seen[number]);
		seen[number] = true;
	}
}

static void only_refused_orders_are_sent_again(void **state)
{
	struct ctx *c = *state;
	char path[96], limit[32];
	char *orders = large_orders();
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/orders.csv",
		       redis_fixture_dir(c->redis));
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(orders, file);
	fclose(file);
	free(orders);
	(void)snprintf(limit, sizeof(limit), "%" PRId64,
		       used_memory(c) + 400 * 1024);
	memory_set(c, limit);
	start(c, "--batch", "1000", "--csv", path, NULL);
	program_await(&c->program, "XADD: OOM");
	assert_in_range(length(c), 1, 199);
	memory_set(c, "0");
	finish(c, 0);
	assert_each_once(c, 200);
}

/* The number behind text in what the program said. */
static int64_t said_number(struct ctx *c, const char *text)
{
	const char *at = strstr(c->program.err, text);

	return at == NULL ? 0 : strtoll(at + strlen(text), NULL, 10);
}

static void a_killed_server_leaves_no_guess(void **state)
{
	struct ctx *c = *state;
	int64_t sure, doubtful;

	redis_fixture_append_only(c->redis);
	redis_fixture_restart(c->redis);
	start(c, "--generate", "10000000", NULL);
	await_length(c, 5000);
	redis_fixture_kill(c->redis);
	finish(c, 69);
	sure = said_number(c, "generator:");
	doubtful = said_number(c, "in doubt ");
	assert_said(c, ": published up to here\n");
	assert_true(sure >= 5000 && doubtful <= 128);

	redis_fixture_restart(c->redis);
	assert_in_range(length(c), sure, sure + doubtful);
}

static void a_file_of_real_orders_is_read_wholly(void **state)
{
	struct ctx *c = *state;

	if (access(ORDERS_FILE, R_OK) < 0) {
		printf("# without %s\n", ORDERS_FILE);
		return;
	}
	run(c, 0, "", "--csv", ORDERS_FILE, NULL);
	assert_said(c, "published 10783, rejected 0");
	assert_int_equal(length(c), 10783);
	assert_entry(c, 0,
		     "orderno|536365|userid|17850|type|paid|amount|13912|"
		     "country|United Kingdom|ts|2010-12-01T08:26:00");
}

static int setup(void **state)
{
	*state = &ctx;
	ctx.redis = redis_fixture_start();
	(void)snprintf(ctx.conf, sizeof(ctx.conf), "%s/ordermq.conf",
		       redis_fixture_dir(ctx.redis));
	(void)snprintf(ctx.url, sizeof(ctx.url), "unix://%s",
		       redis_fixture_socket(ctx.redis));
	conf_write(&ctx, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	redis_fixture_stop(&ctx.redis);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_order_prints_its_entry_id),
		TEST(quiet_says_nothing_when_all_is_well),
		TEST(values_arrive_byte_for_byte),
		TEST(bad_lines_are_named_and_the_rest_is_published),
		TEST(nothing_is_published_on_wrong_usage),
		TEST(help_and_version_are_printed),
		TEST(mapped_fields_are_checked),
		TEST(slow_input_is_published_as_it_comes),
		TEST(a_signal_ends_it_in_good_order),
		TEST(a_rate_is_kept),
		TEST(a_batch_can_be_atomic),
		TEST(a_key_of_the_wrong_type_is_final),
		TEST(a_full_server_is_tried_again),
		TEST(a_full_server_is_given_up_in_time),
		TEST(only_refused_orders_are_sent_again),
		TEST(a_killed_server_leaves_no_guess),
		TEST(a_file_of_real_orders_is_read_wholly),
	};

	if (redis_fixture_skip_all())
		return 0;
	/* A program may end before it has read its input. */
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
