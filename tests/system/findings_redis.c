/* What may be wrong with the stream, with Redis and with instances comes and
   goes, and is seen wherever it is shown. */

#include "config.h"

#include "tests/fixtures/findings_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define command(...)                                                           \
	((void)redis_fixture_command(findings_shop->redis, __VA_ARGS__, NULL))

static char last_id[64];

static void note_last_id(void)
{
	const struct reply *info = redis_fixture_command(
		findings_shop->redis, "XINFO", "STREAM", "ordermq", NULL);

	(void)snprintf(last_id, sizeof(last_id), "%s",
		       reply_text(reply_field(info, "last-generated-id")).data);
}

static const char *secs_ago(int64_t secs)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64,
		       (int64_t)time(NULL) - secs);
	return text;
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

static void ids_of_another_clock_are_no_ages(void **state)
{
	static const struct finding_wanted ids = { "ids-of-another-clock", "",
						   "warning", NULL, NULL };
	char id[64];

	findings_begin(state, "");
	shop_orders(findings_shop, 1, 3);
	shop_await_done(findings_shop, "points");
	shop_await_done(findings_shop, "push");
	findings_hold((char[]){ "points" });
	findings_hold((char[]){ "push" });
	note_last_id();
	(void)snprintf(id, sizeof(id), "%s000-0", secs_ago(-3600));
	command("XADD", "ordermq", id, "orderno", "F-1");
	findings_await(findings_told, &ids);
	findings_shown(&ids, 1);
	(void)ctl_run_on(findings_shop, "check",
			 "--ignore=held,ids-of-another-clock", NULL);
	/* Unknown is not 0. */
	findings_has(ctl.out, "points behind for nobody knows how long, by 1 "
			      "entries");
	/* Not by XDEL: Redis 8 sets no id below that of an entry that was
	   deleted so. */
	command("XTRIM", "ordermq", "MAXLEN", "0");
	command("XSETID", "ordermq", last_id);
	findings_await(findings_over, &ids);
	findings_end();
	findings_logged(&ids, 1);
}

static void a_sender_that_fell_silent_is_told(void **state)
{
	static const struct finding_wanted silent = { "silent-sender", "",
						      "critical", NULL, NULL };

	findings_begin(state, "silence = \"3s\";");
	shop_orders(findings_shop, 1, 1);
	findings_await(findings_told, &silent);
	findings_shown(&silent, 1);
	shop_orders(findings_shop, 2, 1);
	findings_await(findings_over, &silent);
	findings_end();
	findings_logged(&silent, 1);
}

static void a_stream_that_was_left_behind_is_told(void **state)
{
	static const struct finding_wanted left = { "left-stream", "",
						    "critical", NULL, NULL };

	findings_begin(state, "");
	findings_hold((char[]){ "points" });
	findings_hold((char[]){ "push" });
	shop_orders(findings_shop, 1, 50);
	findings_configure("key = \"orders2\";");
	findings_run("reload", NULL, NULL);
	findings_await(findings_told, &left);
	findings_has(ctl.out, "50 entries are not delivered to points or not "
			      "settled in ordermq,");
	findings_shown(&left, 1);
	command("DEL", "ordermq");
	findings_await(findings_over, &left);
	findings_end();
	findings_logged(&left, 1);
}

static void a_redis_that_is_full_or_was_emptied_is_told(void **state)
{
	static const struct finding_wanted full = { "redis-full", "",
						    "critical", NULL, NULL };
	static const struct finding_wanted emptied = { "redis-emptied", "",
						       "critical", NULL, NULL };

	findings_begin(state, "");
	shop_orders(findings_shop, 1, 20);
	shop_await_done(findings_shop, "points");
	shop_await_done(findings_shop, "push");
	command("CONFIG", "SET", "maxmemory", "512kb");
	findings_await(findings_told, &full);
	findings_shown(&full, 1);
	(void)ctl_run_on(findings_shop, "doctor", NULL);
	findings_has(ctl.out, "FAIL  memory: full: maxmemory 512KiB is "
			      "reached");
	command("CONFIG", "SET", "maxmemory", "0");
	findings_await(findings_over, &full);
	command("FLUSHALL");
	findings_await(findings_told, &emptied);
	findings_shown(&emptied, 1);
	/* As much as there was. */
	shop_orders(findings_shop, 1, 20);
	findings_await(findings_over, &emptied);
	findings_end();
	findings_logged(&full, 1);
	findings_logged(&emptied, 1);
}

static void an_instance_that_cannot_work_is_told_with_the_reason(void **state)
{
	static const struct finding_wanted refused = { "degraded", "points",
						       "critical", NULL, NULL };
	const json_t *finding;

	findings_begin(state, "");
	command("SET", "{ordermq}:points:books", "of another type");
	shop_orders(findings_shop, 1, 3);
	findings_await(findings_told, &refused);
	finding = findings_record("degraded", "points");
	assert_string_equal(findings_member(finding, "instance"), "points-1");
	findings_has(findings_member(finding, "text"),
		     "1 of 1 instances cannot work: points-1 is degraded: ");
	findings_has(findings_member(finding, "text"), "WRONGTYPE");
	findings_shown(&refused, 1);
	command("DEL", "{ordermq}:points:books");
	findings_await(findings_over, &refused);
	findings_end();
	findings_logged(&refused, 1);
}

static void without_ordermqd_ordermqctl_looks_itself(void **state)
{
	static const struct finding_wanted strangers = { "strangers", "points",
							 "critical", NULL,
							 NULL };

	findings_begin(state, "");
	stray();
	findings_end();
	assert_true(findings_told((void *)&strangers));
	assert_int_equal(ctl_run_on(findings_shop, "check", NULL), 2);
	findings_has(ctl.out, "strangers points: 1 consumers ");
	(void)ctl_run_on(findings_shop, "doctor", NULL);
	findings_has(ctl.out, "FAIL  group points: strangers: 1 consumers ");
	(void)ctl_run_on(findings_shop, "doctor", "--json", NULL);
	assert_non_null(findings_record("strangers", "points"));
	assert_int_equal(
		ctl_run_on(findings_shop, "status", "push", "--json", NULL),
		69);
	assert_null(findings_record("strangers", "points"));
}

/* Wait for a datagram with that text in it. */
static void await_datagram(int fd, const char *text)
{
	char buf[2048] = "";

	do {
		ssize_t got = recv(fd, buf, sizeof(buf) - 1, 0);

		buf[got < 0 ? 0 : got] = '\0';
		if (got < 0)
			fail_msg("no '%s'", text);
	} while (strstr(buf, text) == NULL);
}

/* A socket in the place of systemd's. */
static int socket_of_systemd(const struct shop *shop)
{
	const struct timeval patience = { .tv_sec = 20 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.64s/notify",
		       shop->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", addr.sun_path, 1), 0);
	return fd;
}

static void the_units_status_counts_those_that_can_work(void **state)
{
	int fd = socket_of_systemd(*state);

	redis_fixture_append_only(((struct shop *)*state)->redis);
	findings_begin(state, "");
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	await_datagram(fd, "STATUS=points 1/1, lag 0; push 1/1, lag 0");
	redis_fixture_kill(findings_shop->redis);
	await_datagram(fd, "STATUS=points 0/1, ");
	await_datagram(fd, " findings: degraded, degraded");
	redis_fixture_restart(findings_shop->redis);
	await_datagram(fd, "STATUS=points 1/1, lag 0; push 1/1, lag 0");
	findings_end();
	(void)close(fd);
}

#define in_shop(name)                                                          \
	cmocka_unit_test_setup_teardown(name, shop_open, ctl_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_shop(ids_of_another_clock_are_no_ages),
		in_shop(a_sender_that_fell_silent_is_told),
		in_shop(a_stream_that_was_left_behind_is_told),
		in_shop(a_redis_that_is_full_or_was_emptied_is_told),
		in_shop(an_instance_that_cannot_work_is_told_with_the_reason),
		in_shop(the_units_status_counts_those_that_can_work),
		in_shop(without_ordermqd_ordermqctl_looks_itself),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("findings_redis", tests, NULL, NULL);
}
