#include "config.h"

#include "tests/conf_fixture.h"

#include "lib/settings/conf.h"
#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct settings set;

void write_bytes(const char *bytes, size_t length)
{
	FILE *out = fopen("t.conf", "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
}

void accept_file(const char *text)
{
	struct err err = { .text = "" };
	int result;

	write_bytes(text, strlen(text));
	result = conf_load("t.conf", "node1", &set, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
}

void refuse_path(const char *path, const char *complaints)
{
	struct err err = { .text = "" };

	memset(&set, 0x5a, sizeof(set));
	assert_int_equal(conf_load(path, "node1", &set, &err), -1);
	assert_string_equal(err.text, complaints);
	assert_int_equal(err.class, ERR_FATAL);
	assert_int_equal(set.node[0], 0x5a);
}

void refuse(const char *text, const char *complaints)
{
	write_bytes(text, strlen(text));
	refuse_path("t.conf", complaints);
}

void refuse_setting(const char *text, const char *complaints)
{
	char file[4096];

	(void)snprintf(file, sizeof(file), "%s\n%s", text, RUN);
	refuse(file, complaints);
}

void refuse_in_group(const char *text, const char *complaints)
{
	char file[4096];

	(void)snprintf(
		file, sizeof(file),
		"groups = ({ name = \"p\"; program = \"push\";\n%s });\n",
		text);
	refuse(file, complaints);
}

int conf_fixture_enter(void **state)
{
	static char dir[] = "/tmp/unit_conf.XXXXXX";

	*state = dir;
	return mkdtemp(dir) == NULL || chdir(dir) < 0 ? -1 : 0;
}

int conf_fixture_leave(void **state)
{
	(void)unlink("t.conf");
	return chdir("/") < 0 || rmdir(*state) < 0 ? -1 : 0;
}
