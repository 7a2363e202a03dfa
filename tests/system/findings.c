/* What may be wrong with groups and entries comes and goes, and is seen in
   status, check, --json, the events and the log. */

#include "config.h"

#include "tests/fixtures/findings_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define command(...)                                                           \
	((void)redis_fixture_command(findings_shop->redis, __VA_ARGS__, NULL))

static void die(void)
{
	for (int i = 0; i < 12; i++)
		(void)shop_publish(findings_shop, "orderno", "D-1", "userid",
				   "7", "amount", "12.x", NULL);
}

static void drop(void)
{
	assert_int_equal(
		ctl_run_on(findings_shop, "dead", "drop", "ALL", "ALL", NULL),
		0);
}

static void rest(void)
{
	findings_run("pause", "push", "--reason=the gateway moves");
}

static void resume(void)
{
	findings_run("resume", "push", NULL);
}

static void hold(void)
{
	findings_hold((char[]){ "push" });
}

static void unhold(void)
{
	findings_run("unhold", "push", NULL);
}

/* In one step, so that no instance can be quicker. */
static void stray(void)
{
	command("EVAL",
		"redis.call('XADD', KEYS[1], '*', 'orderno', 'B-1') return "
		"redis.call('XREADGROUP', 'GROUP', 'points', 'billing', "
		"'STREAMS', KEYS[1], '>')",
		"1", "ordermq");
}

static void expel(void)
{
	command("XGROUP", "DELCONSUMER", "ordermq", "points", "billing");
}

static void forget(void)
{
	command("XGROUP", "CREATE", "ordermq", "forgotten", "0");
}

static void destroy(void)
{
	command("XGROUP", "DESTROY", "ordermq", "forgotten");
}

static void unfile(void)
{
	command("CONFIG", "SET", "appendonly", "no");
}

static void file(void)
{
	command("CONFIG", "SET", "appendonly", "yes");
}

static char last_id[64];

static void note_last_id(void)
{
	const struct reply *info = redis_fixture_command(
		findings_shop->redis, "XINFO", "STREAM", "ordermq", NULL);

	(void)snprintf(last_id, sizeof(last_id), "%s",
		       reply_text(reply_field(info, "last-generated-id")).data);
}

static void jump(void)
{
	note_last_id();
	command("XGROUP", "SETID", "ordermq", "push", "9999999999999-0");
}

static void jump_back(void)
{
	command("XGROUP", "SETID", "ordermq", "push", last_id);
}

static const char *secs_ago(int64_t secs)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64,
		       (int64_t)time(NULL) - secs);
	return text;
}

static void begin_late(void)
{
	command("HSET", "{ordermq}:points:start", "time", secs_ago(7200));
	command("HSET", "{ordermq}:push:start", "time", secs_ago(60));
}

static void begin_early(void)
{
	command("HSET", "{ordermq}:push:start", "time", secs_ago(7200));
}

static void ship(void)
{
	for (int i = 0; i < 50; i++)
		(void)shop_publish(findings_shop, "orderno", "S-1", "type",
				   "shipped", NULL);
}

static void pay(void)
{
	shop_orders(findings_shop, 1, 200);
}

/* It failed a minute ago, with an instance that is not there any more. */
static void fail_once(void)
{
	static char id[64];
	char row[128];
	const struct reply *read;

	(void)snprintf(id, sizeof(id), "%s",
		       shop_publish(findings_shop, "orderno", "W-1", NULL));
	read = redis_fixture_command(findings_shop->redis, "XCLAIM", "ordermq",
				     "push", "push-9@test", "0", id, "FORCE",
				     "JUSTID", NULL);
	assert_int_equal(reply_count(read), 1);
	(void)snprintf(row, sizeof(row),
		       "3\t0\t0\t%s000\t1\t503 from the gateway", secs_ago(60));
	command("HSET", "{ordermq}:push:tries", id, row);
	(void)snprintf(last_id, sizeof(last_id), "%s", id);
}

static void succeed(void)
{
	command("XACK", "ordermq", "push", last_id);
	command("HDEL", "{ordermq}:push:tries", last_id);
}

static void what_operators_and_strangers_do_is_told(void **state)
{
	static const struct finding_wanted rows[] = {
		{ "paused", "push", "warning", rest, resume },
		{ "held", "push", "warning", hold, unhold },
		{ "beyond-end", "push", "critical", jump, jump_back },
		{ "strangers", "points", "critical", stray, expel },
		{ "nobody-reads", "forgotten", "warning", forget, destroy },
		{ "redis-not-durable", "", "warning", unfile, file },
		{ "new-group", "push", "warning", begin_late, begin_early },
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);

	findings_shop = *state;
	command("XADD", "ordermq", "1500000000000-0", "orderno", "A-0");
	findings_begin(state, "");
	findings_come_and_go(rows, count);
	findings_end();
	findings_logged(rows, count);
	findings_has(findings_daemon.err,
		     "finding strangers: points: 1 consumers that "
		     "are not of ordermq read in it: billing");
	findings_has(findings_daemon.err, "finding paused: push: paused by ");
}

static void what_becomes_of_entries_is_told(void **state)
{
	static const struct finding_wanted rows[] = {
		{ "dead-letters", "points", "critical", die, drop },
		{ "unknown-types", "points", "warning", ship, pay },
	};
	static const struct finding_wanted waiting = { "waiting", "push",
						       "warning", NULL, NULL };
	const size_t count = sizeof(rows) / sizeof(rows[0]);

	findings_begin(state, "");
	die();
	findings_await(findings_told, &rows[0]);
	findings_has(ctl.out,
		     "\"number\":12,\"text\":\"12 entries became dead letters "
		     "in the last hour, 100 %% of what was settled; 12 lie "
		     "there\"");
	assert_int_equal(ctl_run_on(findings_shop, "check", NULL), 2);
	findings_has(ctl.out,
		     "dead-letters points: 12 entries became dead letters");
	findings_has(ctl.out, " | dead=24;;;0 lost=0;;;0 dropped=0;;;0 ");
	/* By its number alone, or not at all. */
	assert_int_equal(ctl_run_on(findings_shop, "check", "--warn-dead=12",
				    "--crit-dead=13", NULL),
			 1);
	assert_int_equal(
		ctl_run_on(findings_shop, "check", "--warn-dead=13", NULL), 0);
	assert_int_equal(
		ctl_run_on(findings_shop, "check", "--crit-dead=12", NULL), 2);
	assert_int_equal(ctl_run_on(findings_shop, "check",
				    "--ignore=dead-letters,clock", NULL),
			 0);
	assert_int_equal(
		ctl_run_on(findings_shop, "check", "--ignore=nothing", NULL),
		64);
	drop();
	findings_await(findings_over, &rows[0]);
	ship();
	findings_await(findings_told, &rows[1]);
	findings_shown(&rows[1], 1);
	pay();
	findings_await(findings_over, &rows[1]);
	findings_hold((char[]){ "push" });
	fail_once();
	findings_await(findings_told, &waiting);
	findings_has(ctl.out, ": 503 from the gateway");
	findings_shown(&waiting, 1);
	succeed();
	findings_await(findings_over, &waiting);
	findings_end();
	findings_logged(rows, count);
	findings_logged(&waiting, 1);
}

static void what_was_removed_is_told_until_it_is_accepted(void **state)
{
	static const struct finding_wanted dropped = { "dropped", "points",
						       "critical", NULL, NULL };
	static const struct finding_wanted lost = { "lost", "points",
						    "critical", NULL, NULL };

	findings_begin(state, "");
	findings_hold((char[]){ "points" });
	shop_orders(findings_shop, 1, 20);
	shop_await_done(findings_shop, "push");
	command("XTRIM", "ordermq", "MAXLEN", "13");
	findings_await(findings_told, &dropped);
	findings_has(ctl.out, "\"number\":7,");
	findings_shown(&dropped, 1);
	command("HSET", "{ordermq}:points:accepted", "dropped", "7");
	findings_await(findings_over, &dropped);
	/* Read by an instance that dies, and removed then. */
	command("XREADGROUP", "GROUP", "points", "points-9@test", "COUNT", "3",
		"STREAMS", "ordermq", ">");
	command("HSET", "{ordermq}:points:owners", "points-9@test", "- 1 0 -");
	command("XTRIM", "ordermq", "MAXLEN", "10");
	findings_run("unhold", "points", NULL);
	findings_await(findings_told, &lost);
	findings_has(ctl.out, "\"number\":3,");
	findings_shown(&lost, 1);
	command("HSET", "{ordermq}:points:accepted", "lost", "3");
	findings_await(findings_over, &lost);
	findings_end();
	findings_logged(&dropped, 1);
	findings_logged(&lost, 1);
}

#define in_shop(name)                                                          \
	cmocka_unit_test_setup_teardown(name, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(what_operators_and_strangers_do_is_told),
		in_shop(what_becomes_of_entries_is_told),
		in_shop(what_was_removed_is_told_until_it_is_accepted),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
