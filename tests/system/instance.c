#include "config.h"

#include "tests/fixtures/process_fixture.h"

#include "lib/process/board.h"
#include "lib/base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* No answer at all is a failure after this time. */
#define DEADLINE_SECS 20

static struct worker worker;

/* Run a command line to its end; its exit status. */
static int run(const char *line)
{
	int status = system(line);

	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void help_and_version_need_nothing(void **state)
{
	(void)state;
	assert_int_equal(run("bin/ordermq-points --help | "
			     "grep -q -- --slot"),
			 0);
	assert_int_equal(run("bin/ordermq-push --version | "
			     "grep -qx 'ordermq-push " PACKAGE_VERSION "'"),
			 0);
	assert_int_equal(run("bin/ordermq-xread -h >/dev/null"), 0);
}

static void wrong_options_end_with_64(void **state)
{
	static const char *const lines[] = {
		"--nonsense", "extra", "--slot 0", "--slot x",
		"--slot 257", "-c",    NULL,
	};
	char line[128];

	(void)state;
	for (size_t i = 0; lines[i] != NULL; i++) {
		(void)snprintf(line, sizeof(line),
			       "bin/ordermq-points %s 2>/dev/null", lines[i]);
		assert_int_equal(run(line), 64);
	}
}

static void a_bad_configuration_ends_with_78(void **state)
{
	const struct shop *shop = *state;
	char line[4 * SHOP_PATH_BYTES];

	assert_int_equal(run("bin/ordermq-points -c /nowhere/x.conf "
			     "2>/dev/null"),
			 78);
	(void)snprintf(line, sizeof(line),
		       "bin/ordermq-points -c %s --group nobody 2>&1 | "
		       "grep -q 'no group nobody'",
		       shop->conf);
	assert_int_equal(run(line), 0);
	shop_configure(shop, "", "", "nonsense = 1;");
	(void)snprintf(line, sizeof(line),
		       "bin/ordermq-points -c %s 2>/dev/null", shop->conf);
	assert_int_equal(run(line), 78);
}

static void board_of(const struct shop *shop, struct board *board_r)
{
	char path[2 * SHOP_PATH_BYTES];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/points-1.board", shop->run_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(board_read(fd, board_r), 0);
	(void)close(fd);
}

static uint64_t handled(const struct shop *shop)
{
	struct board board;

	board_of(shop, &board);
	return board_get(&board.counters[BOARD_HANDLED]);
}

static bool one_is_handled(void *data)
{
	return handled(data) == 1;
}

static bool two_are_handled(void *data)
{
	return handled(data) == 2;
}

static void the_board_goes_on_counting_where_a_killed_one_left_it(void **state)
{
	struct shop *shop = *state;
	struct board board;

	worker_start(&worker, shop, "points", 1, "web1");
	worker_await(&worker, "ready");
	shop_orders(shop, 1, 1);
	/* Redis has settled the entry before the instance reads the answer and
	   counts it. */
	until(one_is_handled, shop, "one entry handled");
	worker_kill(&worker);
	worker_start(&worker, shop, "points", 1, "web1");
	(void)shop_publish(shop, "no", "order", NULL);
	until(two_are_handled, shop, "two entries handled");
	board_of(shop, &board);
	assert_int_equal(board_get(&board.pid), worker.pid);
	assert_int_equal(board_get(&board.state), BOARD_READY);
	assert_int_equal(board_get(&board.counters[BOARD_DEAD]), 1);
	assert_int_equal(board_get(&board.touching_msecs), 0);
	assert_int_equal(worker_stop(&worker), 0);
	board_of(shop, &board);
	assert_int_equal(board_get(&board.state), BOARD_STOPPING);
}

/* Wait for a datagram with that text in it. */
static void await_datagram(int fd, const char *text)
{
	char buf[1024] = "";
	ssize_t got;

	do {
		got = recv(fd, buf, sizeof(buf) - 1, 0);
		if (got < 0)
			fail_msg("no '%s' after '%s'", text, buf);
		buf[got < 0 ? 0 : got] = '\0';
	} while (strstr(buf, text) == NULL);
}

/* A socket in the place of systemd's, and a worker that is told of it. */
static int start_for_systemd(struct shop *shop, const char *program)
{
	const struct timeval patience = { .tv_sec = DEADLINE_SECS };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%.64s/notify",
		       shop->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)),
			 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", addr.sun_path, 1), 0);
	worker_start(&worker, shop, program,
		     strcmp(program, "keeper") == 0 ? 0 : 1, "web1");
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	return fd;
}

static void systemd_is_told_when_it_is_ready_and_when_it_stops(void **state)
{
	struct shop *shop = *state;
	int fd = start_for_systemd(shop, "points");

	await_datagram(fd, "READY=1");
	redis_fixture_kill(shop->redis);
	await_datagram(fd, "STATUS=");
	redis_fixture_restart(shop->redis);
	await_datagram(fd, "STATUS=reading");
	assert_int_equal(worker_stop(&worker), 0);
	await_datagram(fd, "STOPPING=1");
	(void)close(fd);
}

/* Well or in trouble, reading or without Redis. */
static void lives_for_systemd(struct shop *shop, const char *program)
{
	int fd;

	assert_int_equal(setenv("WATCHDOG_USEC", "200000", 1), 0);
	fd = start_for_systemd(shop, program);
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
	await_datagram(fd, "READY=1");
	for (int i = 0; i < 3; i++)
		await_datagram(fd, "WATCHDOG=1");
	redis_fixture_kill(shop->redis);
	await_datagram(fd, "STATUS=");
	for (int i = 0; i < 3; i++)
		await_datagram(fd, "WATCHDOG=1");
	redis_fixture_restart(shop->redis);
	assert_int_equal(worker_stop(&worker), 0);
	(void)close(fd);
}

/* A machine starts, and Redis is elsewhere, and away. */
static void a_start_does_not_wait_for_redis_for_ever(void **state)
{
	struct shop *shop = *state;
	int64_t begin;
	int fd;

	redis_fixture_kill(shop->redis);
	begin = clock_msecs();
	fd = start_for_systemd(shop, "points");
	await_datagram(fd, "READY=1");
	assert_in_range(clock_msecs() - begin, 4500, 15000);
	assert_int_equal(worker_said(&worker, "points-1: ready"), 0);
	redis_fixture_restart(shop->redis);
	worker_await(&worker, "points-1: ready");
	await_datagram(fd, "STATUS=reading");
	assert_int_equal(worker_stop(&worker), 0);
	(void)close(fd);
}

static void systemd_gets_the_signs_of_life_that_it_wants(void **state)
{
	lives_for_systemd(*state, "points");
}

static void so_it_does_from_the_keeper(void **state)
{
	lives_for_systemd(*state, "keeper");
}

/* None for another process, and none when it is not asked for. */
static void systemd_gets_no_signs_that_it_does_not_want(void **state)
{
	struct shop *shop = *state;
	char buf[1024];
	ssize_t got;
	int fd;

	assert_int_equal(setenv("WATCHDOG_USEC", "2000", 1), 0);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
	fd = start_for_systemd(shop, "points");
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
	assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
	await_datagram(fd, "READY=1");
	shop_orders(shop, 1, 100);
	shop_await_done(shop, "points");
	assert_int_equal(worker_stop(&worker), 0);
	while ((got = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT)) > 0) {
		buf[got] = '\0';
		assert_null(strstr(buf, "WATCHDOG"));
	}
	(void)close(fd);
}

static void an_instance_does_without_its_runtime_directory(void **state)
{
	struct shop *shop = *state;

	(void)snprintf(shop->run_dir, sizeof(shop->run_dir), "/nowhere");
	shop_configure(shop, "", "", "");
	(void)snprintf(shop->run_dir, sizeof(shop->run_dir), "%s", shop->dir);
	worker_start(&worker, shop, "points", 1, "web1");
	worker_await(&worker, "going on without it");
	shop_orders(shop, 1, 10);
	shop_await_done(shop, "points");
	/* Killed, it waits for its own old lease to expire. */
	worker_kill(&worker);
	worker_start(&worker, shop, "points", 1, "web1");
	shop_orders(shop, 11, 10);
	shop_await_done(shop, "points");
	shop_check_points(shop, 20);
}

#define in_shop(test)                                                          \
	cmocka_unit_test_setup_teardown(test, shop_open, shop_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_and_version_need_nothing),
		cmocka_unit_test(wrong_options_end_with_64),
		in_shop(a_bad_configuration_ends_with_78),
		in_shop(the_board_goes_on_counting_where_a_killed_one_left_it),
		in_shop(systemd_is_told_when_it_is_ready_and_when_it_stops),
		in_shop(a_start_does_not_wait_for_redis_for_ever),
		in_shop(systemd_gets_the_signs_of_life_that_it_wants),
		in_shop(so_it_does_from_the_keeper),
		in_shop(systemd_gets_no_signs_that_it_does_not_want),
		in_shop(an_instance_does_without_its_runtime_directory),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
