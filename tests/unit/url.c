#include "config.h"

#include "lib/base/err.h"
#include "lib/settings/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_url_is_taken_apart(void **state)
{
	static const struct {
		const char *text;
		struct url url;
	} examples[] = {
		{ "redis://127.0.0.1:6379", { "127.0.0.1", "6379", "", 0 } },
		{ "redis://db-1.shop_lan", { "db-1.shop_lan", "6379", "", 0 } },
		{ "redis://h:1/65535", { "h", "1", "", 65535 } },
		{ "redis://h:65535/0", { "h", "65535", "", 0 } },
		{ "redis://h/", { "h", "6379", "", 0 } },
		{ "redis://h/3", { "h", "6379", "", 3 } },
		{ "redis://[::1]", { "::1", "6379", "", 0 } },
		{ "redis://[fe80::1%eth0]:7000/2",
		  { "fe80::1%eth0", "7000", "", 2 } },
		{ "unix:///run/redis/redis.sock",
		  { "", "", "/run/redis/redis.sock", 0 } },
		{ "unix:///tmp/a@b?db=7", { "", "", "/tmp/a@b", 7 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct url *want = &examples[i].url;
		struct err err = { 0 };
		struct url url;

		assert_int_equal(url_parse(examples[i].text, &url, &err), 0);
		assert_string_equal(url.host, want->host);
		assert_string_equal(url.port, want->port);
		assert_string_equal(url.path, want->path);
		assert_int_equal(url.database, want->database);
	}
}

/* Refused as FATAL with a text that holds reason, and nothing written. */
static void refuse(const char *text, const char *reason)
{
	struct err err = { 0 };
	struct url url = { .database = -42 };

	assert_int_equal(url_parse(text, &url, &err), -1);
	assert_int_equal(err.class, ERR_FATAL);
	assert_non_null(strstr(err.text, reason));
	assert_int_equal(url.database, -42);
}

static void a_url_that_is_wrong_is_refused_with_the_reason(void **state)
{
	(void)state;
	refuse("", "redis://HOST:PORT/DB");
	refuse("127.0.0.1:6379", "redis://HOST:PORT/DB");
	refuse("http://h", "redis://HOST:PORT/DB");
	refuse("REDIS://h", "redis://HOST:PORT/DB");
	refuse("redis://", "the host is missing");
	refuse("redis://:6379", "the host is missing");
	refuse("redis://[]", "the host is missing");
	refuse("redis://a b", "no name and no address");
	refuse("redis://h?db=1", "no name and no address");
	refuse("redis://::1", "the host is missing");
	refuse("redis://fe80::1", "the port is a number");
	refuse("redis://[::1", "not closed");
	refuse("redis://[::1]x", "after the host");
	refuse("redis://[h/1]", "not closed");
	refuse("unix://run/redis.sock", "unix:///PATH");
	refuse("unix:///a?database=1", "?db=DB");
	refuse("unix:///a?db=", "the database is a number");
}

static void ports_and_databases_are_strict_numbers(void **state)
{
	static const char *const ports[] = {
		"", "0", "65536", "6379x", "-1", " 1", "99999999999999999999"
	};
	static const char *const databases[] = { "x",   "-1", "65536", "1/",
						 "0x1", "+1", "1?" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		(void)snprintf(text, sizeof(text), "redis://h:%s/1", ports[i]);
		refuse(text, "the port is a number from 1 to 65535");
	}
	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++) {
		(void)snprintf(text, sizeof(text), "redis://h/%s",
			       databases[i]);
		refuse(text, "the database is a number from 0 to 65535");
	}
}

static void tls_is_refused_and_never_ignored(void **state)
{
	(void)state;
	refuse("rediss://h:6380", "TLS is not built in");
}

static void a_password_is_refused_and_never_repeated(void **state)
{
	static const char *const texts[] = {
		"redis://:hunter2@h",          "redis://user:hunter2@h:6379/1",
		"redis://hunter2@h",           "rediss://u:hunter2@h",
		"redis://u:hunter2/hunter2@h", "unix://u:hunter2@/run/r.sock",
		"http://u:hunter2@h",          "redis//u:hunter2@h",
		"redis://u:hunter2@[::1]:1",
	};
	struct err err;
	struct url url;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(url_parse(texts[i], &url, &err), -1);
		assert_null(strstr(err.text, "hunter2"));
	}
	refuse("redis://u:p@h", "redis.password_file");
}

static void a_url_fits_or_is_refused(void **state)
{
	char text[600] = "unix:///";
	struct err err;
	struct url url;

	(void)state;
	memset(text + strlen(text), 'x', 106);
	assert_int_equal(url_parse(text, &url, &err), 0);
	assert_int_equal(strlen(url.path), 107);
	(void)strcat(text, "x");
	refuse(text, "longer than 107 bytes");

	memset(text, 0, sizeof(text));
	(void)strcpy(text, "redis://");
	memset(text + strlen(text), 'h', 255);
	assert_int_equal(url_parse(text, &url, &err), 0);
	assert_int_equal(strlen(url.host), 255);
	(void)strcat(text, "h");
	refuse(text, "no name and no address");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_taken_apart),
		cmocka_unit_test(
			a_url_that_is_wrong_is_refused_with_the_reason),
		cmocka_unit_test(ports_and_databases_are_strict_numbers),
		cmocka_unit_test(tls_is_refused_and_never_ignored),
		cmocka_unit_test(a_password_is_refused_and_never_repeated),
		cmocka_unit_test(a_url_fits_or_is_refused),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
