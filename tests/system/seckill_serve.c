/* ordermq-seckill serve: many requests, many clients, and what they get wrong.
 */

#include "config.h"

#include "lib/base/clock.h"
#include "tests/fixtures/order_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MSECS (20 * 1000)

static int setup(void **state)
{
	int ret = trial_setup(state);

	((struct trial *)*state)->path = "bin/ordermq-seckill";
	return ret;
}

static void load(struct trial *trial, const char *stock)
{
	trial_run(trial, 0, "", "load", "V", stock, NULL);
}

/* One line in, one line out. */
static const struct {
	const char *in;
	const char *out;
	size_t bytes; /* of in, when there is a NUL in it */
} lines[] = {
	{ "{}", "{\"line\":1,\"error\":\"no voucher\"}\n", 0 },
	{ "[]", "{\"line\":1,\"error\":\"not a JSON object\"}\n", 0 },
	{ "7", "{\"line\":1,\"error\":\"no valid JSON: ", 0 },
	{ "{\"voucher\":\"V\"}", "{\"line\":1,\"error\":\"no user\"}\n", 0 },
	{ "{\"user\":\"7\"}", "{\"line\":1,\"error\":\"no voucher\"}\n", 0 },
	{ "{\"voucher\":\"V\",\"user\":null}", "\"error\":\"no user\"}\n", 0 },
	{ "{\"voucher\":\"V\",\"user\":1.5}",
	  "\"error\":\"user is neither a string nor an integer\"}\n", 0 },
	{ "{\"voucher\":\"V\",\"user\":true}", "is neither a string", 0 },
	{ "{\"voucher\":[\"V\"],\"user\":7}", "is neither a string", 0 },
	{ "{\"voucher\":\"V\",\"user\":99999999999999999999}",
	  "\"error\":\"no valid JSON: too big integer", 0 },
	{ "{\"voucher\":\"V\",\"user\":\"\"}", "\"error\":\"user is empty\"}",
	  0 },
	{ "{\"voucher\":\"V\",\"user\":\"a\\u0000b\"}",
	  "\"error\":\"user 'a\\\\x00b' has control bytes\"}\n", 0 },
	{ "{\"voucher\":\"V\",\"user\":\"a\0b\"}", "\"error\":\"no valid JSON",
	  28 },
	{ "{\"voucher\":\"V\",\"user\":\"\xff\"}", "\"error\":\"no valid JSON",
	  0 },
	{ "{\"voucher\":\"V:W\",\"user\":7}",
	  "\"error\":\"voucher has a colon\"}\n", 0 },
	{ "{\"voucher\":\"V\",\"user\":7,\"user\":8}",
	  "\"error\":\"no valid JSON: duplicate object key", 0 },
	{ "{\"voucher\":\"V\",\"user\":7,\"order_no\":\"A\"}",
	  "\"error\":\"no member 'order_no' is known\"}\n", 0 },
	{ "{\"voucher\":\"V\",\"user\":7,\"orderno\":\"\"}",
	  "\"error\":\"orderno is empty\"}\n", 0 },
	{ "{\"voucher\":\"V\",\"user\":7", "\"error\":\"no valid JSON", 0 },
	{ "{\"voucher\":\"V\",\"user\":7}{}", "\"error\":\"no valid JSON", 0 },
	{ NULL, NULL, 0 },
};

static void a_wrong_line_gets_an_error(void **state)
{
	struct trial *trial = *state;

	load(trial, "9");
	for (size_t i = 0; lines[i].in != NULL; i++) {
		size_t bytes = lines[i].bytes > 0 ? lines[i].bytes
						  : strlen(lines[i].in);

		trial_start(trial, "serve", NULL);
		assert_int_equal(
			write(trial->program.input, lines[i].in, bytes), bytes);
		trial_finish(trial, 65);
		if (strstr(trial->program.out, lines[i].out) == NULL)
			fail_msg("%s: %s", lines[i].in, trial->program.out);
	}
	assert_int_equal(trial_length(trial), 0);
}

static void the_lines_around_it_are_answered(void **state)
{
	struct trial *trial = *state;
	static char input[40000];
	size_t used = 0;

	load(trial, "9");
	used += (size_t)sprintf(input, "\xef\xbb\xbf\n\r\n \t\n"
				       "{\"voucher\":\"V\",\"user\":1}\r\n"
				       "x\n{\"voucher\":\"V\",\"user\":\"");
	memset(input + used, 'y', 20000);
	(void)sprintf(input + used + 20000,
		      "\"}\n{\"orderno\":null,\"user\":\"\xc3\xa4\\\"\\\\\","
		      "\"voucher\":\"V\"}");
	trial_run(trial, 65, input, "serve", NULL);
	if (strncmp(trial->program.out, "{\"line\":1,\"error\":\"no valid ",
		    28) != 0 ||
	    strstr(trial->program.out, "}\n{\"voucher\":\"V\",\"user\":\"1\","
				       "\"result\":\"accepted\","
				       "\"orderno\":\"") == NULL ||
	    strstr(trial->program.out,
		   "}\n{\"line\":5,\"error\":\"no valid ") == NULL ||
	    strstr(trial->program.out,
		   "}\n{\"line\":6,\"error\":\"line over 16 KiB\"}\n"
		   "{\"voucher\":\"V\",\"user\":\"\xc3\xa4\\\"\\\\\","
		   "\"result\":"
		   "\"accepted\"") == NULL)
		fail_msg("%s", trial->program.out);
	assert_int_equal(trial_length(trial), 2);
}

/* More than fit into the queue, a pipe and a buffer. */
#define MANY 20000

static void answers_come_in_the_sequence_of_the_lines(void **state)
{
	struct trial *trial = *state;
	char path[128], line[1024], *text = NULL;
	size_t size = 0;
	FILE *file;
	int next = 0, accepted = 0;

	load(trial, "100");
	(void)snprintf(path, sizeof(path), "%s/requests",
		       redis_fixture_dir(trial->redis));
	file = fopen(path, "we");
	for (int i = 0; i < MANY; i++)
		fprintf(file, "{\"voucher\":\"V\",\"user\":%d}\n", i / 2);
	fclose(file);
	/* A reader that is slow to begin. */
	(void)snprintf(line, sizeof(line),
		       "serve <%s | (sleep 0.3; cat) >%s.out", path, path);
	trial_shell(trial, "", 0, line);
	(void)snprintf(line, sizeof(line), "%s.out", path);
	file = fopen(line, "re");
	assert_non_null(file);
	while (getline(&text, &size, file) > 0) {
		(void)snprintf(line, sizeof(line),
			       "{\"voucher\":\"V\",\"user\":\"%d\",\"result\":",
			       next / 2);
		if (strncmp(text, line, strlen(line)) != 0)
			fail_msg("answer %d: %s", next, text);
		accepted += strstr(text, "\"accepted\"") != NULL;
		next++;
	}
	free(text);
	fclose(file);
	assert_int_equal(next, MANY);
	assert_int_equal(accepted, 100);
	assert_int_equal(trial_length(trial), 100);
}

static const char *socket_path(struct trial *trial)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/seckill.sock",
		       redis_fixture_dir(trial->redis));
	return path;
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int64_t deadline = clock_msecs() + WAIT_MSECS;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	while (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		if (clock_msecs() > deadline)
			fail_msg("%s: %s", path, strerror(errno));
		usleep(2000);
	}
	return fd;
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

/* One line from a connection, which must come. */
static void receive_line(int fd, char *line, size_t bytes)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t used = 0;

	do {
		assert_in_range(used, 0, bytes - 2);
		assert_int_equal(poll(&wait, 1, WAIT_MSECS), 1);
		assert_int_equal(read(fd, line + used, 1), 1);
	} while (line[used++] != '\n');
	line[used] = '\0';
}

static void expect_line(int fd, const char *text)
{
	char line[1024];

	receive_line(fd, line, sizeof(line));
	if (strstr(line, text) == NULL)
		fail_msg("not said: %s\nbut: %s", text, line);
}

static void expect_end(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&wait, 1, WAIT_MSECS), 1);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
}

static void many_clients_are_served_at_once(void **state)
{
	struct trial *trial = *state;
	const char *path = socket_path(trial);
	int fds[40];
	struct stat st;

	load(trial, "20");
	trial_start(trial, "serve", "--listen", path, NULL);
	for (int i = 0; i < 40; i++)
		fds[i] = connect_to(path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	/* In pieces, from the last to the first. */
	for (int i = 39; i >= 0; i--)
		send_text(fds[i], "{\"voucher\":\"V\",");
	for (int i = 39; i >= 0; i--) {
		char rest[64];

		(void)snprintf(rest, sizeof(rest), "\"user\":%d}\nx\n", i);
		send_text(fds[i], rest);
		expect_line(fds[i], i >= 20 ? "accepted" : "sold out");
		expect_line(fds[i], "{\"line\":2,\"error\":");
	}
	/* One that asks and leaves, one that says no more, and the others. */
	send_text(fds[0], "{\"voucher\":\"V\",\"user\":39}\n");
	close(fds[0]);
	send_text(fds[1], "{\"voucher\":\"V\",\"user\":39}");
	assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
	expect_line(fds[1], "already bought");
	expect_end(fds[1]);
	send_text(fds[2], "{\"voucher\":\"V\",\"user\":2}\n");
	expect_line(fds[2], "sold out");
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	for (int i = 2; i < 40; i++)
		expect_end(fds[i]);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(trial_length(trial), 20);
}

static void who_does_not_read_stops_nobody(void **state)
{
	struct trial *trial = *state;
	const char *path = socket_path(trial);
	static char block[1 << 16];
	size_t used = 0;
	int64_t sent = 0;
	int deaf, other;

	load(trial, "5");
	while (used < sizeof(block) - 64)
		used += (size_t)sprintf(block + used,
					"{\"voucher\":\"V\",\"user\":1}\n");
	trial_start(trial, "serve", "--listen", path, NULL);
	deaf = connect_to(path);
	other = connect_to(path);
	assert_int_equal(fcntl(deaf, F_SETFL, O_NONBLOCK), 0);
	/* Until nothing is taken any more; in whole lines or not. */
	for (int idle = 0; idle < 100;) {
		ssize_t put = send(deaf, block, used, MSG_NOSIGNAL);

		idle = put > 0 ? 0 : idle + 1;
		sent += put > 0 ? put : 0;
		assert_true(sent < 64 * 1024 * 1024);
		if (put < 0)
			usleep(2000);
	}
	send_text(other, "{\"voucher\":\"V\",\"user\":2}\n");
	expect_line(other, "accepted");
	close(deaf);
	send_text(other, "{\"voucher\":\"V\",\"user\":2}\n");
	expect_line(other, "already bought");
	kill(trial->program.pid, SIGINT);
	trial_finish(trial, 130);
	close(other);
}

static void a_socket_is_not_taken_from_its_owner(void **state)
{
	struct trial *trial = *state;
	const char *path = socket_path(trial);
	char file[128];
	pid_t first;
	int fd;

	load(trial, "5");
	trial_start(trial, "serve", "--listen", path, NULL);
	fd = connect_to(path);
	first = trial->program.pid;
	close(trial->program.input);
	trial_run(trial, 75, "", "serve", "--listen", path, NULL);
	trial_assert_said(trial, "seckill.sock: Address already in use");
	send_text(fd, "{\"voucher\":\"V\",\"user\":2}\n");
	expect_line(fd, "accepted");
	close(fd);
	/* One that was killed leaves a socket that nobody listens on. */
	kill(first, SIGKILL);
	assert_int_equal(waitpid(first, NULL, 0), first);
	assert_int_equal(access(path, F_OK), 0);
	trial_start(trial, "serve", "--listen", path, NULL);
	fd = connect_to(path);
	send_text(fd, "{\"voucher\":\"V\",\"user\":2}\n");
	expect_line(fd, "already bought");
	close(fd);
	kill(trial->program.pid, SIGTERM);
	trial_finish(trial, 143);
	/* What is no socket stays. */
	(void)snprintf(file, sizeof(file), "%s",
		       redis_fixture_dir(trial->redis));
	trial_run(trial, 75, "", "serve", "--listen", trial->conf, NULL);
	assert_int_equal(access(trial->conf, F_OK), 0);
	trial_run(trial, 75, "", "serve", "--listen", "/nonexistent/x", NULL);
	trial_run(trial, 75, "", "serve", "--listen",
		  "/a/path/that/is/longer/than/the/hundred/and/seven/bytes/"
		  "that/the/address/of/a/unix/socket/has/room/for/in/linux",
		  NULL);
	trial_assert_said(trial, "longer than the 107 bytes");
}

/* Kill Redis in the middle, and start it again with what it had answered. */
static void a_restart_of_redis_is_lived_through(void **state)
{
	struct trial *trial = *state;
	char path[128], line[1024];
	const char *const argv[] = { "/bin/sh", "-c", line, NULL };
	FILE *file;

	redis_fixture_append_only(trial->redis);
	load(trial, "3000");
	(void)snprintf(path, sizeof(path), "%s/requests",
		       redis_fixture_dir(trial->redis));
	file = fopen(path, "we");
	for (int i = 0; i < 6000; i++)
		fprintf(file, "{\"voucher\":\"V\",\"user\":%d}\n", i / 2);
	fclose(file);
	(void)snprintf(line, sizeof(line),
		       "exec %s -c %s --redis %s serve <%s >%s.out",
		       trial->path, trial->conf, trial->url, path, path);
	program_start(&trial->program, argv);
	trial_await_length(trial, 300);
	redis_fixture_kill(trial->redis);
	redis_fixture_restart(trial->redis);
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 3000);
	(void)snprintf(line, sizeof(line),
		       "test $(grep -c '\"accepted\"' %s.out) = 3000 && "
		       "test $(grep -c 'already bought' %s.out) = 3000",
		       path, path);
	assert_int_equal(system(line), 0);
}

static void forgotten_scripts_are_loaded_again(void **state)
{
	struct trial *trial = *state;
	static const char line[] = "{\"voucher\":\"V\",\"user\":1}\n"
				   "{\"voucher\":\"V\",\"user\":2}\n";
	const size_t half = strlen(line) / 2;

	load(trial, "5");
	trial_start(trial, "serve", NULL);
	assert_int_equal(write(trial->program.input, line, half), half);
	trial_await_length(trial, 1);
	(void)redis_fixture_command(trial->redis, "SCRIPT", "FLUSH", NULL);
	assert_int_equal(write(trial->program.input, line + half, half), half);
	trial_finish(trial, 0);
	assert_int_equal(trial_length(trial), 2);
}

static void say(struct trial *trial, const char *text)
{
	assert_int_equal(write(trial->program.input, text, strlen(text)),
			 strlen(text));
}

static void what_has_no_decision_says_so(void **state)
{
	struct trial *trial = *state;

	trial_run(trial, 75,
		  "{\"voucher\":\"V\",\"user\":1,\"orderno\":\"A-1\"}\nx\n",
		  "--redis", "unix:///nonexistent", "--timeout", "0", "serve",
		  NULL);
	if (strncmp(trial->program.out,
		    "{\"voucher\":\"V\",\"user\":\"1\",\"orderno\":\"A-1\","
		    "\"error\":\"unix:///nonexistent",
		    70) != 0 ||
	    strstr(trial->program.out, "\"in_doubt\":false}\n{\"line\":2,") ==
		    NULL)
		fail_msg("%s", trial->program.out);
	load(trial, "5");
	trial_conf(trial, "redis = { reply_timeout = \"100ms\"; };\n");
	trial_start(trial, "--timeout", "0", "serve", NULL);
	/* Once it is connected, Redis says no more. */
	say(trial, "{\"voucher\":\"V\",\"user\":1}\n");
	trial_await_length(trial, 1);
	kill(redis_fixture_pid(trial->redis), SIGSTOP);
	say(trial, "{\"voucher\":\"V\",\"user\":2}\n");
	trial_finish(trial, 75);
	kill(redis_fixture_pid(trial->redis), SIGCONT);
	if (strstr(trial->program.out, "\"in_doubt\":true}\n") == NULL)
		fail_msg("%s", trial->program.out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, trial_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wrong_line_gets_an_error),
		TEST(the_lines_around_it_are_answered),
		TEST(answers_come_in_the_sequence_of_the_lines),
		TEST(many_clients_are_served_at_once),
		TEST(who_does_not_read_stops_nobody),
		TEST(a_socket_is_not_taken_from_its_owner),
		TEST(a_restart_of_redis_is_lived_through),
		TEST(forgotten_scripts_are_loaded_again),
		TEST(what_has_no_decision_says_so),
	};

	if (redis_fixture_skip_all())
		return 0;
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("seckill serve", tests, NULL, NULL);
}
