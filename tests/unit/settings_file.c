#include "config.h"

#include "lib/settings/conf.h"
#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_nearest.h"
#include "lib/settings/settings_table.h"
#include "lib/settings/settings_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A file of the source tree; the caller frees it. */
static char *read_source(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	char *text = NULL;
	size_t length = 0;
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s",
		       srcdir == NULL ? "." : srcdir, name);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_true(getdelim(&text, &length, '\0', in) > 0);
	(void)fclose(in);
	return text;
}

static char *printed_defaults(void)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	settings_print_defaults(out);
	(void)fclose(out);
	return text;
}

/* Load a text as a configuration file named node1. */
static void load(const char *text, struct settings *settings_r)
{
	char path[] = "/tmp/unit_settings.XXXXXX";
	struct err err = { .text = "" };
	int fd = mkstemp(path);
	int result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	result = conf_load(path, "node1", settings_r, &err);
	(void)unlink(path);
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
}

static void load_source(const char *name, struct settings *settings_r)
{
	char *text = read_source(name);

	load(text, settings_r);
	free(text);
}

static void the_shipped_file_is_what_the_table_prints(void **state)
{
	char *file = read_source("etc/ordermq.conf");
	char *printed = printed_defaults();

	(void)state;
	assert_string_equal(file, printed);
	free(file);
	free(printed);
}

static void the_shipped_file_is_at_most_80_columns_wide(void **state)
{
	char *text = printed_defaults();
	char *rest;

	(void)state;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		assert_true(strlen(line) <= 80);
		assert_null(strchr(line, '\t'));
		assert_true(line[strlen(line) - 1] != ' ');
	}
	free(text);
}

static void the_shipped_file_runs_points_and_push_twice(void **state)
{
	static struct settings set;

	(void)state;
	load_source("etc/ordermq.conf", &set);
	assert_int_equal(set.group_count, 2);
	assert_string_equal(set.groups[0].name, "points");
	assert_string_equal(set.groups[0].program, "points");
	assert_int_equal(set.groups[0].instances, 2);
	assert_string_equal(set.groups[1].name, "push");
	assert_string_equal(set.groups[1].program, "push");
	assert_int_equal(set.groups[1].instances, 2);
}

/* Take the "#" away in front of every default. Comments have a blank behind
   theirs, and a default that goes on in a second line four. */
static void uncomment(char *text)
{
	bool of_key = false;

	for (char *line = text; *line != '\0'; line += strcspn(line, "\n")) {
		char *mark = line + strspn(line, " \n");
		size_t name;

		if (*mark == '\0')
			break;
		line = mark;
		name = strspn(mark + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (*mark == '#' &&
		    ((name > 0 && strncmp(mark + 1 + name, " =", 2) == 0) ||
		     (of_key && strncmp(mark + 1, "    \"", 5) == 0)))
			*mark = ' ';
		of_key = strcspn(line, "\n") > 0 &&
			 line[strcspn(line, "\n") - 1] == '=';
	}
}

static void what_the_shipped_file_shows_as_defaults_are_the_defaults(
	void **state)
{
	static struct settings shown, silent;
	char *text = read_source("etc/ordermq.conf");

	(void)state;
	load(text, &silent);
	uncomment(text);
	/* "Empty" stands for the host name. */
	load(text, &shown);
	assert_memory_equal(&shown, &silent, sizeof(silent));
	assert_non_null(strstr(text, " connect_timeout = \"3s\";"));
	assert_non_null(strstr(text, " paid_body ="));
	assert_null(strstr(text, "#flat"));
	free(text);
}

static void the_shipped_file_shows_every_key(void **state)
{
	char *text = printed_defaults();
	char line[SETTINGS_PATH_BYTES];

	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		const char *dot = strrchr(s->path, '.');

		(void)snprintf(line, sizeof(line),
			       "%s =", dot == NULL ? s->path : dot + 1);
		assert_non_null(strstr(text, line));
	}
	free(text);
}

static void the_product_example_loads(void **state)
{
	static struct settings set;

	(void)state;
	load_source("etc/examples/orders-product.conf", &set);
	assert_string_equal(set.stream_key, "orders");
	assert_string_equal(set.fields.orderno, "order_id");
	assert_int_equal(set.fields.amount_factor_count, 2);
	assert_string_equal(set.fields.amount[0], "price");
	assert_string_equal(set.fields.amount[1], "quantity");
	assert_int_equal(set.fields.amount_scale, 100);
	assert_non_null(settings_group(&set, "points"));
	assert_non_null(settings_group(&set, "push"));
}

static void the_voucher_example_loads(void **state)
{
	static struct settings set;

	(void)state;
	load_source("etc/examples/voucher.conf", &set);
	assert_string_equal(set.stream_key, "stream.orders");
	assert_string_equal(set.fields.orderno, "id");
	assert_string_equal(set.fields.userid, "userId");
	assert_int_equal(set.fields.amount_factor_count, 1);
	assert_non_null(settings_group(&set, "points"));
	assert_non_null(settings_group(&set, "push"));
}

/* The part of the manual about one key, from its heading to the next; empty
   where there is none. The caller frees it. */
static char *manual_item(const char *manual, const char *path)
{
	char heading[SETTINGS_PATH_BYTES + 16];
	const char *begin, *end;

	(void)snprintf(heading, sizeof(heading), "\n.It Ic %s\n", path);
	begin = strstr(manual, heading);
	if (begin == NULL)
		return strdup("");
	end = strstr(begin + 1, "\n.It Ic ");
	return end == NULL ? strdup(begin)
			   : strndup(begin, (size_t)(end - begin));
}

static void the_manual_tells_every_key_with_its_range_and_default(void **state)
{
	char *manual = read_source("man/ordermq.conf.5");
	char wanted[1024], range[256];

	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		char *item = manual_item(manual, s->path);
		const char *quote = setting_is_text(s) ? "\"" : "";

		if (s->preset == NULL)
			(void)snprintf(wanted, sizeof(wanted), "\nRequired.");
		else
			(void)snprintf(wanted, sizeof(wanted),
				       "\nDefault: %s%s%s.", quote, s->preset,
				       quote);
		if (strstr(item, wanted) == NULL)
			fail_msg("%s: the manual does not say%s", s->path,
				 wanted);
		(void)snprintf(wanted, sizeof(wanted), "; %s.\n",
			       setting_range(s, range, sizeof(range)));
		if (strstr(item, wanted) == NULL)
			fail_msg("%s: the manual does not say %s", s->path,
				 wanted);
		free(item);
	}
	free(manual);
}

static void the_manual_tells_no_key_that_is_none(void **state)
{
	char *manual = read_source("man/ordermq.conf.5");
	char path[SETTINGS_PATH_BYTES];

	(void)state;
	for (const char *at = strstr(manual, "\n.It Ic "); at != NULL;
	     at = strstr(at + 1, "\n.It Ic ")) {
		assert_int_equal(sscanf(at, "\n.It Ic %127s", path), 1);
		assert_non_null(setting_find(path));
	}
	free(manual);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_file_is_what_the_table_prints),
		cmocka_unit_test(the_shipped_file_is_at_most_80_columns_wide),
		cmocka_unit_test(the_shipped_file_runs_points_and_push_twice),
		cmocka_unit_test(
			what_the_shipped_file_shows_as_defaults_are_the_defaults),
		cmocka_unit_test(the_shipped_file_shows_every_key),
		cmocka_unit_test(the_product_example_loads),
		cmocka_unit_test(the_voucher_example_loads),
		cmocka_unit_test(
			the_manual_tells_every_key_with_its_range_and_default),
		cmocka_unit_test(the_manual_tells_no_key_that_is_none),
	};

	return cmocka_run_group_tests_name("settings file", tests, NULL, NULL);
}
