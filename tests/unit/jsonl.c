#include "config.h"

#include "lib/base/err.h"
#include "producers/sources/jsonl.h"
#include "producers/sources/source.h"
#include "tests/fixtures/source_fixture.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* poll() as if a signal had come. */
static bool is_interrupted;
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (!is_interrupted)
		return __real_poll(fds, count, timeout);
	errno = EINTR;
	return -1;
}

static void check(const char *bytes, const char *expected)
{
	source_check(jsonl_open, bytes, expected);
}

static void reads_flat_objects(void **state)
{
	(void)state;
	check("{\"a\":\"x\",\"b\":-12,\"c\":true,\"d\":false,\"e\":\"\"}\n{}\n",
	      "1 a=x; b=-12; c=true; d=false; e=;\n2\n");
	check("{\"a\":1}\r\n{\"a\":2}", "1 a=1;\n2 a=2;\n");
	check("{\"z\":1,\"a\":2,\"m\":3}\n", "1 z=1; a=2; m=3;\n");
}

static void a_null_is_left_out(void **state)
{
	(void)state;
	check("{\"a\":null,\"b\":1}\n", "1 b=1;\n");
}

static void a_string_is_published_as_its_bytes(void **state)
{
	(void)state;
	check("{\"a\":\"\\u00e9\\u0000\\n\"}\n", "1 a=\\xc3\\xa9\\x00\\x0a;\n");
}

static void a_line_of_blanks_is_no_order(void **state)
{
	(void)state;
	check("\n \t\r\n{\"a\":1}\n\n", "3 a=1;\n");
	check("", "");
}

static void takes_a_byte_order_mark_off(void **state)
{
	(void)state;
	check("\xef\xbb\xbf{\"a\":1}\n", "1 a=1;\n");
}

static void a_value_without_an_exact_text_is_rejected(void **state)
{
	(void)state;
	check("{\"a\":1.0}\n{\"a\":1e3}\n{\"a\":2}\n",
	      "1! a: a number with a fraction or an exponent\n"
	      "2! a: a number with a fraction or an exponent\n3 a=2;\n");
	check("{\"a\":9223372036854775807}\n", "1 a=9223372036854775807;\n");
	check("{\"a\":9223372036854775808}\n",
	      "1! no valid JSON: too big integer near "
	      "'9223372036854775808'\n");
}

static void a_nested_value_is_rejected(void **state)
{
	(void)state;
	check("{\"a\":{}}\n{\"a\":[1]}\n",
	      "1! a: a nested value\n2! a: a nested value\n");
}

static void what_is_no_object_is_rejected(void **state)
{
	(void)state;
	check("[1]\n{\"a\":1}\n", "1! no order: not a JSON object\n2 a=1;\n");
	check("{\"a\":1,\"a\":2}\n",
	      "1! no valid JSON: duplicate object key near '\"a\"'\n");
	check("{\"a\":1} {\n",
	      "1! no valid JSON: end of file expected near '{'\n");
}

static void more_than_128_fields_are_rejected(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	for (int i = 0; i < 129; i++)
		fprintf(file, "%c\"f%d\":%d", i == 0 ? '{' : ',', i, i);
	fputs("}\n{\"a\":1}\n", file);
	fclose(file);
	source_check_file(jsonl_open, text, length,
			  "1! f128: the field after 128 others\n2 a=1;\n");
	free(text);
}

static void a_giant_line_is_rejected_and_passed(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	fputs("{\"a\":1}\n{\"a\":\"", file);
	for (int i = 0; i < 600000; i++)
		fputc('x', file);
	fputs("\"}\n{\"a\":3}", file);
	fclose(file);
	source_check_file(jsonl_open, text, length,
			  "1 a=1;\n2! no order: line over 256 KiB\n3 a=3;\n");
	free(text);
}

/* Reading would wait, and nobody look at what the signal said. */
static void a_signal_in_the_look_for_more_is_no_readiness(void **state)
{
	struct source *source;
	struct source_item item;
	struct err err;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(jsonl_open("-", &source, &err), 0);
	is_interrupted = true;
	assert_int_equal(source->next(source, &item, &err), SOURCE_LATER);
	is_interrupted = false;
	assert_int_equal(write(ends[1], "{}\n", 3), 3);
	assert_int_equal(source->next(source, &item, &err), SOURCE_ORDER);
	source_close(&source);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_flat_objects),
		cmocka_unit_test(a_null_is_left_out),
		cmocka_unit_test(a_string_is_published_as_its_bytes),
		cmocka_unit_test(a_line_of_blanks_is_no_order),
		cmocka_unit_test(takes_a_byte_order_mark_off),
		cmocka_unit_test(a_value_without_an_exact_text_is_rejected),
		cmocka_unit_test(a_nested_value_is_rejected),
		cmocka_unit_test(what_is_no_object_is_rejected),
		cmocka_unit_test(more_than_128_fields_are_rejected),
		cmocka_unit_test(a_giant_line_is_rejected_and_passed),
		cmocka_unit_test(a_signal_in_the_look_for_more_is_no_readiness),
	};

	return cmocka_run_group_tests_name("jsonl", tests, NULL, NULL);
}
