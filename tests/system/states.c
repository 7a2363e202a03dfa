/* The states that a server, or the way to it, can be in: each is made on a real
   server. A client must read the error right, and a worker must say once that
   something is wrong and once that it is over, try again at its pace meanwhile,
   and then go on. */

#include "config.h"

#include "tests/system/states.h"

#include "tests/fixtures/ctl_fixture.h"
#include "tests/fixtures/proxy_fixture.h"

#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* How long a state lasts, so that several attempts fall into it: pauses are at
   most 200 ms. */
#define HOLD_MSECS 500

/* Of that, a worker may use this much of the processor. */
#define SPIN_MSECS 200

#define ORDERS 50

static const struct row *row; /* of this test */

const char *state_line(const struct shop *shop, const char *const *words)
{
	struct text texts[16];
	size_t count = 0;

	for (; words[count] != NULL; count++)
		texts[count] = text_of(words[count]);
	return reply_text(redis_fixture_call(shop->redis, texts, count)).data;
}

/* How a new connection is refused. */
static const char *connect_line(const struct shop *shop, struct err *err)
{
	struct settings settings;
	struct redis *redis;

	redis_fixture_settings(shop->redis, &settings);
	if (redis_open(&settings.redis, -1, &redis, err) == 0) {
		redis_close(&redis);
		return "";
	}
	return err->text;
}

struct question {
	const struct shop *shop;
	const char *line; /* from the word on */
	struct err err;
};

static bool is_answered(void *data)
{
	struct question *question = data;
	const char *const *ask = row->ask;
	const char *line =
		ask[0] == NULL ? connect_line(question->shop, &question->err)
			       : state_line(question->shop, ask);

	for (size_t i = 0; i < 2 && row->words[i] != NULL; i++) {
		size_t length = strlen(row->words[i]);

		question->line = strstr(line, row->words[i]);
		if (question->line != NULL && question->line[length] == ' ')
			return true;
	}
	return false;
}

static void client_check(const struct shop *shop)
{
	struct question question = { .shop = shop };

	if (row->words[0] == NULL)
		return;
	until(is_answered, &question, row->words[0]);
	print_message("# %.60s\n", question.line);
	assert_int_equal(redis_error_class(text_of(question.line)), row->class);
}

/* Lines that tell of trouble. */
static size_t trouble_lines(void)
{
	return worker_said(&state_worker, ": connecting again") +
	       worker_said(&state_worker, ": waiting") +
	       worker_said(&state_worker, ": needs an operator");
}

static bool is_said(void *data)
{
	(void)data;
	return trouble_lines() > 0 &&
	       (row->said[0] == '\0' ||
		worker_said(&state_worker, row->said) > 0);
}

static bool is_well(void *data)
{
	(void)data;
	return worker_said(&state_worker, "redis is well again") > 0;
}

/* While it lasts, the worker tries again and again, and says so once. */
static void worker_check(void)
{
	int64_t before = worker_cpu_msecs(&state_worker);

	if (row->said != NULL)
		until(is_said, NULL, "the worker tells of it");
	(void)poll(NULL, 0, HOLD_MSECS);
	assert_true(worker_is_alive(&state_worker));
	assert_true(worker_cpu_msecs(&state_worker) - before < SPIN_MSECS);
	if (row->said == NULL)
		assert_int_equal(trouble_lines(), 0);
	else
		assert_in_range(trouble_lines(), 1, row->lines);
}

static void a_state_is_told_once_and_survived(void **state)
{
	struct shop *shop = *state;

	shop_orders(shop, 1, ORDERS);
	shop_await_done(shop, "points");
	row->begin(shop);
	client_check(shop);
	worker_check();
	row->end(shop);
	if (row->said != NULL)
		until(is_well, NULL, "the worker is well again");
	shop_orders(shop, ORDERS + 1, ORDERS);
	shop_await_done(shop, "points");
	shop_check_points(shop, 2 * ORDERS);
	if (row->said != NULL)
		assert_in_range(trouble_lines(), 1, row->lines);
	assert_int_equal(worker_said(&state_worker, "redis is well again"),
			 row->said != NULL);
	assert_true(worker_is_alive(&state_worker));
	ctl_check_books(shop);
}

/* The worker comes by TCP, through the proxy. */
static int state_open(void **state)
{
	struct shop *shop;

	row = *state;
	if (shop_open(state) < 0)
		return -1;
	shop = *state;
	if (state_needs_file(row))
		redis_fixture_append_only(shop->redis);
	state_proxy = proxy_start(redis_fixture_socket(shop->redis));
	shop->url = proxy_url(state_proxy);
	shop_configure(shop,
		       "reply_timeout = \"500ms\"; "
		       "connect_timeout = \"500ms\"; "
		       "alarm_retry = \"100ms\";",
		       "batch = 4;", "");
	worker_start(&state_worker, shop, "points", 1, "web1");
	worker_await(&state_worker, "ready");
	return 0;
}

static int state_close(void **state)
{
	proxy_stop(&state_proxy);
	redis_close(&state_other);
	return shop_close(state);
}

int main(void)
{
	struct CMUnitTest tests[STATE_COUNT];

	for (size_t i = 0; i < STATE_COUNT; i++)
		tests[i] = (struct CMUnitTest){
			.name = state_rows[i].name,
			.test_func = a_state_is_told_once_and_survived,
			.setup_func = state_open,
			.teardown_func = state_close,
			.initial_state = (void *)(uintptr_t)&state_rows[i],
		};
	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
