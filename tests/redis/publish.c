#include "config.h"

#include "producers/publish/ordermq-publish.h"

#include "tests/fixtures/redis_fixture.h"

#include <pthread.h>
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

/* The library as another program has it: linked to the static one, of which
   only the promised names are to be seen. */

static char url[96]; /* "redis.url=..." */

static int setup(void **state)
{
	struct redis_fixture *redis = redis_fixture_start();

	*state = redis;
	(void)snprintf(url, sizeof(url), "redis.url=unix://%s",
		       redis_fixture_socket(redis));
	return 0;
}

static int teardown(void **state)
{
	struct redis_fixture *redis = *state;

	redis_fixture_stop(&redis);
	return 0;
}

/* With up to two more options. */
static struct ordermq_publisher *open_with(const char *a, const char *b)
{
	const char *const options[] = { url, a, b, NULL };
	struct ordermq_publisher *publisher = NULL;
	char reason[200] = "";

	if (ordermq_publish_open(options, &publisher, reason, sizeof(reason)) <
	    0)
		fail_msg("not opened: %s", reason);
	return publisher;
}

static struct ordermq_field field(const char *name, const char *value)
{
	return (struct ordermq_field){ name, value, strlen(value) };
}

/* Publish one order with this number and amount. */
static int publish(struct ordermq_publisher *publisher, const char *orderno,
		   const char *amount, struct ordermq_result *result)
{
	const struct ordermq_field fields[] = {
		field("orderno", orderno),
		field("amount", amount),
	};

	return ordermq_publish(publisher, fields, 2, result);
}

static int64_t length(struct redis_fixture *redis)
{
	return redis_fixture_integer(redis, "XLEN", "ordermq", NULL);
}

static void an_order_is_published_once(void **state)
{
	struct redis_fixture *redis = *state;
	struct ordermq_publisher *publisher = open_with(NULL, NULL);
	struct ordermq_result first, result;

	assert_int_equal(publish(publisher, "A-1", "5", &first), 0);
	assert_int_equal(first.outcome, ORDERMQ_PUBLISHED);
	assert_string_not_equal(first.id, "");
	assert_int_equal(publish(publisher, "A-1", "5", &result), 0);
	assert_int_equal(result.outcome, ORDERMQ_KNOWN);
	assert_string_equal(result.id, first.id);
	assert_int_equal(publish(publisher, "A-1", "6", &result), -1);
	assert_int_equal(result.outcome, ORDERMQ_OTHER);
	assert_string_equal(result.id, first.id);
	assert_string_equal(ordermq_publish_reason(publisher), "");
	assert_int_equal(publish(publisher, "A-2", "5", NULL), 0);
	assert_int_equal(length(redis), 2);
	ordermq_publish_close(publisher);
	assert_string_equal(ordermq_publish_version(), PACKAGE_VERSION);
}

static void wrong_options_are_told(void **state)
{
	static const char *const wrong[][2] = {
		{ "", "'' is not name=value" },
		{ "once", "'once' is not name=value" },
		{ "=x", "'=x' is not name=value" },
		{ "once=", "option once: '' is no duration" },
		{ "once=7", "option once: '7' is no duration" },
		{ "timeout=-1s", "option timeout: '-1s' is no duration" },
		{ "outbox=", "option outbox: empty or too long" },
		{ "outbox=/nonexistent", "outbox /nonexistent: open: No such" },
		{ "redis.url=http://x", "option redis.url: " },
		{ "redis.nothing=1", "option redis.nothing: no such option" },
		{ "groups=1", "option groups: no such option" },
		{ "log.to=stderr", "option log.to: no such option" },
		{ "stream.key={a}{b}", "option stream.key: " },
		{ "fields.amount.product=a", "no such option" },
		{ "fields.amount.scale=7", "option fields.amount.scale: " },
		{ "fields.amount.scale=x", "'x' is no whole number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const options[] = { wrong[i][0], NULL };
		struct ordermq_publisher *publisher = NULL;
		char reason[200] = "";
		char cut[5] = "....";

		assert_int_equal(ordermq_publish_open(options, &publisher,
						      reason, sizeof(reason)),
				 -1);
		assert_null(publisher);
		if (strstr(reason, wrong[i][1]) == NULL)
			fail_msg("%s: %s", wrong[i][0], reason);
		assert_int_equal(ordermq_publish_open(options, &publisher, cut,
						      sizeof(cut)),
				 -1);
		assert_int_equal(strlen(cut), sizeof(cut) - 1);
		assert_int_equal(
			ordermq_publish_open(options, &publisher, NULL, 0), -1);
	}
	ordermq_publish_close(NULL);
}

/* A value that is too long for an entry, free() it. */
static struct ordermq_field long_field(void)
{
	const size_t bytes = (size_t)300 * 1024;

	return (struct ordermq_field){ "note", calloc(1, bytes), bytes };
}

static void bad_orders_stop_no_others(void **state)
{
	struct redis_fixture *redis = *state;
	struct ordermq_publisher *publisher = open_with(NULL, NULL);
	static struct ordermq_field many[129];
	const struct ordermq_field first[] = { field("orderno", "A-1"),
					       { "note", "\0\xff\xfe", 3 } };
	const struct ordermq_field none[] = { field("userid", "u") };
	const struct ordermq_field control[] = { { "orderno", "A\0", 2 } };
	const struct ordermq_field nameless[] = { { NULL, "x", 1 } };
	const struct ordermq_field valueless[] = { { "orderno", NULL, 1 } };
	const struct ordermq_field empty[] = { { "orderno", NULL, 0 } };
	const struct ordermq_field huge[] = { field("orderno", "A-2"),
					      field("amount",
						    "99999999999999999999") };
	const struct ordermq_field longest[] = { field("orderno", "A-3"),
						 long_field() };
	const struct ordermq_field last[] = { field("orderno", "A-4") };
	const struct ordermq_order orders[] = {
		{ first, 2 },     { none, 1 },  { control, 1 }, { nameless, 1 },
		{ valueless, 1 }, { empty, 1 }, { huge, 2 },    { longest, 2 },
		{ many, 129 },    { NULL, 0 },  { last, 1 },
	};
	const size_t count = sizeof(orders) / sizeof(orders[0]);
	struct ordermq_result results[sizeof(orders) / sizeof(orders[0])];

	for (size_t i = 0; i < 129; i++)
		many[i] = field("f", "v");
	assert_int_equal(
		ordermq_publish_batch(publisher, orders, count, results), -1);
	for (size_t i = 0; i < count; i++) {
		bool is_good = i == 0 || i == count - 1;

		assert_int_equal(results[i].outcome,
				 is_good ? ORDERMQ_PUBLISHED
					 : ORDERMQ_REJECTED);
		assert_int_equal(results[i].reason[0] == '\0', is_good);
		assert_int_equal(results[i].id[0] != '\0', is_good);
	}
	assert_string_equal(results[1].reason, "no orderno");
	assert_int_equal(length(redis), 2);
	free((void *)(uintptr_t)longest[1].value);
	ordermq_publish_close(publisher);
}

#define BATCH 1000

struct batch {
	struct ordermq_order orders[BATCH];
	struct ordermq_field fields[BATCH];
	char numbers[BATCH][24];
	struct ordermq_result results[BATCH];
};

static void batch_make(struct batch *batch, char letter)
{
	for (int i = 0; i < BATCH; i++) {
		(void)snprintf(batch->numbers[i], sizeof(batch->numbers[i]),
			       "%c-%d", letter, i);
		batch->fields[i] = field("orderno", batch->numbers[i]);
		batch->orders[i] =
			(struct ordermq_order){ &batch->fields[i], 1 };
	}
}

static void a_batch_keeps_its_sequence(void **state)
{
	static struct batch batch;
	struct redis_fixture *redis = *state;
	struct ordermq_publisher *publisher = open_with(NULL, NULL);
	const struct reply *entries;

	batch_make(&batch, 'A');
	assert_int_equal(ordermq_publish_batch(publisher, batch.orders, BATCH,
					       batch.results),
			 0);
	entries = redis_fixture_command(redis, "XRANGE", "ordermq", "-", "+",
					NULL);
	assert_int_equal(reply_count(entries), BATCH);
	for (size_t i = 0; i < BATCH; i++) {
		const struct reply *entry = reply_at(entries, i);

		assert_string_equal(reply_text(reply_at(entry, 0)).data,
				    batch.results[i].id);
		assert_string_equal(
			reply_text(reply_at(reply_at(entry, 1), 1)).data,
			batch.numbers[i]);
	}
	assert_int_equal(
		ordermq_publish_batch(publisher, batch.orders, BATCH, NULL), 0);
	assert_int_equal(ordermq_publish_batch(publisher, NULL, 0, NULL), 0);
	assert_int_equal(length(redis), BATCH);
	ordermq_publish_close(publisher);
}

static void redis_may_come_and_go(void **state)
{
	static struct batch batch;
	struct redis_fixture *redis = *state;
	struct ordermq_publisher *publisher = open_with("timeout=100ms", NULL);
	struct ordermq_result result;

	redis_fixture_append_only(redis);
	assert_int_equal(publish(publisher, "A-1", "1", &result), 0);
	redis_fixture_kill(redis);
	/* A write to who is gone raises no signal. */
	assert_int_equal(publish(publisher, "A-2", "1", &result), -1);
	assert_true(result.outcome == ORDERMQ_NOT_SENT ||
		    result.outcome == ORDERMQ_IN_DOUBT);
	assert_string_not_equal(ordermq_publish_reason(publisher), "");
	batch_make(&batch, 'B');
	assert_int_equal(ordermq_publish_batch(publisher, batch.orders, BATCH,
					       batch.results),
			 -1);
	for (size_t i = 0; i < BATCH; i++)
		assert_int_equal(batch.results[i].outcome, ORDERMQ_NOT_SENT);
	redis_fixture_restart(redis);
	assert_int_equal(publish(publisher, "A-1", "1", &result), 0);
	assert_int_equal(result.outcome, ORDERMQ_KNOWN);
	assert_int_equal(publish(publisher, "A-2", "1", &result), 0);
	assert_string_equal(ordermq_publish_reason(publisher), "");
	assert_int_equal(length(redis), 2);
	ordermq_publish_close(publisher);
}

static void what_is_not_answered_is_in_doubt(void **state)
{
	struct redis_fixture *redis = *state;
	const char *const options[] = { url, "timeout=0",
					"redis.reply_timeout=200ms",
					"redis.connect_timeout=200ms", NULL };
	struct ordermq_publisher *publisher;
	struct ordermq_result result;
	pid_t server = redis_fixture_pid(redis);

	assert_int_equal(ordermq_publish_open(options, &publisher, NULL, 0), 0);
	assert_int_equal(publish(publisher, "A-1", "1", &result), 0);
	kill(server, SIGSTOP);
	assert_int_equal(publish(publisher, "A-2", "1", &result), -1);
	kill(server, SIGCONT);
	assert_int_equal(result.outcome, ORDERMQ_IN_DOUBT);
	assert_string_equal(ordermq_publish_reason(publisher),
			    "redis: no answer in time");
	assert_int_equal(publish(publisher, "A-2", "1", &result), 0);
	assert_int_equal(length(redis), 2);
	ordermq_publish_close(publisher);
}

static void what_redis_refuses_is_told(void **state)
{
	struct redis_fixture *redis = *state;
	struct ordermq_publisher *publisher = open_with(NULL, NULL);
	struct ordermq_result result;

	(void)redis_fixture_command(redis, "SET", "ordermq", "x", NULL);
	assert_int_equal(publish(publisher, "A-1", "1", &result), -1);
	assert_int_equal(result.outcome, ORDERMQ_REFUSED);
	assert_non_null(strstr(ordermq_publish_reason(publisher), "WRONGTYPE"));
	(void)redis_fixture_command(redis, "DEL", "ordermq", NULL);
	assert_int_equal(publish(publisher, "A-1", "1", &result), 0);
	ordermq_publish_close(publisher);
}

static void without_once_each_is_a_new_entry(void **state)
{
	struct redis_fixture *redis = *state;
	struct ordermq_publisher *publisher =
		open_with("once=0", "stream.key=shop");

	assert_int_equal(publish(publisher, "A-1", "1", NULL), 0);
	assert_int_equal(publish(publisher, "A-1", "1", NULL), 0);
	assert_int_equal(redis_fixture_integer(redis, "XLEN", "shop", NULL), 2);
	assert_int_equal(redis_fixture_integer(redis, "DBSIZE", NULL), 1);
	ordermq_publish_close(publisher);
}

static void an_outbox_accepts_without_redis(void **state)
{
	struct redis_fixture *redis = *state;
	char option[160], file[160];
	struct ordermq_publisher *publisher;
	struct ordermq_result result;
	struct stat st;

	(void)snprintf(option, sizeof(option), "outbox=%s/outbox",
		       redis_fixture_dir(redis));
	assert_int_equal(mkdir(strchr(option, '/'), 0700), 0);
	redis_fixture_kill(redis);
	publisher = open_with(option, NULL);
	assert_int_equal(publish(publisher, "A-1", "1", &result), 0);
	assert_int_equal(result.outcome, ORDERMQ_ACCEPTED);
	assert_string_equal(result.id, "");
	assert_int_equal(publish(publisher, "A-2", "x", &result), -1);
	assert_int_equal(result.outcome, ORDERMQ_REJECTED);
	ordermq_publish_close(publisher);
	(void)snprintf(file, sizeof(file), "%.100s/00000000000000000001.orders",
		       strchr(option, '/'));
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size > 0);
}

static void *publish_all(void *data)
{
	struct batch *batch = data;
	struct ordermq_publisher *publisher = open_with(NULL, NULL);
	intptr_t ret = 0;

	for (int i = 0; i < BATCH && ret == 0; i += 50)
		ret = ordermq_publish_batch(publisher, batch->orders + i, 50,
					    batch->results + i);
	ordermq_publish_close(publisher);
	return (void *)ret;
}

static void threads_do_not_meet(void **state)
{
	static struct batch batches[4];
	struct redis_fixture *redis = *state;
	pthread_t threads[4];
	void *ret;

	for (int i = 0; i < 4; i++) {
		/* Two and two publish the same orders. */
		batch_make(&batches[i], (char)('A' + i / 2));
		assert_int_equal(pthread_create(&threads[i], NULL, publish_all,
						&batches[i]),
				 0);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &ret), 0);
		assert_null(ret);
	}
	assert_int_equal(length(redis), 2 * BATCH);
	for (int i = 0; i < BATCH; i++) {
		assert_string_equal(batches[0].results[i].id,
				    batches[1].results[i].id);
		assert_string_equal(batches[2].results[i].id,
				    batches[3].results[i].id);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_is_published_once),
		TEST(wrong_options_are_told),
		TEST(bad_orders_stop_no_others),
		TEST(a_batch_keeps_its_sequence),
		TEST(redis_may_come_and_go),
		TEST(what_is_not_answered_is_in_doubt),
		TEST(what_redis_refuses_is_told),
		TEST(without_once_each_is_a_new_entry),
		TEST(an_outbox_accepts_without_redis),
		TEST(threads_do_not_meet),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
