#include "config.h"

#include "lib/conf.h"
#include "lib/err.h"
#include "lib/settings.h"

#include <fcntl.h>
#include <libconfig.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MSECS 10000

/* What every good file needs, in one line. */
#define RUN "groups = ({ name = \"points\"; program = \"points\"; });\n"

static struct settings set;

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

static void write_bytes(const char *bytes, size_t length)
{
	FILE *out = fopen("t.conf", "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, length, out), length);
	assert_int_equal(fclose(out), 0);
}

/* Text is a good file. */
static void accept(const char *text)
{
	struct err err = { .text = "" };
	int result;

	write_bytes(text, strlen(text));
	result = conf_load("t.conf", "node1", &set, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
}

static void refuse_path(const char *path, const char *complaints)
{
	struct err err = { .text = "" };

	memset(&set, 0x5a, sizeof(set));
	assert_int_equal(conf_load(path, "node1", &set, &err), -1);
	assert_string_equal(err.text, complaints);
	assert_int_equal(err.class, ERR_FATAL);
	assert_int_equal(set.node[0], 0x5a);
}

/* Text is no good file, and these are all the complaints. */
static void refuse(const char *text, const char *complaints)
{
	write_bytes(text, strlen(text));
	refuse_path("t.conf", complaints);
}

/* The same, with a group to run in the line behind text. */
static void refuse_setting(const char *text, const char *complaints)
{
	char file[4096];

	(void)snprintf(file, sizeof(file), "%s\n%s", text, RUN);
	refuse(file, complaints);
}

/* The same for a setting in a group, which stands in line 2. */
static void refuse_in_group(const char *text, const char *complaints)
{
	char file[4096];

	(void)snprintf(
		file, sizeof(file),
		"groups = ({ name = \"p\"; program = \"push\";\n%s });\n",
		text);
	refuse(file, complaints);
}

static void a_small_file_is_enough(void **state)
{
	(void)state;
	accept(RUN);
	assert_string_equal(set.node, "node1");
	assert_int_equal(set.group_count, 1);
	assert_string_equal(set.groups[0].name, "points");
	assert_int_equal(set.groups[0].batch, 256);
	assert_string_equal(set.stream_key, "ordermq");
}

static void values_arrive_in_their_units(void **state)
{
	(void)state;
	accept("redis: { connect_timeout = \"200ms\"; max_reply = \"2MiB\"; "
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

static void the_amount_is_a_field_or_a_product(void **state)
{
	(void)state;
	accept("fields: { amount = \"total\"; };\n" RUN);
	assert_string_equal(set.fields.amount[0], "total");
	assert_int_equal(set.fields.amount_factor_count, 1);
	assert_int_equal(set.fields.amount_scale, 1);
	accept("fields: { amount: { product = (\"a\", \"b\", \"c\", \"d\");\n"
	       "  scale = 1000; }; };\n" RUN);
	assert_int_equal(set.fields.amount_factor_count, 4);
	assert_string_equal(set.fields.amount[3], "d");
	assert_int_equal(set.fields.amount_scale, 1000);
	accept("fields: { amount: { product = [\"a\"]; }; };\n" RUN);
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
		accept(text);
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
	refuse("node = \"n\";\n", "t.conf: groups: nothing to run");
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

static void integers_that_would_wrap_are_refused(void **state)
{
	static const struct {
		const char *literal;
		const char *complaint;
	} cases[] = {
		{ "4294967299", "write an \"L\" behind a number of more than 9 "
				"digits" },
		{ "-2147483649", "write an \"L\" behind a number of more than "
				 "9 digits" },
		{ "0x100000003", "write numbers in decimal" },
		{ "0X1", "write numbers in decimal" },
		{ "010", "write numbers without leading zeroes" },
		{ "99999999999999999999L",
		  "no number has more than 18 digits here" },
		{ "4294967299L",
		  "groups.p.batch: 4294967299; expected 1 to 1024 entries" },
	};
	char text[128], complaint[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), "batch = %s;",
			       cases[i].literal);
		(void)snprintf(complaint, sizeof(complaint), "t.conf:2: %s",
			       cases[i].complaint);
		refuse_in_group(text, complaint);
	}
}

static void digits_in_texts_names_and_comments_are_no_numbers(void **state)
{
	(void)state;
	accept("# 4294967299 @include\n// 0x10 \"\n/* 4294967299\n 010 */\n"
	       "stream: { key = \"4294967299 # 010 @include \\\" /*\"; "
	       "};\n" RUN);
	assert_string_equal(set.stream_key, "4294967299 # 010 @include \" /*");
	refuse_setting("n4294967299-010 = 1;",
		       "t.conf:1: n4294967299-010: unknown setting");
}

static void a_duplicate_is_refused(void **state)
{
	(void)state;
	refuse_setting("node = \"a\";\nnode = \"b\";",
		       "t.conf:2: duplicate setting name");
}

static void an_include_is_refused_before_it_ends_the_parser(void **state)
{
	(void)state;
	refuse("node = \"a\";\n@include \".\"\n" RUN,
	       "t.conf:2: @include is not supported");
	refuse("  @include \"x\"\n@include \"/etc\"\n",
	       "t.conf:1: @include is not supported\n"
	       "t.conf:2: @include is not supported");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const char nul[] = "node = \"a\";\n\0\n" RUN;

	(void)state;
	write_bytes(nul, sizeof(nul) - 1);
	refuse_path("t.conf", "t.conf:2: a NUL byte");
	refuse("# \xc3\xa9\n# \xff\n" RUN, "t.conf:2: no valid UTF-8");
	refuse_setting("node = \"a\\x00b\";", "t.conf:1: a NUL byte (\\x00)");
	refuse("\xef\xbb\xbf" RUN, "t.conf:1: syntax error");
}

static void a_syntax_error_has_its_line(void **state)
{
	(void)state;
	refuse("node = \"a\";\n\nredis: {\n  url = ;\n};\n",
	       "t.conf:4: syntax error");
	refuse("node = \"a;\n" RUN,
	       "t.conf:2: the text that begins here has no closing quote\n"
	       "t.conf:2: syntax error");
	refuse(RUN "\n/* never closed\n",
	       "t.conf:3: the comment that begins here has no end");
}

static void all_complaints_come_at_once_in_the_order_of_lines(void **state)
{
	(void)state;
	refuse("log: { level = \"loud\"; };\n"
	       "groups = ({ name = \"a\"; program = \"push\"; batch = 0; });\n"
	       "colour = 1;\n"
	       "node = 4294967299;\n",
	       "t.conf:1: log.level: \"loud\"; expected one of emerg, alert, "
	       "crit, err, warning, notice, info, debug\n"
	       "t.conf:2: groups.a.batch: 0; expected 1 to 1024 entries\n"
	       "t.conf:3: colour: unknown setting\n"
	       "t.conf:4: write an \"L\" behind a number of more than 9 "
	       "digits");
}

static void what_does_not_fit_is_counted(void **state)
{
	struct err err;
	char text[4096] = "";

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)snprintf(text + strlen(text), 32, "colour%d = 1;\n", i);
	(void)strcat(text, RUN);
	write_bytes(text, strlen(text));
	assert_int_equal(conf_load("t.conf", "n", &set, &err), -1);
	assert_non_null(strstr(err.text,
			       "t.conf:13: colour12: unknown setting\n... and "
			       "87 more"));
	assert_int_equal(strlen(strstr(err.text, "\n... and ")),
			 strlen("\n... and 87 more"));
}

static void only_a_regular_file_is_read(void **state)
{
	(void)state;
	refuse_path("none.conf",
		    "none.conf: cannot be opened: No such file or directory");
	refuse_path(".", ".: is no regular file");
	assert_int_equal(mkfifo("fifo.conf", 0600), 0);
	refuse_path("fifo.conf", "fifo.conf: is no regular file");
	assert_int_equal(unlink("fifo.conf"), 0);
	refuse_path("/dev/zero", "/dev/zero: is no regular file");
	write_bytes("", 0);
	refuse_path("t.conf", "t.conf: groups: nothing to run");
}

static void a_link_to_a_file_is_fine(void **state)
{
	struct err err = { .text = "" };

	(void)state;
	write_bytes(RUN, strlen(RUN));
	assert_int_equal(symlink("t.conf", "link.conf"), 0);
	assert_int_equal(conf_load("link.conf", "n", &set, &err), 0);
	assert_int_equal(unlink("link.conf"), 0);
}

static void a_file_has_at_most_one_mebibyte(void **state)
{
	static char text[2 << 20];
	const size_t most = 1 << 20;
	struct err err = { .text = "" };

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, RUN, strlen(RUN));
	write_bytes(text, sizeof(text));
	refuse_path("t.conf", "t.conf: is larger than 1MiB");
	write_bytes(text, most + 1);
	refuse_path("t.conf", "t.conf: is larger than 1MiB");
	write_bytes(text, most);
	assert_int_equal(conf_load("t.conf", "n", &set, &err), 0);
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

/* In a directory of our own, so that complaints name "t.conf". */
static int enter_directory(void **state)
{
	static char dir[] = "/tmp/unit_conf.XXXXXX";

	*state = dir;
	return mkdtemp(dir) == NULL || chdir(dir) < 0 ? -1 : 0;
}

static int leave_directory(void **state)
{
	(void)unlink("t.conf");
	return chdir("/") < 0 || rmdir(*state) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_file_is_enough),
		cmocka_unit_test(values_arrive_in_their_units),
		cmocka_unit_test(the_amount_is_a_field_or_a_product),
		cmocka_unit_test(the_node_is_given_or_set_or_the_host),
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
		cmocka_unit_test(integers_that_would_wrap_are_refused),
		cmocka_unit_test(
			digits_in_texts_names_and_comments_are_no_numbers),
		cmocka_unit_test(a_duplicate_is_refused),
		cmocka_unit_test(
			an_include_is_refused_before_it_ends_the_parser),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_syntax_error_has_its_line),
		cmocka_unit_test(
			all_complaints_come_at_once_in_the_order_of_lines),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(only_a_regular_file_is_read),
		cmocka_unit_test(a_link_to_a_file_is_fine),
		cmocka_unit_test(a_file_has_at_most_one_mebibyte),
		cmocka_unit_test(a_parser_that_ends_takes_nobody_along),
		cmocka_unit_test(the_memfd_is_sealed_and_not_inherited),
		cmocka_unit_test(garbage_is_not_received),
		cmocka_unit_test(a_text_without_an_end_is_not_received),
		cmocka_unit_test(a_reload_waits_in_epoll_and_never_blocks),
		cmocka_unit_test(a_reader_can_be_aborted_at_any_time),
	};

	return cmocka_run_group_tests_name("conf", tests, enter_directory,
					   leave_directory);
}
