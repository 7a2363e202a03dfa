#include "config.h"

#include "tests/fixtures/redis_fixture.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PASSWORD REDIS_FIXTURE_SECRET "-word"

/* Long enough never to be over by chance. */
#define LONG_MSECS 60000

static struct redis_fixture *fixture;
static struct settings settings;
static struct arena *arena;
static struct redis *redis;
static struct err err;
static pid_t fake_pid;

static int begin(void **state)
{
	(void)state;
	(void)redis_fixture_command(fixture, "FLUSHALL", NULL);
	redis_fixture_settings(fixture, &settings);
	settings.redis.reply_timeout_msecs = LONG_MSECS;
	arena_reset(arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	redis_close(&redis);
	if (fake_pid > 0) {
		(void)kill(fake_pid, SIGKILL);
		(void)waitpid(fake_pid, NULL, 0);
	}
	fake_pid = 0;
	return 0;
}

static int connect_with(int wake_fd)
{
	return redis_open(&settings.redis, wake_fd, &redis, &err);
}

static void is_refused(enum err_class class, const char *text)
{
	redis_fixture_refuses(&settings, class, text);
}

static void write_password(const char *password, mode_t mode)
{
	redis_fixture_password(fixture, password, mode, &settings);
}

static const struct reply *call(const char *a, const char *b, const char *c,
				int64_t extra_msecs)
{
	const char *words[] = { a, b, c };
	struct text texts[3];
	size_t count = 0;

	for (; count < 3 && words[count] != NULL; count++)
		texts[count] = text_of(words[count]);
	return redis_call(redis, arena, texts, count, extra_msecs, &err);
}

/* A server of our own that answers the first command with first, and the next
   one with bytes; one by one when slow. It ends with the connection. */
static void fake_serve(int listener, const char *first, const char *bytes,
		       size_t length, bool slow)
{
	char buf[4096];
	int fd = accept(listener, NULL, NULL);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
		_exit(1);
	(void)!write(fd, first, strlen(first));
	if (read(fd, buf, sizeof(buf)) <= 0)
		_exit(1);
	for (size_t i = 0; i < length; i += slow ? 1 : length) {
		(void)!write(fd, bytes + i, slow ? 1 : length);
		if (slow)
			(void)poll(NULL, 0, 1);
	}
	(void)!read(fd, buf, sizeof(buf));
	_exit(0);
}

static void fake_listen(const char *first, const char *bytes, size_t length,
			bool slow)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/fake.sock",
		       redis_fixture_dir(fixture));
	(void)snprintf(settings.redis.url, sizeof(settings.redis.url),
		       "unix://%s", addr.sun_path);
	(void)unlink(addr.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 4), 0);
	fake_pid = fork();
	if (fake_pid == 0)
		fake_serve(fd, first, bytes, length, slow);
	(void)close(fd);
}

static void fake_start(const char *bytes, size_t length, bool slow)
{
	fake_listen("+PONG\r\n", bytes, length, slow);
	assert_int_equal(connect_with(-1), 0);
}

static void a_server_that_is_there_answers(void **state)
{
	const struct reply *reply;

	(void)state;
	assert_int_equal(connect_with(-1), 0);
	reply = call("ECHO", "a", NULL, 0);
	assert_non_null(reply);
	assert_true(text_is(reply_text(reply), "a"));
	assert_true(redis_is_open(redis));
}

static void a_server_that_is_down_is_told_with_its_address(void **state)
{
	(void)state;
	(void)strcpy(settings.redis.url, "unix:///nowhere/redis.sock");
	is_refused(ERR_RETRY, "unix:///nowhere/redis.sock");
	is_refused(ERR_RETRY, "No such file or directory");
	/* The discard port: nobody listens there. */
	(void)strcpy(settings.redis.url, "redis://127.0.0.1:9");
	is_refused(ERR_RETRY, "Connection refused");
}

static void a_server_that_says_nothing_is_not_there(void **state)
{
	(void)state;
	settings.redis.reply_timeout_msecs = 100;
	assert_int_equal(kill(redis_fixture_pid(fixture), SIGSTOP), 0);
	is_refused(ERR_RETRY, "no answer in time");
	assert_int_equal(kill(redis_fixture_pid(fixture), SIGCONT), 0);
}

static void a_database_is_selected(void **state)
{
	(void)state;
	(void)strncat(settings.redis.url, "?db=3",
		      sizeof(settings.redis.url) - strlen(settings.redis.url) -
			      1);
	assert_int_equal(connect_with(-1), 0);
	assert_non_null(call("SET", "k", "v", 0));
	assert_int_equal(redis_fixture_integer(fixture, "EXISTS", "k", NULL),
			 0);
	redis_close(&redis);
	(void)strcpy(strchr(settings.redis.url, '?'), "?db=999");
	is_refused(ERR_RETRY, "SELECT");
}

/* A server may repeat in its error what it was sent. */
static void an_error_that_repeats_the_password_is_not_shown(void **state)
{
	static const char *const line =
		"-ERR unknown command 'AUTH', with args beginning with: "
		"'" PASSWORD "' \r\n";

	(void)state;
	write_password(PASSWORD, 0600);
	fake_listen(line, "", 0, false);
	is_refused(ERR_RETRY, "AUTH: ERR");
}

static void a_wake_descriptor_ends_every_wait_at_once(void **state)
{
	int64_t start = clock_msecs();
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(connect_with(fds[0]), 0);
	if (fork() == 0) {
		(void)poll(NULL, 0, 50);
		(void)!write(fds[1], "x", 1);
		_exit(0);
	}
	assert_null(call("BLPOP", "nothing", "0", LONG_MSECS));
	assert_non_null(strstr(err.text, "interrupted"));
	assert_int_equal(err.class, ERR_RETRY);
	assert_false(redis_is_open(redis));
	assert_true(clock_msecs() - start < LONG_MSECS / 2);
	(void)wait(NULL);
	redis_close(&redis);
	/* Connecting is a wait, too. */
	assert_int_equal(kill(redis_fixture_pid(fixture), SIGSTOP), 0);
	assert_int_equal(connect_with(fds[0]), -1);
	assert_int_equal(kill(redis_fixture_pid(fixture), SIGCONT), 0);
	assert_non_null(strstr(err.text, "interrupted"));
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void a_blocked_command_has_a_deadline_of_our_own(void **state)
{
	(void)state;
	settings.redis.reply_timeout_msecs = 100;
	assert_int_equal(connect_with(-1), 0);
	assert_null(call("BLPOP", "nothing", "0", 100));
	assert_non_null(strstr(err.text, "no answer in time"));
}

static void a_reply_over_max_reply_is_told_as_such(void **state)
{
	static char value[3 * 1024 * 1024];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	settings.redis.max_reply_bytes = 1024 * 1024;
	assert_int_equal(connect_with(-1), 0);
	assert_non_null(call("SET", "k", value, 0));
	assert_null(call("GET", "k", NULL, 0));
	assert_non_null(strstr(err.text, "max_reply"));
	assert_true(redis_too_big(redis));
	redis_close(&redis);
	settings.redis.max_reply_bytes = 4 * 1024 * 1024;
	assert_int_equal(connect_with(-1), 0);
	assert_int_equal(reply_text(call("GET", "k", NULL, 0)).length,
			 sizeof(value) - 1);
	assert_false(redis_too_big(redis));
}

static void a_closed_connection_is_told_and_kills_nobody(void **state)
{
	(void)state;
	assert_int_equal(connect_with(-1), 0);
	(void)redis_fixture_command(fixture, "CLIENT", "KILL", "TYPE", "normal",
				    NULL);
	for (int i = 0; i < 3; i++) {
		assert_null(call("PING", NULL, NULL, 0));
		assert_int_equal(err.class, ERR_RETRY);
	}
	assert_false(redis_is_open(redis));
}

static void a_reply_may_come_byte_by_byte(void **state)
{
	static const char bytes[] = "*4\r\n$5\r\nhe\r\nl\r\n:-12\r\n*-1\r\n"
				    "*2\r\n+OK\r\n$-1\r\n";
	const struct reply *reply;

	(void)state;
	fake_start(bytes, sizeof(bytes) - 1, true);
	reply = call("X", NULL, NULL, 0);
	assert_non_null(reply);
	assert_int_equal(reply_count(reply), 4);
	assert_true(text_is(reply_text(reply_at(reply, 0)), "he\r\nl"));
	assert_int_equal(reply_integer(reply_at(reply, 1), 0), -12);
	assert_int_equal(reply_at(reply, 2)->type, REPLY_NIL);
	assert_int_equal(reply_count(reply_at(reply, 3)), 2);
}

static void garbage_is_an_error_and_no_crash(void **state)
{
	static char nested[4 * 100000 + 1];
	const char *const garbage[] = {
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		"\r\n",
		"*100000000\r\n",
		"*9223372036854775807\r\n",
		"*-5\r\n",
		"*2\r\n$3\r\nabc\r\n*99999999\r\n",
		"$9223372036854775807\r\nabc",
		"$9223372036854775808\r\nabc",
		"$-7\r\n",
		"$3\r\nabcde\r\n",
		":12x\r\n",
		":\r\n",
		nested,
		"\x01\x02\x03\xff\xff\r\n",
	};

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		(void)memcpy(nested + 4 * i, "*1\r\n", 4);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		const struct reply *reply;

		settings.redis.reply_timeout_msecs = 300;
		fake_start(garbage[i], strlen(garbage[i]), false);
		reply = call("X", NULL, NULL, 0);
		/* A reader may forgive what does no harm. */
		if (reply == NULL) {
			assert_int_equal(err.class, ERR_RETRY);
			assert_false(redis_is_open(redis));
		}
		(void)end(NULL);
		arena_reset(arena);
	}
}

static void arguments_may_hold_any_byte_or_none(void **state)
{
	const struct text words[] = { { "ECHO", 4 }, { "a\0\r\n\xff", 5 } };
	const struct text empty[] = { { "ECHO", 4 }, { NULL, 0 } };
	const struct reply *reply;

	(void)state;
	assert_int_equal(connect_with(-1), 0);
	reply = redis_call(redis, arena, words, 2, 0, &err);
	assert_non_null(reply);
	assert_true(text_equal(reply_text(reply), words[1]));
	reply = redis_call(redis, arena, empty, 2, 0, &err);
	assert_non_null(reply);
	assert_int_equal(reply_text(reply).length, 0);
}

static void an_error_reply_leaves_the_connection_good(void **state)
{
	(void)state;
	assert_int_equal(connect_with(-1), 0);
	assert_null(redis_command(redis, arena, &err, "NOSUCH", NULL));
	assert_int_equal(err.class, ERR_RETRY);
	assert_true(redis_is_open(redis));
	assert_non_null(redis_command(redis, arena, &err, "PING", NULL));
}

static void many_replies_come_in_the_order_of_the_commands(void **state)
{
	const struct reply *reply;
	int answered = 0;

	(void)state;
	assert_int_equal(connect_with(-1), 0);
	for (int i = 0; i < 5000; i++) {
		const struct text words[] = { text_of("INCR"), text_of("n") };

		assert_int_equal(redis_append(redis, words, 2, &err), 0);
	}
	while (answered < 5000) {
		struct pollfd fd = { .fd = redis_fd(redis),
				     .events = redis_events(redis) };
		int whole;

		assert_int_equal(poll(&fd, 1, LONG_MSECS), 1);
		assert_int_equal(redis_pump(redis, &err), 0);
		while ((whole = redis_next(redis, arena, &reply, &err)) == 1)
			assert_int_equal(reply_integer(reply, 0), ++answered);
		assert_int_equal(whole, 0);
	}
}

static void queue(const char *name, const char *word)
{
	const struct text words[] = { text_of(name), text_of(word) };

	assert_int_equal(redis_append(redis, words, 2, &err), 0);
}

/* The next reply, which is an integer. */
static int64_t await_integer(void)
{
	const struct reply *reply;
	int whole;

	while ((whole = redis_next(redis, arena, &reply, &err)) == 0) {
		struct pollfd fd = { .fd = redis_fd(redis),
				     .events = redis_events(redis) };

		assert_int_equal(poll(&fd, 1, LONG_MSECS), 1);
		assert_int_equal(redis_pump(redis, &err), 0);
	}
	assert_int_equal(whole, 1);
	return reply_integer(reply, -1);
}

static void what_is_held_goes_when_it_is_released(void **state)
{
	(void)state;
	assert_int_equal(connect_with(-1), 0);
	redis_hold(redis);
	queue("INCR", "n");
	/* Something is held all the time, and what was sent makes room. */
	for (int i = 1; i <= 2000; i++) {
		assert_int_equal(redis_events(redis), POLLIN);
		redis_release(redis);
		assert_int_equal(redis_events(redis), POLLIN | POLLOUT);
		redis_hold(redis);
		queue("INCR", "n");
		assert_int_equal(await_integer(), i);
	}
}

static void what_is_dropped_never_goes(void **state)
{
	(void)state;
	assert_int_equal(connect_with(-1), 0);
	queue("INCR", "n");
	redis_hold(redis);
	queue("INCR", "n");
	queue("INCR", "n");
	redis_drop(redis);
	queue("DECR", "n");
	assert_int_equal(await_integer(), 1);
	assert_int_equal(await_integer(), 0);
}

static int start_redis(void **state)
{
	(void)state;
	fixture = redis_fixture_start();
	arena = arena_open(1024 * 1024);
	return arena == NULL ? -1 : 0;
}

static int stop_redis(void **state)
{
	(void)state;
	arena_close(&arena);
	redis_fixture_stop(&fixture);
	return 0;
}

#define connected(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		connected(a_server_that_is_there_answers),
		connected(a_server_that_is_down_is_told_with_its_address),
		connected(a_server_that_says_nothing_is_not_there),
		connected(a_database_is_selected),
		connected(an_error_that_repeats_the_password_is_not_shown),
		connected(a_wake_descriptor_ends_every_wait_at_once),
		connected(a_blocked_command_has_a_deadline_of_our_own),
		connected(a_reply_over_max_reply_is_told_as_such),
		connected(a_closed_connection_is_told_and_kills_nobody),
		connected(a_reply_may_come_byte_by_byte),
		connected(garbage_is_an_error_and_no_crash),
		connected(arguments_may_hold_any_byte_or_none),
		connected(an_error_reply_leaves_the_connection_good),
		connected(many_replies_come_in_the_order_of_the_commands),
		connected(what_is_held_goes_when_it_is_released),
		connected(what_is_dropped_never_goes),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("connection", tests, start_redis,
					   stop_redis);
}
