#include "config.h"

#include "tests/fixtures/conf_fixture.h"

#include "lib/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void values_arrive_in_their_units(void **state)
{
	(void)state;
	accept_file(
		"redis: { connect_timeout = \"200ms\"; max_reply = \"2MiB\"; "
		"};\n"
		"log: { to = \"stderr\"; level = \"debug\"; };\n"
		"groups = ({ name = \"a\"; program = \"push\"; batch = 7;\n"
		"  retry: { base = \"2s\"; max = \"2s\"; };\n"
		"  push: { max_age = \"7d\"; paid_title = \"{{{a}}}\\n\"; }; "
		"},\n"
		"  { name = \"b\"; program = \"points\"; instances = 0;\n"
		"    start = \"1714060800000-3\";\n"
		"    points: { per = 1000000000L; earn = 999999999; }; });\n");
	assert_int_equal(set.redis.connect_timeout_msecs, 200);
	assert_int_equal(set.redis.max_reply_bytes, 2 << 20);
	assert_int_equal(set.groups[0].batch, 7);
	assert_int_equal(set.groups[0].retry_base_msecs, 2000);
	assert_int_equal(set.groups[0].push.max_age_msecs, 604800000);
	assert_string_equal(set.groups[0].push.paid_title, "{{{a}}}\n");
	assert_int_equal(set.groups[1].instances, 0);
	assert_int_equal(set.groups[1].points.per, 1000000000);
	assert_int_equal(set.groups[1].points.earn, 999999999);
	assert_string_equal(set.groups[1].start, "1714060800000-3");
}

static void retention_keeps_for_whom_it_should(void **state)
{
	(void)state;
	accept_file("stream: { retention: { max_age = \"0\"; unread = "
		    "\"drop\"; ignore = (\"old\", \"older\");\n"
		    "ceiling = 2000000; }; };\n" RUN);
	assert_int_equal(set.retention.max_age_msecs, 0);
	assert_int_equal(set.retention.unread, SETTINGS_UNREAD_DROP);
	assert_int_equal(set.retention.ignore.count, 2);
	assert_string_equal(set.retention.ignore.names[1], "older");
	assert_int_equal(set.retention.ceiling, 2000000);
	accept_file("stream: { retention: { ignore = (); }; };\n" RUN);
	assert_int_equal(set.retention.ignore.count, 0);
	refuse_setting("stream: { retention: { ignore = \"old\"; }; };",
		       "t.conf:1: stream.retention.ignore: expected a list of "
		       "names, (\"old\", \"older\")");
	refuse_setting("stream: { retention: { ignore = (\"a\", \"b\", "
		       "\"c\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\"); "
		       "}; };",
		       "t.conf:1: stream.retention.ignore: expected up to 8 "
		       "names");
	refuse_setting("stream: { retention: { ignore = (\"\"); }; };",
		       "t.conf:1: stream.retention.ignore: must not be empty");
	refuse_setting("stream: { retention: { ignore = (3); }; };",
		       "t.conf:1: stream.retention.ignore: expected a list of "
		       "names, (\"old\", \"older\")");
	refuse("stream: { retention: { ignore = (\"old\", \"points\"); }; "
	       "};\n" RUN,
	       "t.conf:1: stream.retention.ignore: \"points\" is a group of "
	       "this configuration");
	refuse_setting("stream: { retention: { ceiling = 1000000; }; };",
		       "t.conf:1: stream.retention.ceiling: not above "
		       "retention.max_entries (1000000)");
	refuse_setting("stream: { retention: { unread = \"lose\"; }; };",
		       "t.conf:1: stream.retention.unread: \"lose\"; expected "
		       "one of keep, drop");
}

static void a_word_stands_for_its_number(void **state)
{
	static const char *const words[SETTINGS_RESTART_COUNT] = { "always",
								   "on-failure",
								   "never" };
	static const char *const targets[] = { "auto", "syslog", "stderr" };
	char file[256];

	(void)state;
	for (int i = 0; i < SETTINGS_RESTART_COUNT; i++) {
		(void)snprintf(file, sizeof(file),
			       "groups = ({ name = \"p\"; program = \"push\"; "
			       "restart = \"%s\"; });\n",
			       words[i]);
		accept_file(file);
		assert_int_equal(set.groups[0].restart, i);
	}
	for (int i = LOG_TO_AUTO; i <= LOG_TO_STDERR; i++) {
		(void)snprintf(file, sizeof(file), "log: { to = \"%s\"; };\n%s",
			       targets[i], RUN);
		accept_file(file);
		assert_int_equal(set.log.to, i);
	}
	refuse_in_group("restart = \"on\";",
			"t.conf:2: groups.p.restart: \"on\"; expected one of "
			"always, on-failure, never");
	refuse_in_group("restart = 1;",
			"t.conf:2: groups.p.restart: expected a word in "
			"quotes");
}

static void instances_are_a_number_or_a_range(void **state)
{
	(void)state;
	accept_file("groups = ({ name = \"p\"; program = \"push\";\n"
		    "  instances = { min = 2; max = 9; target_age = \"10s\"; "
		    "}; max_rss = \"64MiB\"; recycle_after = 1000; });\n");
	assert_int_equal(set.groups[0].instances, 2);
	assert_true(settings_scales(&set.groups[0]));
	assert_int_equal(set.groups[0].scale.max, 9);
	assert_int_equal(set.groups[0].scale.target_age_msecs, 10000);
	assert_int_equal(set.groups[0].max_rss_bytes, 64 << 20);
	assert_int_equal(set.groups[0].recycle_after, 1000);
	assert_int_equal(settings_instances(&set.groups[0], 0), 2);
	assert_int_equal(settings_instances(&set.groups[0], 5), 5);
	assert_int_equal(settings_instances(&set.groups[0], 50), 9);
	accept_file("groups = ({ name = \"p\"; program = \"push\";\n"
		    "  instances: { min = 3; max = 3; }; });\n");
	assert_int_equal(set.groups[0].instances, 3);
	assert_false(settings_scales(&set.groups[0]));
	accept_file("groups = ({ name = \"p\"; program = \"push\";\n"
		    "  instances = 4; });\n");
	assert_false(settings_scales(&set.groups[0]));
	assert_int_equal(settings_instances(&set.groups[0], 9), 4);
	refuse_in_group("instances = { min = 3; max = 2; };",
			"t.conf:2: groups.p.instances.max: below "
			"instances.min (3)");
	refuse_in_group("instances = { min = 3; };",
			"t.conf:2: groups.p.instances.max: is missing");
	refuse_in_group("instances = { max = 3; colour = 4; };",
			"t.conf:2: groups.p.instances.colour: unknown setting "
			"(did you mean groups.instances.min?)");
	refuse_in_group("instances = { min = 0; max = 3; };",
			"t.conf:2: groups.p.instances.min: 0; expected 1 to "
			"256 processes");
	refuse_in_group("instances = { max = 3; target_age = \"10ms\"; };",
			"t.conf:2: groups.p.instances.target_age: \"10ms\"; "
			"expected 1s to 1h");
	refuse_in_group("instances = \"4\";",
			"t.conf:2: groups.p.instances: expected a whole "
			"number");
	refuse_in_group("max_rss = \"1MiB\";",
			"t.conf:2: groups.p.max_rss: below 16MiB every "
			"instance would be replaced again and again");
	refuse("groups = ({ name = \"x\"; program = \"xread\";\n"
	       "  instances = { max = 2; }; });\n",
	       "t.conf:2: groups.x.instances: program \"xread\" shares no "
	       "work; write a number");
}

static void the_amount_is_a_field_or_a_product(void **state)
{
	(void)state;
	accept_file("fields: { amount = \"total\"; };\n" RUN);
	assert_string_equal(set.fields.amount[0], "total");
	assert_int_equal(set.fields.amount_factor_count, 1);
	assert_int_equal(set.fields.amount_scale, 1);
	accept_file(
		"fields: { amount: { product = (\"a\", \"b\", \"c\", \"d\");\n"
		"  scale = 1000; }; };\n" RUN);
	assert_int_equal(set.fields.amount_factor_count, 4);
	assert_string_equal(set.fields.amount[3], "d");
	assert_int_equal(set.fields.amount_scale, 1000);
	accept_file("fields: { amount: { product = [\"a\"]; }; };\n" RUN);
	assert_int_equal(set.fields.amount_factor_count, 1);

	refuse_setting("fields: { amount: { product = (); }; };",
		       "t.conf:1: fields.amount.product: expected 1 to 4 field "
		       "names");
	refuse_setting("fields: { amount: { product = (1); }; };",
		       "t.conf:1: fields.amount.product: expected a list of "
		       "field names, (\"price\", \"quantity\")");
	refuse_setting("fields: { amount: { scale = 20; }; };",
		       "t.conf:1: fields.amount.scale: 20; expected a power of "
		       "ten from 1 to 1000000000");
	refuse_setting("fields: { amount = 5; };",
		       "t.conf:1: fields.amount: expected a field name in "
		       "quotes, or { product, scale }");
}

static void an_unknown_setting_is_refused_with_the_nearest(void **state)
{
	(void)state;
	refuse("groups = ({ name = \"points\"; program = \"points\";\n"
	       "  batchs = 3; });\n",
	       "t.conf:2: groups.points.batchs: unknown setting (did you mean "
	       "groups.batch?)");
	refuse_setting("redis: { ur = \"x\"; };",
		       "t.conf:1: redis.ur: unknown setting (did you mean "
		       "redis.url?)");
	refuse_setting("redi: { url = \"x\"; };",
		       "t.conf:1: redi: unknown setting (did you mean redis?)");
	refuse_setting("colour = true;", "t.conf:1: colour: unknown setting");
	refuse_setting("url = \"redis://h\";",
		       "t.conf:1: url: unknown setting");
}

static void a_value_of_the_wrong_type_is_refused(void **state)
{
	(void)state;
	refuse_setting("node = 5;",
		       "t.conf:1: node: expected a text in quotes");
	refuse_setting("redis: { retry_max = 5; };",
		       "t.conf:1: redis.retry_max: expected a duration in "
		       "quotes, such as \"30s\"");
	refuse_setting("redis: { max_reply = 5L; };",
		       "t.conf:1: redis.max_reply: expected a size in quotes, "
		       "such as \"64MiB\"");
	refuse_setting("log: { level = 6; };",
		       "t.conf:1: log.level: expected a word in quotes");
	refuse_setting("redis = \"redis://h\";",
		       "t.conf:1: redis: expected a section { ... }");
	refuse_setting("node = { a = 1; };",
		       "t.conf:1: node: expected a text in quotes");
	refuse_in_group("batch = \"7\";",
			"t.conf:2: groups.p.batch: expected a whole number");
	refuse_in_group("batch = 7.0;",
			"t.conf:2: groups.p.batch: expected a whole number");
	refuse_in_group("batch = true;",
			"t.conf:2: groups.p.batch: expected a whole number");
	refuse_in_group("retry = 5;",
			"t.conf:2: groups.p.retry: expected a section { ... }");
}

static void a_value_out_of_range_is_refused_with_the_range(void **state)
{
	(void)state;
	refuse_in_group("batch = 1025;", "t.conf:2: groups.p.batch: 1025; "
					 "expected 1 to 1024 entries");
	refuse_in_group("instances = -1;",
			"t.conf:2: groups.p.instances: -1; expected 0 to 256 "
			"processes");
	refuse_setting("redis: { connect_timeout = \"61s\"; };",
		       "t.conf:1: redis.connect_timeout: \"61s\"; expected "
		       "10ms to 1m");
	refuse_setting("redis: { connect_timeout = \"3\"; };",
		       "t.conf:1: redis.connect_timeout: \"3\"; expected 10ms "
		       "to 1m");
	refuse_setting("redis: { max_reply = \"1GiB\"; };",
		       "t.conf:1: redis.max_reply: \"1GiB\"; expected 1MiB to "
		       "512MiB");
	refuse_setting("log: { to = \"file\"; };",
		       "t.conf:1: log.to: \"file\"; expected one of auto, "
		       "syslog, stderr");
	refuse_in_group("push: { transport = \"fcm\"; };",
			"t.conf:2: groups.p.push.transport: \"fcm\"; expected "
			"log");
	refuse_setting("stream: { key = \"\"; };",
		       "t.conf:1: stream.key: must not be empty");
	refuse_in_group(
		"name2 = 1; retry: { base = \"10m\"; };",
		"t.conf:2: groups.p.name2: unknown setting (did you mean "
		"groups.name?)\n"
		"t.conf:2: groups.p.retry.max: below retry.base (10m)");
}

static void a_text_that_breaks_its_rule_is_refused(void **state)
{
	(void)state;
	refuse_setting("stream: { key = \"a{}\"; };",
		       "t.conf:1: stream.key: braces only as one hash tag that "
		       "is not empty, such as \"{shop}:orders\"");
	refuse_setting("stream: { key = \"a\\x01\"; };",
		       "t.conf:1: stream.key: no control bytes here");
	refuse_setting("stream: { key = \"a\\xff\"; };",
		       "t.conf:1: stream.key: no valid UTF-8");
	refuse_setting("redis: { url = \"rediss://h\"; };",
		       "t.conf:1: redis.url: TLS is not built in; use redis:// "
		       "or unix://");
	refuse_setting("supervisor: { control = \"run/c.sock\"; };",
		       "t.conf:1: supervisor.control: write an absolute path");
	refuse_in_group("start = \"5\";",
			"t.conf:2: groups.p.start: write \"0\" (everything), "
			"\"$\" (what comes from now on) or an entry id such as "
			"\"1714060800000-0\"");
	refuse_in_group("push: { paid_body = \"order {orderno\"; };",
			"t.conf:2: groups.p.push.paid_body: a brace without "
			"its partner at byte 7; write {field}, or {{ and }} "
			"for braces themselves");
	refuse("groups = ({ name = \"a\"; program = \"../sh\"; });\n",
	       "t.conf:1: groups.a.program: only lower-case letters, digits "
	       "and \"-\"");
	refuse("groups = ({ name = \"a:b\"; program = \"push\"; });\n",
	       "t.conf:1: groups[1].name: only letters, digits, \"_\" and "
	       "\"-\"");
}

static void braces_in_keys_and_templates_are_told_apart(void **state)
{
	static const char *const good[] = { "{shop}:orders", "orders{1}x",
					    "{a}" };
	static const char *const bad[] = { "{",      "}",    "{}x",  "}a{",
					   "{a}{b}", "{{a}", "{a}}", "{a}{}" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "stream: { key = \"%s\"; };\n" RUN, good[i]);
		accept_file(text);
		assert_string_equal(set.stream_key, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "stream: { key = \"%s\"; };",
			       bad[i]);
		refuse_setting(text,
			       "t.conf:1: stream.key: braces only as one hash "
			       "tag that is not empty, such as "
			       "\"{shop}:orders\"");
	}
}

static void a_password_in_the_url_is_not_repeated(void **state)
{
	(void)state;
	refuse_setting(
		"redis: { url = \"redis://u:hunter2@h\"; };",
		"t.conf:1: redis.url: no user and no password here: they "
		"belong to redis.user and redis.password_file");
}

static void groups_are_complete_and_unique(void **state)
{
	(void)state;
	accept_file("node = \"n\";\n");
	assert_int_equal(set.group_count, 0);
	refuse("\ngroups = ();\n", "t.conf:2: groups: nothing to run");
	refuse("groups = { name = \"a\"; };\n",
	       "t.conf:1: groups: expected a list ( { ... }, { ... } )");
	refuse("groups = (\n5);\n",
	       "t.conf:2: groups[1]: expected a group { ... }");
	refuse("groups = (\n{ name = \"a\"; },\n{ program = \"push\"; });\n",
	       "t.conf:2: groups.a.program: is missing\n"
	       "t.conf:3: groups[2].name: is missing");
	refuse("groups = (\n{ name = \"a\"; program = \"push\"; },\n"
	       "{ program = \"push\";\nname = \"a\"; });\n",
	       "t.conf:4: groups.a.name: there is another group of that name");
}

static void there_are_at_most_sixteen_groups(void **state)
{
	char text[4096] = "groups = (";

	(void)state;
	for (int i = 0; i < 17; i++)
		(void)snprintf(text + strlen(text), 64,
			       "%s\n{ name = \"g%d\"; program = \"push\"; }",
			       i == 0 ? "" : ",", i);
	(void)strcat(text, ");\n");
	refuse(text, "t.conf:18: groups: more than 16");
}

static void a_section_belongs_to_the_program_of_its_group(void **state)
{
	(void)state;
	refuse_in_group("points: { per = 5; };",
			"t.conf:2: groups.p.points: a section for program "
			"\"points\", but this group's program is \"push\"");
	refuse_in_group("xread: { };",
			"t.conf:2: groups.p.xread: a section for program "
			"\"xread\", but this group's program is \"push\"");
	refuse("groups = ({ name = \"a\"; push: { }; program = \"audit\"; "
	       "});\n",
	       "t.conf:1: groups.a.push: a section for program \"push\", but "
	       "this group's program is \"audit\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_arrive_in_their_units),
		cmocka_unit_test(retention_keeps_for_whom_it_should),
		cmocka_unit_test(a_word_stands_for_its_number),
		cmocka_unit_test(instances_are_a_number_or_a_range),
		cmocka_unit_test(the_amount_is_a_field_or_a_product),
		cmocka_unit_test(
			an_unknown_setting_is_refused_with_the_nearest),
		cmocka_unit_test(a_value_of_the_wrong_type_is_refused),
		cmocka_unit_test(
			a_value_out_of_range_is_refused_with_the_range),
		cmocka_unit_test(a_text_that_breaks_its_rule_is_refused),
		cmocka_unit_test(braces_in_keys_and_templates_are_told_apart),
		cmocka_unit_test(a_password_in_the_url_is_not_repeated),
		cmocka_unit_test(groups_are_complete_and_unique),
		cmocka_unit_test(there_are_at_most_sixteen_groups),
		cmocka_unit_test(a_section_belongs_to_the_program_of_its_group),
	};

	return cmocka_run_group_tests_name(
		"conf rules", tests, conf_fixture_enter, conf_fixture_leave);
}
