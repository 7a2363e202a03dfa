#include "config.h"

#include "tests/fixtures/redis_fixture.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PASSWORD REDIS_FIXTURE_SECRET "-word"

static struct redis_fixture *fixture;
static struct settings settings;
static struct arena *arena;
static struct redis *redis;
static struct err err;

static int begin(void **state)
{
	(void)state;
	(void)redis_fixture_command(fixture, "CONFIG", "SET", "requirepass",
				    PASSWORD, NULL);
	redis_fixture_settings(fixture, &settings);
	return 0;
}

static int end(void **state)
{
	(void)state;
	redis_close(&redis);
	(void)redis_fixture_command(fixture, "CONFIG", "SET", "requirepass", "",
				    NULL);
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

static void a_password_comes_from_the_first_line_of_its_file(void **state)
{
	(void)state;
	write_password(PASSWORD "\nmore\n", 0600);
	assert_int_equal(connect_with(-1), 0);
	redis_close(&redis);
	write_password(PASSWORD, 0640);
	assert_int_equal(connect_with(-1), 0);
}

static void a_wrong_or_missing_password_needs_an_operator(void **state)
{
	(void)state;
	is_refused(ERR_FATAL, "NOAUTH");
	write_password("s3cret-wrong\n", 0600);
	is_refused(ERR_FATAL, "AUTH: WRONGPASS");
}

static void a_password_file_is_for_us_alone(void **state)
{
	(void)state;
	write_password(PASSWORD, 0644);
	is_refused(ERR_RETRY, "others may read it");
	write_password("", 0600);
	is_refused(ERR_RETRY, "empty");
	(void)unlink(settings.redis.password_file);
	is_refused(ERR_RETRY, settings.redis.password_file);
	(void)strcpy(settings.redis.password_file, "/tmp");
	is_refused(ERR_RETRY, "not a regular file");
}

static void a_bare_name_is_a_credential(void **state)
{
	(void)state;
	write_password(PASSWORD, 0600);
	(void)strcpy(settings.redis.password_file, "password");
	assert_int_equal(
		setenv("CREDENTIALS_DIRECTORY", redis_fixture_dir(fixture), 1),
		0);
	assert_int_equal(connect_with(-1), 0);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	redis_close(&redis);
	is_refused(ERR_RETRY, SYSCONFDIR "/ordermq/password");
}

static void a_user_logs_in_with_his_own_password(void **state)
{
	(void)state;
	(void)redis_fixture_command(fixture, "ACL", "SETUSER", "shop", "on",
				    ">" PASSWORD, "~*", "+ping", "+echo", NULL);
	(void)strcpy(settings.redis.user, "shop");
	write_password(PASSWORD, 0600);
	assert_int_equal(connect_with(-1), 0);
	assert_non_null(redis_command(redis, arena, &err, "ECHO", "x", NULL));
	assert_null(redis_command(redis, arena, &err, "GET", "x", NULL));
	assert_int_equal(err.class, ERR_FATAL);
	assert_true(redis_is_open(redis));
	redis_close(&redis);
	(void)strcpy(settings.redis.user, "nobody");
	is_refused(ERR_FATAL, "WRONGPASS");
	(void)redis_fixture_command(fixture, "ACL", "DELUSER", "shop", NULL);
}

static int start_redis(void **state)
{
	(void)state;
	fixture = redis_fixture_start();
	arena = arena_open(4096);
	return arena == NULL ? -1 : 0;
}

static int stop_redis(void **state)
{
	(void)state;
	arena_close(&arena);
	redis_fixture_stop(&fixture);
	return 0;
}

#define with_password(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_password(a_password_comes_from_the_first_line_of_its_file),
		with_password(a_wrong_or_missing_password_needs_an_operator),
		with_password(a_password_file_is_for_us_alone),
		with_password(a_bare_name_is_a_credential),
		with_password(a_user_logs_in_with_his_own_password),
	};

	if (redis_fixture_skip_all())
		return 0;
	return cmocka_run_group_tests_name("login", tests, start_redis,
					   stop_redis);
}
