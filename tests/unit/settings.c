#include "config.h"

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_nearest.h"
#include "lib/settings/settings_table.h"
#include "lib/settings/settings_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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
			 s->kind != SETTING_FACTORS && s->kind != SETTING_NAMES)
			assert_int_equal(s->bytes, sizeof(int64_t));
		assert_true((s->words != NULL) == (s->kind == SETTING_WORD ||
						   s->kind == SETTING_CHOICE));
		assert_true(s->find == NULL || s->kind == SETTING_CHOICE);
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
		if (s->kind != SETTING_CHOICE || s->find == NULL)
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
	assert_int_equal(set.retention.max_age_msecs, 7 * 86400000LL);
	assert_int_equal(set.retention.max_entries, 1000000);
	assert_int_equal(set.retention.unread, SETTINGS_UNREAD_KEEP);
	assert_int_equal(set.retention.ignore.count, 0);
	assert_int_equal(set.retention.ceiling, 0);
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
	assert_false(settings_scales(&group));
	assert_int_equal(group.max_rss_bytes, 0);
	assert_int_equal(group.recycle_after, 0);
	assert_int_equal(group.restart, SETTINGS_RESTART_ALWAYS);
	assert_int_equal(group.batch, 256);
	assert_int_equal(group.owner_ttl_msecs, 15000);
	assert_int_equal(group.retry_max_msecs, 300000);
	assert_int_equal(group.points.per, 100);
	assert_string_equal(group.push.transport, "log");
	assert_int_equal(group.push.max_age_msecs, 0);
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
	settings_defaults(&set);
	set.group_count = 2;
	(void)strcpy(set.groups[0].name, "points");
	(void)strcpy(set.groups[1].name, "push");
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
		cmocka_unit_test(
			a_number_at_its_bounds_is_taken_and_beyond_refused),
		cmocka_unit_test(the_nearest_key_is_what_was_most_likely_meant),
		cmocka_unit_test(groups_and_directories_are_found),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
