#include "config.h"

#include "supervisor/ordermqd/roster.h"

#include "lib/base/err.h"
#include "lib/settings/settings_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct settings before, after;
static struct roster roster;
static struct err err;

static void put_group(struct settings *set, const char *name, int64_t instances)
{
	struct settings_group *group = &set->groups[set->group_count++];

	(void)snprintf(group->name, sizeof(group->name), "%s", name);
	(void)snprintf(group->program, sizeof(group->program), "points");
	group->instances = instances;
}

static int two_groups(void **state)
{
	(void)state;
	memset(&before, 0, sizeof(before));
	(void)strcpy(before.node, "web1");
	(void)strcpy(before.supervisor.control, "/run/a/control.sock");
	put_group(&before, "points", 3);
	put_group(&before, "push", 2);
	after = before;
	return 0;
}

static const char *summary(void)
{
	static char text[512];

	assert_int_equal(roster_compare(&before, &after, &roster, &err), 0);
	return roster_summary(&roster, text, sizeof(text));
}

static void nothing_changed_is_said(void **state)
{
	(void)state;
	assert_string_equal(summary(), "points unchanged, push unchanged");
	assert_false(roster.changes[0].rolls);
}

static void a_number_changes_only_its_group(void **state)
{
	(void)state;
	after.groups[0].instances = 5;
	assert_string_equal(summary(), "points 3 -> 5 (+2), push unchanged");
	assert_false(roster_find(&roster, "points")->rolls);
	assert_false(roster_find(&roster, "push")->rolls);
	after.groups[0].instances = 2;
	assert_string_equal(summary(), "points 3 -> 2 (-1), push unchanged");
}

static void a_setting_of_a_group_rolls_it_alone(void **state)
{
	(void)state;
	after.groups[1].batch = 7;
	assert_string_equal(summary(), "points unchanged, push rolling");
	after.groups[1].instances = 4;
	assert_string_equal(summary(),
			    "points unchanged, push 2 -> 4 (+2, rolling)");
}

static void scale(struct settings_group *group, int64_t min, int64_t max)
{
	group->instances = min;
	group->scale = (struct settings_scale){ min, max, 5000 };
}

static void a_range_changes_only_what_is_out_of_it(void **state)
{
	(void)state;
	scale(&after.groups[0], 1, 8);
	assert_string_equal(summary(),
			    "points 3 -> 1-8 (live), push unchanged");
	assert_false(roster_find(&roster, "points")->rolls);
	assert_int_equal(roster_find(&roster, "points")->after, 3);
	before = after;
	assert_string_equal(summary(), "points unchanged, push unchanged");
	scale(&after.groups[0], 1, 16);
	assert_string_equal(summary(),
			    "points 1-8 -> 1-16 (live), push unchanged");
	scale(&after.groups[0], 4, 16);
	assert_string_equal(summary(), "points 1 -> 4 (+3), push unchanged");
	scale(&after.groups[0], 1, 8);
	after.groups[0].batch = 7;
	assert_string_equal(summary(), "points rolling, push unchanged");
	scale(&after.groups[0], 1, 9);
	assert_string_equal(summary(),
			    "points 1-8 -> 1-9 (rolling), push unchanged");
	scale(&after.groups[0], 1, 1);
	assert_string_equal(summary(),
			    "points 1-8 -> 1 (rolling), push unchanged");
}

static void what_ordermqd_alone_obeys_is_live(void **state)
{
	(void)state;
	after.groups[0].max_rss_bytes = 64 << 20;
	assert_string_equal(summary(), "points live, push unchanged");
	assert_false(roster_find(&roster, "points")->rolls);
	after.groups[1].recycle_after = 1000;
	assert_string_equal(summary(), "points live, push live");
	after.groups[1].scale.target_age_msecs++;
	after.groups[1].instances = 5;
	assert_string_equal(summary(), "points live, push 2 -> 5 (+3)");
	after.groups[0].batch = 7;
	assert_string_equal(summary(), "points rolling, push 2 -> 5 (+3)");
}

/* Every setting of a group is of one class: it rolls the group, or it is live,
   or it is the number. */
static void every_setting_of_a_group_is_of_one_class(void **state)
{
	static const char *const live[] = {
		"groups.instances.min",        "groups.instances.max",
		"groups.instances.target_age", "groups.max_rss",
		"groups.recycle_after",        "groups.restart",
	};

	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		char *at = (char *)&after.groups[0] + s->offset;
		bool is_live = false;

		if (!setting_is_of_group(s) ||
		    strcmp(s->path, "groups.name") == 0)
			continue;
		(void)two_groups(NULL);
		*at = (char)(*at + 1);
		(void)summary();
		for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++)
			is_live = is_live || strcmp(live[i], s->path) == 0;
		if (roster.changes[0].is_live != is_live)
			fail_msg("%s: live or not?", s->path);
		if (roster.changes[0].rolls ==
		    (is_live || strcmp(s->path, "groups.instances") == 0))
			fail_msg("%s: rolls or not?", s->path);
		assert_false(roster.changes[1].rolls ||
			     roster.changes[1].is_live);
	}
}

/* So is every other one: refused, everywhere, or nowhere. */
static void every_other_setting_is_of_one_class(void **state)
{
	static const char *const refused[] = { "node", "supervisor.control",
					       "supervisor.programs" };
	static const char *const nowhere[] = { "stream.retention.", "log.level",
					       "supervisor." };

	(void)state;
	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		char *at = (char *)&after + s->offset;
		bool is_refused = false;
		bool is_nowhere = strcmp(s->path, "stream.silence") == 0;

		if (setting_is_of_group(s))
			continue;
		(void)two_groups(NULL);
		*at = *at == 'x' ? 'y' : 'x';
		for (size_t i = 0; i < 3; i++) {
			is_refused =
				is_refused || strcmp(refused[i], s->path) == 0;
			is_nowhere =
				is_nowhere || strncmp(nowhere[i], s->path,
						      strlen(nowhere[i])) == 0;
		}
		if ((roster_compare(&before, &after, &roster, &err) < 0) !=
		    is_refused)
			fail_msg("%s: refused or not?", s->path);
		if (is_refused)
			assert_non_null(strstr(err.text, s->path));
		else if (roster.changes[0].rolls == is_nowhere)
			fail_msg("%s: rolls or not?", s->path);
	}
}

static void a_setting_of_all_rolls_all(void **state)
{
	(void)state;
	after.redis.max_reply_bytes++;
	assert_string_equal(summary(), "points rolling, push rolling");
	after.redis.max_reply_bytes--;
	after.log.to++;
	assert_string_equal(summary(), "points rolling, push rolling");
	after.log.to--;
	after.stream_key[0] = 'x';
	assert_string_equal(summary(), "points rolling, push rolling");
	after.stream_key[0] = '\0';
	after.fields.amount_scale++;
	assert_string_equal(summary(), "points rolling, push rolling");
}

static void what_is_told_or_obeyed_elsewhere_rolls_nobody(void **state)
{
	(void)state;
	after.log.level++;
	assert_string_equal(summary(),
			    "points unchanged, push unchanged, log.level live");
	after.retention.max_entries++;
	after.groups[0].instances++;
	assert_string_equal(summary(), "points 3 -> 4 (+1), push unchanged, "
				       "log.level live, retention live");
}

static void the_time_to_drain_rolls_nobody(void **state)
{
	(void)state;
	after.supervisor.drain_msecs = 1;
	assert_string_equal(summary(), "points unchanged, push unchanged, "
				       "supervisor.drain live");
	after.supervisor.hang_msecs = 1;
	assert_string_equal(summary(), "points unchanged, push unchanged, "
				       "supervisor.drain live, "
				       "supervisor.hang_timeout live");
}

static void groups_come_and_go(void **state)
{
	(void)state;
	after.group_count = 1;
	put_group(&after, "audit", 1);
	assert_string_equal(
		summary(),
		"points unchanged, audit 0 -> 1 (+1), push 2 -> 0 (-2)");
	assert_null(roster_find(&roster, "mail"));
}

static void the_order_of_groups_means_nothing(void **state)
{
	struct settings_group first = after.groups[0];

	(void)state;
	after.groups[0] = after.groups[1];
	after.groups[1] = first;
	assert_string_equal(summary(), "push unchanged, points unchanged");
}

static void what_needs_a_restart_is_refused_by_name(void **state)
{
	(void)state;
	(void)strcpy(after.node, "web2");
	assert_int_equal(roster_compare(&before, &after, &roster, &err), -1);
	assert_int_equal(err.class, ERR_FATAL);
	assert_string_equal(
		err.text,
		"node: \"web1\" -> \"web2\" needs a restart of ordermqd");
	after = before;
	after.supervisor.control[5] = 'b';
	assert_int_equal(roster_compare(&before, &after, &roster, &err), -1);
	assert_non_null(strstr(err.text, "supervisor.control: "));
	after = before;
	after.supervisor.programs[0] = '/';
	assert_int_equal(roster_compare(&before, &after, &roster, &err), -1);
	assert_non_null(strstr(err.text, "supervisor.programs: "));
}

static void a_summary_is_cut_where_it_is_full(void **state)
{
	char small[24];

	(void)state;
	(void)summary();
	assert_string_equal(roster_summary(&roster, small, sizeof(small)),
			    "points unchanged, push ");
	memset(&roster, 0, sizeof(roster));
	assert_string_equal(roster_summary(&roster, small, sizeof(small)),
			    "no groups");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_changed_is_said, two_groups),
		cmocka_unit_test_setup(a_number_changes_only_its_group,
				       two_groups),
		cmocka_unit_test_setup(a_setting_of_a_group_rolls_it_alone,
				       two_groups),
		cmocka_unit_test_setup(a_range_changes_only_what_is_out_of_it,
				       two_groups),
		cmocka_unit_test_setup(what_ordermqd_alone_obeys_is_live,
				       two_groups),
		cmocka_unit_test(every_setting_of_a_group_is_of_one_class),
		cmocka_unit_test(every_other_setting_is_of_one_class),
		cmocka_unit_test_setup(a_setting_of_all_rolls_all, two_groups),
		cmocka_unit_test_setup(
			what_is_told_or_obeyed_elsewhere_rolls_nobody,
			two_groups),
		cmocka_unit_test_setup(the_time_to_drain_rolls_nobody,
				       two_groups),
		cmocka_unit_test_setup(groups_come_and_go, two_groups),
		cmocka_unit_test_setup(the_order_of_groups_means_nothing,
				       two_groups),
		cmocka_unit_test_setup(what_needs_a_restart_is_refused_by_name,
				       two_groups),
		cmocka_unit_test_setup(a_summary_is_cut_where_it_is_full,
				       two_groups),
	};

	return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
