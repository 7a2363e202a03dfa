#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DEAD "{ordermq}:dead"
#define REPLAY "{ordermq}:trial:replay"

static const char replay_lua[] =
#include "lib/scripts/dead_letter.inc"
#include "lib/scripts/index.inc"
#include "lib/scripts/come_back.inc"
#include "lib/scripts/replay.inc"
	;

static struct worker one, two, push;

static int64_t length(const struct shop *shop, const char *key)
{
	return redis_fixture_integer(shop->redis, "XLEN", key, NULL);
}

static int64_t book(const struct shop *shop, const char *name)
{
	return shop_number(shop, "trial", "books", name);
}

static bool is_dead(void *data)
{
	return length(data, DEAD) > 0;
}

static bool nothing_comes_back(void *data)
{
	return length(data, REPLAY) == 0;
}

/* A field of the first dead letter, or its id for NULL; until the next call. */
static const char *letter(const struct shop *shop, const char *name)
{
	static char text[256];
	const struct reply *letters = redis_fixture_command(
		shop->redis, "XRANGE", DEAD, "-", "+", NULL);
	const struct reply *first = reply_at(letters, 0);
	const struct reply *value =
		name == NULL ? reply_at(first, 0)
			     : reply_field(reply_at(first, 1), name);

	(void)snprintf(text, sizeof(text), "%s", reply_text(value).data);
	return text;
}

/* Replay the dead letter of that id; true when there was one. */
static bool replay(const struct shop *shop, const char *id)
{
	const struct reply *reply = redis_fixture_command(
		shop->redis, "EVAL", replay_lua, "4", DEAD, REPLAY,
		"{ordermq}:trial:books", "ordermq", "trial", id, NULL);

	return reply_text(reply).length > 0;
}

static const char *act(const struct shop *shop, const char *what)
{
	return shop_publish(shop, "orderno", "R-1", "amount", "100", "act",
			    what, NULL);
}

static void what_was_mended_comes_back_and_is_done(void **state)
{
	struct shop *shop = *state;

	(void)act(shop, "mended");
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "it is dead-lettered");
	assert_true(replay(shop, letter(shop, NULL)));
	assert_int_equal(length(shop, DEAD), 0);
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "applied"), 1);
	assert_int_equal(book(shop, "rejected"), 1);
	assert_int_equal(book(shop, "replayed"), 1);
	assert_int_equal(length(shop, DEAD), 0);
}

static void it_comes_back_to_its_own_group_only(void **state)
{
	struct shop *shop = *state;

	worker_start(&push, shop, "push", 1, "web1");
	(void)act(shop, "mended");
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "it is dead-lettered");
	shop_await_done(shop, "push");
	assert_true(replay(shop, letter(shop, NULL)));
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(shop_number(shop, "push", "books", "applied"), 1);
	assert_int_equal(length(shop, "ordermq"), 1);
}

static void what_came_back_is_read_though_its_group_vanished(void **state)
{
	struct shop *shop = *state;

	worker_start(&one, shop, "trial", 1, "web1");
	worker_await(&one, "ready");
	(void)redis_fixture_command(shop->redis, "XADD", REPLAY, "*", "id",
				    "1-1", "fields", "1", "orderno", "R-1",
				    NULL);
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "applied"), 1);
}

static bool some_are_done(void *data)
{
	return book(data, "applied") > 0;
}

/* What kills the worker is the newest, and still comes before the rest of what
   came back. */
static void what_comes_back_does_not_hold_up_new_orders(void **state)
{
	struct shop *shop = *state;

	shop_configure(shop, "", "batch = 1;", "");
	worker_start(&one, shop, "trial", 1, "web1");
	(void)redis_fixture_command(
		shop->redis, "EVAL",
		"redis.call('XGROUP', 'CREATE', KEYS[1], 'trial', '0', "
		"'MKSTREAM') for n = 1, 20000 do redis.call('XADD', KEYS[1], "
		"'*', 'id', "
		"'1-' .. n, 'fields', '1', 'orderno', 'R-' .. n) end",
		"1", REPLAY, NULL);
	until(some_are_done, shop, "what came back is read");
	(void)act(shop, "kill");
	assert_int_equal(worker_wait(&one), -SIGKILL);
	assert_true(length(shop, REPLAY) > 0);
}

static void a_letter_comes_back_once_however_often_it_is_asked_for(void **state)
{
	struct shop *shop = *state;
	char id[64];

	(void)act(shop, "mended");
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "it is dead-lettered");
	(void)strcpy(id, letter(shop, NULL));
	assert_true(replay(shop, id));
	assert_false(replay(shop, id));
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "applied"), 1);
}

static void what_fails_again_is_dead_again_with_its_first_id(void **state)
{
	struct shop *shop = *state;
	char first[64];

	(void)strcpy(first, act(shop, "fail"));
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "it is dead-lettered");
	assert_true(replay(shop, letter(shop, NULL)));
	until(is_dead, shop, "it is dead-lettered again");
	until(nothing_comes_back, shop, "what came back is settled");
	assert_string_equal(letter(shop, "id"), first);
	assert_string_equal(letter(shop, "replays"), "1");
	assert_string_equal(letter(shop, "attempts"), "5");
	assert_string_equal(letter(shop, "orderno"), "R-1");
	assert_string_equal(letter(shop, "act"), "fail");
	assert_int_equal(redis_fixture_integer(shop->redis, "HLEN",
					       "{ordermq}:trial:tries", NULL),
			 0);
}

static void the_original_may_be_trimmed_away(void **state)
{
	struct shop *shop = *state;

	(void)act(shop, "mended");
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "it is dead-lettered");
	(void)redis_fixture_command(shop->redis, "XTRIM", "ordermq", "MAXLEN",
				    "0", NULL);
	assert_true(replay(shop, letter(shop, NULL)));
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "applied"), 1);
}

static void a_successor_finishes_what_came_back(void **state)
{
	struct shop *shop = *state;

	(void)act(shop, "mended");
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "it is dead-lettered");
	worker_kill(&one);
	assert_true(replay(shop, letter(shop, NULL)));
	/* Read by the instance that died, and by nobody since. */
	(void)redis_fixture_command(shop->redis, "XREADGROUP", "GROUP", "trial",
				    "trial-1@web1", "STREAMS", REPLAY, ">",
				    NULL);
	worker_start(&one, shop, "trial", 1, "web1");
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "applied"), 1);
}

static void another_host_takes_over_what_came_back(void **state)
{
	struct shop *shop = *state;

	(void)act(shop, "mended");
	worker_start(&one, shop, "trial", 1, "web1");
	until(is_dead, shop, "it is dead-lettered");
	worker_kill(&one);
	assert_true(replay(shop, letter(shop, NULL)));
	(void)redis_fixture_command(shop->redis, "XREADGROUP", "GROUP", "trial",
				    "trial-1@web1", "STREAMS", REPLAY, ">",
				    NULL);
	shop_move(shop);
	worker_start(&two, shop, "trial", 1, "web2");
	until(nothing_comes_back, shop, "what came back is settled");
	assert_int_equal(book(shop, "applied"), 1);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_was_mended_comes_back_and_is_done),
		in_shop(it_comes_back_to_its_own_group_only),
		in_shop(what_came_back_is_read_though_its_group_vanished),
		in_shop(what_comes_back_does_not_hold_up_new_orders),
		in_shop(a_letter_comes_back_once_however_often_it_is_asked_for),
		in_shop(what_fails_again_is_dead_again_with_its_first_id),
		in_shop(the_original_may_be_trimmed_away),
		in_shop(a_successor_finishes_what_came_back),
		in_shop(another_host_takes_over_what_came_back),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
