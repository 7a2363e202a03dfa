#include "config.h"

#include "lib/base/options.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a command line gives. */
struct given {
	const char *text;
	bool flag, quiet;
	int64_t number, msecs, moment;
	const char *colour;
};

static int colour_take(void *value, const char *text, struct err *err)
{
	if (strcmp(text, "red") != 0)
		return err_set(err, ERR_REJECT, "red is needed");
	*(const char **)value = text;
	return 0;
}

#define WORDS 8

/* Read the words behind the name of the program, up to NULL. */
static int parse(const char *const *words, struct given *given, int *operand_r,
		 char **argv, struct err *err)
{
	const struct options_row rows[] = {
		options_text('t', "text", "TEXT", "a text", &given->text),
		options_heading("More:"),
		options_flag('f', "flag", "a flag", &given->flag),
		options_flag(0, "quiet", NULL, &given->quiet),
		options_number('n', "number", "N", "a number", &given->number,
			       1, 10),
		options_duration(0, "time", "TIME", "a time", &given->msecs, 0,
				 60000),
		options_moment(0, "moment", "MOMENT", "a moment",
			       &given->moment),
		options_take(0, "colour", "COLOUR", "a colour", colour_take,
			     &given->colour),
		options_end(),
	};
	const struct options options = { "program", "usage: program\n", "end\n",
					 rows, false };
	int argc = 1;

	argv[0] = (char *)"program";
	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc] = NULL;
	return options_parse(&options, argc, argv, operand_r, err);
}

static void every_kind_of_value_is_taken(void **state)
{
	static const char *const words[] = {
		"-t",           "some",      "first",
		"-fn10",        "--time=1m", "--moment=1970-01-01T00:00:01Z",
		"--colour=red", "second",    NULL
	};
	struct given given = { 0 };
	char *argv[WORDS + 2];
	int operand = 0;
	struct err err;

	(void)state;
	assert_int_equal(parse(words, &given, &operand, argv, &err), 0);
	assert_string_equal(given.text, "some");
	assert_true(given.flag);
	assert_false(given.quiet);
	assert_int_equal(given.number, 10);
	assert_int_equal(given.msecs, 60000);
	assert_int_equal(given.moment, 1000);
	assert_string_equal(given.colour, "red");
	assert_int_equal(operand, 7);
	assert_string_equal(argv[7], "first");
	assert_string_equal(argv[8], "second");
}

static void what_follows_two_dashes_is_no_option(void **state)
{
	static const char *const words[] = { "--quiet", "--", "-f", NULL };
	struct given given = { 0 };
	char *argv[WORDS + 2];
	int operand = 0;
	struct err err;

	(void)state;
	assert_int_equal(parse(words, &given, &operand, argv, &err), 0);
	assert_true(given.quiet);
	assert_false(given.flag);
	assert_string_equal(argv[operand], "-f");
}

static void a_text_may_be_given_several_times(void **state)
{
	const char *argv[] = { "program", "--log", "a", "--log=b", NULL };
	const char *logs[5] = { NULL };
	const struct options_row rows[] = {
		options_texts(0, "log", "FILE", NULL, logs),
		options_end(),
	};
	const struct options options = { "program", NULL, NULL, rows, false };
	int operand = 0;
	struct err err;

	(void)state;
	assert_int_equal(
		options_parse(&options, 4, (char **)argv, &operand, &err), 0);
	assert_string_equal(logs[0], "a");
	assert_string_equal(logs[1], "b");
	assert_null(logs[2]);
}

/* A verb has options of its own, which may have the letters of --help. */
static void what_follows_an_operand_may_be_left_to_others(void **state)
{
	const char *argv[] = { "program", "-h", "verb", "-h", NULL };
	bool help = false;
	const struct options_row rows[] = {
		options_flag('h', "help", NULL, &help),
		options_end(),
	};
	const struct options options = { "program", NULL, NULL, rows, true };
	int operand = 0;
	struct err err;

	(void)state;
	assert_int_equal(
		options_parse(&options, 4, (char **)argv, &operand, &err), 0);
	assert_true(help);
	assert_int_equal(operand, 2);
	assert_string_equal(argv[3], "-h");
}

static void a_wrong_line_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *words[3];
		const char *reason;
	} wrong[] = {
		{ { "-n", "0" },
		  "--number: 0: a whole number from 1 to 10 is needed" },
		{ { "--number=11" },
		  "--number: 11: a whole number from 1 to 10 is needed" },
		{ { "--number", "1x" },
		  "--number: 1x: a whole number from 1 to 10 is needed" },
		{ { "--time", "1" },
		  "--time: 1: a duration such as 30s or 7d is needed" },
		{ { "--time", "2m" },
		  "--time: 2m: a duration of at most 1m is needed" },
		{ { "--moment", "now" },
		  "--moment: now: a time such as 2026-11-11T00:00:00Z is "
		  "needed" },
		{ { "--colour", "blue" }, "--colour: blue: red is needed" },
		{ { "--number" }, "--number: its argument is missing" },
		{ { "-n" }, "-n: its argument is missing" },
		{ { "--none" }, "--none: no such option" },
		{ { "--none=1" }, "--none=1: no such option" },
		{ { "-fx" }, "-x: no such option" },
		{ { "--flag", "-xf" }, "-x: no such option" },
		{ { "-5" }, "-5: no such option" },
		{ { "--flag=1" }, "--flag: takes no value" },
		{ { "--help=1" }, "--help: takes no value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct given given = { 0 };
		char *argv[WORDS + 2];
		int operand = 99;
		struct err err;

		assert_int_equal(
			parse(wrong[i].words, &given, &operand, argv, &err),
			-1);
		assert_string_equal(err.text, wrong[i].reason);
		assert_int_equal(err.class, ERR_REJECT);
		assert_int_equal(operand, 99);
	}
}

static void help_has_each_row_that_has_a_description(void **state)
{
	static const char expected[] =
		"usage: program\n"
		"  -t, --text TEXT      a text\n"
		"More:\n"
		"  -f, --flag           a flag\n"
		"      --number-of-all N\n"
		"                       a description of more than one line, "
		"which "
		"is broken\n"
		"                       between words\n"
		"  -h, --help           print this text\n"
		"  -V, --version        print the version\n";
	const char *text;
	bool flag;
	int64_t number;
	const struct options_row rows[] = {
		options_text('t', "text", "TEXT", "a text", &text),
		options_heading("More:"),
		options_flag('f', "flag", "a flag", &flag),
		options_flag(0, "hidden", NULL, &flag),
		options_number(0, "number-of-all", "N",
			       "a description of more than one line, which is "
			       "broken between words",
			       &number, 1, 10),
		options_end(),
	};
	const struct options options = { "program", "usage: program\n", NULL,
					 rows, false };
	char found[1024] = "";
	FILE *out = fmemopen(found, sizeof(found), "w");

	(void)state;
	assert_non_null(out);
	options_print_help(&options, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(found, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_is_taken),
		cmocka_unit_test(what_follows_two_dashes_is_no_option),
		cmocka_unit_test(a_text_may_be_given_several_times),
		cmocka_unit_test(what_follows_an_operand_may_be_left_to_others),
		cmocka_unit_test(a_wrong_line_is_refused_with_the_reason),
		cmocka_unit_test(help_has_each_row_that_has_a_description),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
