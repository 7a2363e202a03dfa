#include "config.h"

#include "tests/fixtures/conf_fixture.h"

#include "lib/settings/conf.h"
#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

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
	accept_file(
		"# 4294967299 @include\n// 0x10 \"\n/* 4294967299\n 010 */\n"
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
	accept_file("");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests_name(
		"conf text", tests, conf_fixture_enter, conf_fixture_leave);
}
