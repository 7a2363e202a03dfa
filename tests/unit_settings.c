#include "config.h"

#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "lib/settings.h"
#include "lib/settings_nearest.h"
#include "lib/settings_table.h"
#include "lib/settings_value.h"

#include <inttypes.h>
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

static void every_key_has_help_and_a_place_large_enough(void **state)
{
	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		bool is_text = s->kind == SETTING_TEXT ||
			       s->kind == SETTING_TEMPLATE ||
			       s->kind == SETTING_WORD;

		assert_true(strlen(s->path) < SETTINGS_PATH_BYTES);
		assert_true(strlen(s->help) > 10);
		assert_int_equal(s->help[strlen(s->help) - 1], '.');
		assert_true(s->min <= s->max);
		if (is_text)
			assert_true((size_t)s->max < s->bytes);
		else if (s->kind != SETTING_AMOUNT &&
			 s->kind != SETTING_FACTORS)
			assert_int_equal(s->bytes, sizeof(int64_t));
		assert_true((s->words != NULL) == (s->kind == SETTING_WORD ||
						   s->kind == SETTING_CHOICE));
		assert_true((s->find != NULL) == (s->kind == SETTING_CHOICE));
	}
}

static void every_key_is_found_by_its_path_and_only_once(void **state)
{
	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++)
		assert_ptr_equal(setting_find(s->path), s);
	assert_null(setting_find("groups"));
	assert_null(setting_find(""));
	assert_non_null(setting_section("groups.retry"));
	assert_null(setting_section("groups.ret"));
	assert_null(setting_section("node"));
}

static void no_two_keys_share_a_place(void **state)
{
	(void)state;
	for (const struct setting *a = settings_table; a->path != NULL; a++) {
		/* The ways to set the amount share theirs on purpose. */
		if (strncmp(a->path, "fields.amount", 13) == 0)
			continue;
		for (const struct setting *b = settings_table; b < a; b++) {
			if (setting_is_of_group(a) == setting_is_of_group(b))
				assert_int_not_equal(a->offset, b->offset);
		}
	}
}

static void every_word_of_a_choice_has_a_number(void **state)
{
	char words[256];
	char *rest;

	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		if (s->kind != SETTING_CHOICE)
			continue;
		(void)snprintf(words, sizeof(words), "%s", s->words);
		for (char *w = strtok_r(words, ", ", &rest); w != NULL;
		     w = strtok_r(NULL, ", ", &rest))
			assert_true(s->find(w) >= 0);
		assert_int_equal(s->find("nonsense"), -1);
	}
}

static void the_defaults_are_those_of_the_design(void **state)
{
	static struct settings set;
	static struct settings_group group;

	(void)state;
	settings_defaults(&set);
	settings_group_defaults(&group);
	assert_int_equal(set.group_count, 0);
	assert_string_equal(set.node, "");
	assert_string_equal(set.redis.url, "redis://127.0.0.1:6379");
	assert_int_equal(set.redis.connect_timeout_msecs, 3000);
	assert_int_equal(set.redis.max_reply_bytes, 64 << 20);
	assert_string_equal(set.stream_key, "ordermq");
	assert_string_equal(set.fields.orderno, "orderno");
	assert_string_equal(set.fields.amount[0], "amount");
	assert_int_equal(set.fields.amount_factor_count, 1);
	assert_int_equal(set.fields.amount_scale, 1);
	assert_string_equal(set.supervisor.control,
			    "/run/ordermq/control.sock");
	assert_int_equal(set.supervisor.programs[0], '/');
	assert_int_equal(set.log.to, LOG_TO_AUTO);
	assert_int_equal(set.log.facility, LOG_DAEMON);
	assert_int_equal(set.log.level, LOG_INFO);
	assert_int_equal(group.instances, 1);
	assert_int_equal(group.batch, 256);
	assert_int_equal(group.owner_ttl_msecs, 15000);
	assert_int_equal(group.retry_max_msecs, 300000);
	assert_int_equal(group.points.per, 100);
	assert_string_equal(group.push.transport, "log");
	assert_int_equal(group.push.max_age_msecs, 0);
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

/* The part of the manual about one key: from its heading to the next. The
   manual is cut up by it. */
static char *manual_item(const char *manual, const char *path)
{
	char heading[SETTINGS_PATH_BYTES + 16];
	const char *begin, *end;

	(void)snprintf(heading, sizeof(heading), "\n.It Ic %s\n", path);
	begin = strstr(manual, heading);
	if (begin == NULL)
		fail_msg("%s is not in the manual", path);
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

static void a_number_at_its_bounds_is_taken_and_beyond_refused(void **state)
{
	static struct settings set;
	static struct settings_group group;
	struct err err;

	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		void *base = &set;

		if (setting_is_of_group(s))
			base = &group;
		if (s->kind != SETTING_INTEGER)
			continue;
		assert_int_equal(setting_set_integer(s, base, s->min, &err), 0);
		assert_int_equal(setting_set_integer(s, base, s->max, &err), 0);
		assert_int_equal(setting_set_integer(s, base, s->min - 1, &err),
				 -1);
		assert_int_equal(setting_set_integer(s, base, s->max + 1, &err),
				 -1);
		assert_int_equal(err.class, ERR_FATAL);
	}
}

static void the_nearest_key_is_what_was_most_likely_meant(void **state)
{
	char buf[SETTINGS_PATH_BYTES];

	(void)state;
	assert_string_equal(setting_nearest("groups.batchs", buf),
			    "groups.batch");
	assert_string_equal(setting_nearest("redi", buf), "redis");
	assert_string_equal(setting_nearest("stream.keys", buf), "stream.key");
	assert_string_equal(setting_nearest("groups.retry.bases", buf),
			    "groups.retry.base");
	assert_null(setting_nearest("colour", buf));
	assert_null(setting_nearest("", buf));
}

static void groups_and_directories_are_found(void **state)
{
	static struct settings set;
	char dir[SETTINGS_TEXT_BYTES];

	(void)state;
	load_source("etc/ordermq.conf", &set);
	assert_ptr_equal(settings_group(&set, "push"), &set.groups[1]);
	assert_null(settings_group(&set, "pus"));
	assert_false(settings_is_groupless(&set.groups[0]));
	(void)strcpy(set.groups[0].program, "xread");
	assert_true(settings_is_groupless(&set.groups[0]));
	assert_string_equal(settings_runtime_dir(&set, dir), "/run/ordermq");
	(void)strcpy(set.supervisor.control, "/c.sock");
	assert_string_equal(settings_runtime_dir(&set, dir), "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_help_and_a_place_large_enough),
		cmocka_unit_test(every_key_is_found_by_its_path_and_only_once),
		cmocka_unit_test(no_two_keys_share_a_place),
		cmocka_unit_test(every_word_of_a_choice_has_a_number),
		cmocka_unit_test(the_defaults_are_those_of_the_design),
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
		cmocka_unit_test(
			a_number_at_its_bounds_is_taken_and_beyond_refused),
		cmocka_unit_test(the_nearest_key_is_what_was_most_likely_meant),
		cmocka_unit_test(groups_and_directories_are_found),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
