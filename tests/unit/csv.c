#include "config.h"

#include "lib/base/err.h"
#include "producers/sources/csv.h"
#include "producers/sources/source.h"
#include "tests/fixtures/source_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT ((size_t)256 * 1024)

static void check(const char *bytes, const char *expected)
{
	source_check(csv_open, bytes, expected);
}

static void reads_plain_cells(void **state)
{
	(void)state;
	check("a,b\n1,2\n3,4\n", "2 a=1; b=2;\n3 a=3; b=4;\n");
	check("a,b\r\n1,2\r\n3,4\r\n", "2 a=1; b=2;\n3 a=3; b=4;\n");
	check("a,b\n1,2", "2 a=1; b=2;\n");
	check("a,b\n 1 ,2", "2 a= 1 ; b=2;\n");
}

static void reads_quoted_cells(void **state)
{
	(void)state;
	check("\"a\",\"b\"\n\"1,\"\"x\"\"\",\"2\n\r\n3\"\n4,5\n",
	      "2 a=1,\"x\"; b=2\\x0a\\x0d\\x0a3;\n5 a=4; b=5;\n");
	check("a,b\r\n\"1\",\"2\"\r\n\"\"\"\",\"\"\"\"\"\"\r\n",
	      "2 a=1; b=2;\n3 a=\"; b=\"\";\n");
	check("a\n\"x\r\"\n", "2 a=x\\x0d;\n");
}

/* Taking quotes off moves what is behind them, also in the same cell. */
static void what_follows_a_quote_moves_up(void **state)
{
	(void)state;
	check("a,b,c\n\"one\"\"two\"\"three\",plain words,\"x,\"\"y\"\"\"\n"
	      "more,of,them\n",
	      "2 a=one\"two\"three; b=plain words; c=x,\"y\";\n"
	      "3 a=more; b=of; c=them;\n");
	check("a,b\n\"long enough\",cr\rin the midst\r\n\"\",\"z\"\n",
	      "2 a=long enough; b=cr\\x0din the midst;\n3 b=z;\n");
}

static void an_empty_cell_is_left_out(void **state)
{
	(void)state;
	check("a,b,c\n,2,\n\"\",,3\n,,\n", "2 b=2;\n3 c=3;\n4\n");
}

static void an_empty_line_is_no_record(void **state)
{
	(void)state;
	check("\n\r\na\n\n1\n\r\n2\n\n", "5 a=1;\n7 a=2;\n");
	check("a\n\"\"\n", "2\n");
}

static void takes_a_byte_order_mark_off(void **state)
{
	(void)state;
	check("\xef\xbb\xbf\"a\",b\n1,2\n", "2 a=1; b=2;\n");
	check("\xef\xbb,b\n1,2\n", "2 \\xef\\xbb=1; b=2;\n");
}

static void other_bytes_are_data(void **state)
{
	static const char bytes[] = "a,b\n\0x,\xff\rz\n";

	(void)state;
	source_check_bytes(csv_open, bytes, sizeof(bytes) - 1,
			   "2 a=\\x00x; b=\\xff\\x0dz;\n");
}

static void a_ragged_record_is_rejected(void **state)
{
	(void)state;
	check("a,b\n1\n1,2\n1,2,3\n,\n",
	      "2! 1 instead of 2 cells\n3 a=1; b=2;\n"
	      "4! 3 instead of 2 cells\n5\n");
}

static void a_misplaced_quote_is_rejected(void **state)
{
	(void)state;
	check("a,b\n1\"x,2\n3,4\n",
	      "2! a quote in a cell that does not begin with one\n"
	      "3 a=3; b=4;\n");
	check("a,b\n\"1\"x,2\n\"1\"\rx,2\n3,4\n",
	      "2! text behind a closing quote\n"
	      "3! text behind a closing quote\n4 a=3; b=4;\n");
}

static void an_open_quote_is_named_by_its_line(void **state)
{
	(void)state;
	check("a,b\n1,2\n\"3\n\",\"4\n5,6\n",
	      "2 a=1; b=2;\n3! the quote opened in line 4 is never closed\n");
}

static void a_bad_header_fails(void **state)
{
	(void)state;
	check("", "fail: empty, and so without a header\n");
	check("\n\n", "fail: empty, and so without a header\n");
	check("a,,c\n1,2,3\n", "fail: line 1: header: column 2 has no name\n");
	check("a,b,a\n1,2,3\n",
	      "fail: line 1: header: column 3 has the name of column "
	      "1\n");
	check("a\rb\n1\n",
	      "fail: line 1: header: column 1: a control byte in its "
	      "name\n");
	check("\"a\n", "fail: line 1: header: the quote opened in line 1 is "
		       "never closed\n");
}

static void a_header_has_at_most_1024_columns(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	for (int i = 0; i <= 1024; i++)
		fprintf(file, "%sc%d", i == 0 ? "" : ",", i);
	fputs("\n1\n", file);
	fclose(file);
	source_check_file(csv_open, text, length,
			  "fail: line 1: header: 1025 columns, at most "
			  "1024\n");
	free(text);
}

static void a_giant_record_is_rejected_and_passed(void **state)
{
	const size_t giant = 1000 * 1000;
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	fputs("a,b\n1,2\n\"", file);
	for (size_t i = 0; i < giant; i++)
		fputc(i % 100 == 99 ? '\n' : ',', file);
	fputs("\",x\n3,4\n", file);
	fclose(file);
	source_check_file(
		csv_open, text, length,
		"2 a=1; b=2;\n3! record over 256 KiB\n10004 a=3; b=4;\n");
	free(text);
}

/* A record of bytes bytes, its line end included, is the last. */
static enum source_event last_event(size_t bytes, size_t *value_bytes_r)
{
	char *text = malloc(bytes);
	char path[] = "/tmp/omq-csv-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct source_item item = { 0 };
	enum source_event event;
	struct source *source;
	struct err err;

	assert_true(text != NULL && file != NULL);
	memset(text, 'x', bytes);
	text[bytes - 1] = '\n';
	fputs("a\n1\n", file);
	fwrite(text, 1, bytes, file);
	fclose(file);
	free(text);

	assert_int_equal(csv_open(path, &source, &err), 0);
	assert_int_equal(source->next(source, &item, &err), SOURCE_ORDER);
	event = source->next(source, &item, &err);
	*value_bytes_r = event == SOURCE_ORDER ? item.pairs[1].length : 0;
	assert_int_equal(item.line, 3);
	source_close(&source);
	remove(path);
	return event;
}

static void the_limit_of_a_record_is_256_kib(void **state)
{
	size_t bytes;

	(void)state;
	assert_int_equal(last_event(LIMIT, &bytes), SOURCE_ORDER);
	assert_int_equal(bytes, LIMIT - 1);
	assert_int_equal(last_event(LIMIT + 1, &bytes), SOURCE_REJECT);
}

static void a_missing_file_fails_to_open(void **state)
{
	struct source_item item;
	struct source *source;
	struct err err;

	(void)state;
	assert_int_equal(csv_open("/nonexistent/x.csv", &source, &err), -1);
	assert_int_equal(err.class, ERR_REJECT);
	assert_non_null(strstr(err.text, "/nonexistent/x.csv: "));
	assert_int_equal(csv_open("/", &source, &err), 0);
	assert_int_equal(source->next(source, &item, &err), SOURCE_FAILED);
	assert_int_equal(err.class, ERR_REJECT);
	source_close(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_plain_cells),
		cmocka_unit_test(reads_quoted_cells),
		cmocka_unit_test(what_follows_a_quote_moves_up),
		cmocka_unit_test(an_empty_cell_is_left_out),
		cmocka_unit_test(an_empty_line_is_no_record),
		cmocka_unit_test(takes_a_byte_order_mark_off),
		cmocka_unit_test(other_bytes_are_data),
		cmocka_unit_test(a_ragged_record_is_rejected),
		cmocka_unit_test(a_misplaced_quote_is_rejected),
		cmocka_unit_test(an_open_quote_is_named_by_its_line),
		cmocka_unit_test(a_bad_header_fails),
		cmocka_unit_test(a_header_has_at_most_1024_columns),
		cmocka_unit_test(a_giant_record_is_rejected_and_passed),
		cmocka_unit_test(the_limit_of_a_record_is_256_kib),
		cmocka_unit_test(a_missing_file_fails_to_open),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
