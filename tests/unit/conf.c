#include "config.h"

#include "tests/fixtures/conf_fixture.h"

#include "lib/settings/conf.h"
#include "lib/base/err.h"

#include <fcntl.h>
#include <libconfig.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MSECS 10000

/* The parser, made to do what libconfig may do to its process. */
int __real_config_read_string(config_t *config, const char *text);
int __wrap_config_read_string(config_t *config, const char *text);

int __wrap_config_read_string(config_t *config, const char *text)
{
	if (strstr(text, "test: exit") != NULL)
		_exit(2);
	if (strstr(text, "test: die") != NULL)
		(void)raise(SIGKILL);
	if (strstr(text, "test: hang") != NULL)
		(void)pause();
	return __real_config_read_string(config, text);
}

static void a_small_file_is_enough(void **state)
{
	(void)state;
	accept_file(RUN);
	assert_string_equal(set.node, "node1");
	assert_int_equal(set.group_count, 1);
	assert_string_equal(set.groups[0].name, "points");
	assert_int_equal(set.groups[0].batch, 256);
	assert_string_equal(set.stream_key, "ordermq");
}

static void the_node_is_given_or_set_or_the_host(void **state)
{
	struct err err = { .text = "" };
	char host[256] = "";

	(void)state;
	write_bytes("node = \"n2\";\n" RUN, strlen("node = \"n2\";\n" RUN));
	assert_int_equal(conf_load("t.conf", "n3", &set, &err), 0);
	assert_string_equal(set.node, "n3");
	assert_int_equal(conf_load("t.conf", NULL, &set, &err), 0);
	assert_string_equal(set.node, "n2");
	assert_int_equal(conf_load("t.conf", "a b", &set, &err), -1);
	assert_string_equal(err.text,
			    "t.conf: node: only letters, digits, \"_\", \".\" "
			    "and \"-\"");
	write_bytes(RUN, strlen(RUN));
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	assert_int_equal(conf_load("t.conf", NULL, &set, &err), 0);
	assert_string_equal(set.node, host);
}

static void a_parser_that_ends_takes_nobody_along(void **state)
{
	(void)state;
	refuse("# test: exit\n" RUN, "t.conf: the parser ended with status 2");
	refuse("# test: die\n" RUN,
	       "t.conf: the parser ended with signal 9 (Killed)");
}

static void the_memfd_is_sealed_and_not_inherited(void **state)
{
	struct conf_reader reader;
	static struct settings received;
	struct err err;
	int memfd;

	(void)state;
	write_bytes(RUN, strlen(RUN));
	assert_int_equal(conf_start("t.conf", "n", &reader, &err), 0);
	assert_int_equal(fcntl(reader.pidfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(reader.errors, F_GETFD), FD_CLOEXEC);
	memfd = conf_finish(&reader, &set, &err);
	assert_true(memfd >= 0);
	assert_int_equal(fcntl(memfd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(pwrite(memfd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(memfd, 0), -1);
	assert_int_equal(fcntl(memfd, F_GET_SEALS),
			 F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW |
				 F_SEAL_SEAL);
	assert_int_equal(conf_receive(memfd, &received, &err), 0);
	assert_memory_equal(&received, &set, sizeof(set));
	(void)close(memfd);
}

/* A memfd with these bytes, sealed or not. */
static int make_memfd(const char *bytes, size_t length, bool seal)
{
	int fd = memfd_create("unit", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	if (seal)
		assert_int_equal(fcntl(fd, F_ADD_SEALS,
				       F_SEAL_WRITE | F_SEAL_SHRINK |
					       F_SEAL_GROW | F_SEAL_SEAL),
				 0);
	return fd;
}

static void receive_refuses(int fd)
{
	struct err err = { .text = "" };

	memset(&set, 0x5a, sizeof(set));
	assert_int_equal(conf_receive(fd, &set, &err), -1);
	assert_int_equal(err.class, ERR_RETRY);
	assert_non_null(strstr(err.text, "settings: "));
	assert_int_equal(set.node[0], 0x5a);
	if (fd >= 0)
		(void)close(fd);
}

/* What conf_finish() leaves for a small file. */
static size_t good_image(char *image, size_t bytes)
{
	struct conf_reader reader;
	struct err err;
	ssize_t length;
	int memfd;

	write_bytes(RUN, strlen(RUN));
	assert_int_equal(conf_start("t.conf", "n", &reader, &err), 0);
	memfd = conf_finish(&reader, &set, &err);
	assert_true(memfd >= 0);
	length = pread(memfd, image, bytes, 0);
	assert_true(length > (ssize_t)sizeof(set) && length < (ssize_t)bytes);
	(void)close(memfd);
	return (size_t)length;
}

static void garbage_is_not_received(void **state)
{
	static char image[sizeof(struct settings) + 4096];
	size_t length = good_image(image, sizeof(image));
	const size_t head = length - sizeof(struct settings);
	const size_t wrong[] = {
		0,  /* mark */
		8,  /* layout */
		16, /* version */
		head + offsetof(struct settings, group_count),
		head + offsetof(struct settings, fields.amount_factor_count),
		head + offsetof(struct settings, redis.retry_max_msecs) + 7,
	};
	struct err err;
	int fd = make_memfd(image, length, true);

	(void)state;
	assert_int_equal(conf_receive(fd, &set, &err), 0);
	(void)close(fd);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		image[wrong[i]] ^= 0x60;
		receive_refuses(make_memfd(image, length, true));
		image[wrong[i]] ^= 0x60;
	}
	receive_refuses(make_memfd(image, length, false));
	receive_refuses(make_memfd(image, length - 1, true));
	receive_refuses(make_memfd(image, length + 1, true));
	receive_refuses(make_memfd("", 0, true));
	receive_refuses(open("/dev/null", O_RDONLY | O_CLOEXEC));
	receive_refuses(-1);
}

static void a_text_without_an_end_is_not_received(void **state)
{
	static char image[sizeof(struct settings) + 4096];
	size_t length = good_image(image, sizeof(image));
	size_t head = length - sizeof(struct settings);

	(void)state;
	memset(image + head + offsetof(struct settings, groups[0].push.file),
	       'x', sizeof(set.groups[0].push.file));
	receive_refuses(make_memfd(image, length, true));
}

static void a_reload_waits_in_epoll_and_never_blocks(void **state)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct conf_reader reader;
	struct err err;

	(void)state;
	for (int good = 0; good < 2; good++) {
		const char *text = good ? RUN : "x = 1;\n" RUN;
		int memfd;

		write_bytes(text, strlen(text));
		assert_int_equal(conf_start("t.conf", "n", &reader, &err), 0);
		assert_int_equal(
			epoll_ctl(epoll, EPOLL_CTL_ADD, reader.pidfd, &event),
			0);
		assert_int_equal(epoll_wait(epoll, &event, 1, DEADLINE_MSECS),
				 1);
		memfd = conf_finish(&reader, &set, &err);
		assert_true(good ? memfd >= 0 : memfd == -1);
		if (memfd >= 0)
			(void)close(memfd);
		assert_int_equal(reader.pidfd, -1);
	}
	(void)close(epoll);
}

static void a_reader_can_be_aborted_at_any_time(void **state)
{
	struct conf_reader reader;
	struct err err;
	pid_t pid;

	(void)state;
	write_bytes("# test: hang\n" RUN, strlen("# test: hang\n" RUN));
	assert_int_equal(conf_start("t.conf", "n", &reader, &err), 0);
	pid = reader.pid;
	conf_abort(&reader);
	assert_int_equal(kill(pid, 0), -1);
	conf_abort(&reader);

	write_bytes(RUN, strlen(RUN));
	assert_int_equal(conf_start("t.conf", "n", &reader, &err), 0);
	(void)close(conf_finish(&reader, &set, &err));
	conf_abort(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_file_is_enough),
		cmocka_unit_test(the_node_is_given_or_set_or_the_host),
		cmocka_unit_test(a_parser_that_ends_takes_nobody_along),
		cmocka_unit_test(the_memfd_is_sealed_and_not_inherited),
		cmocka_unit_test(garbage_is_not_received),
		cmocka_unit_test(a_text_without_an_end_is_not_received),
		cmocka_unit_test(a_reload_waits_in_epoll_and_never_blocks),
		cmocka_unit_test(a_reader_can_be_aborted_at_any_time),
	};

	return cmocka_run_group_tests_name("conf", tests, conf_fixture_enter,
					   conf_fixture_leave);
}
