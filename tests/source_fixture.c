#include "config.h"

#include "tests/source_fixture.h"

#include "lib/base/err.h"
#include "producers/sources/source.h"

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

static void record_pairs(FILE *record, const struct source_item *item)
{
	char name[256], value[256];

	for (size_t i = 0; i < 2 * item->pair_count; i += 2)
		fprintf(record, " %s=%s;",
			text_show(item->pairs[i], name, sizeof(name)),
			text_show(item->pairs[i + 1], value, sizeof(value)));
}

/* The failure without the name of the source before it. */
static const char *failure_of(const struct source *source,
			      const struct err *err)
{
	size_t length = strlen(source->name);

	assert_memory_equal(err->text, source->name, length);
	assert_memory_equal(err->text + length, ": ", 2);
	return err->text + length + 2;
}

/* Take what the source gives now. Returns false when it waits for more. */
static bool drain(struct source *source, FILE *record)
{
	struct source_item item;
	struct err err;

	for (;;) {
		switch (source->next(source, &item, &err)) {
		case SOURCE_ORDER:
			fprintf(record, "%u", (unsigned int)item.line);
			record_pairs(record, &item);
			fputc('\n', record);
			break;
		case SOURCE_REJECT:
			fprintf(record, "%u! %s\n", (unsigned int)item.line,
				item.reason);
			break;
		case SOURCE_FAILED:
			fprintf(record, "fail: %s\n", failure_of(source, &err));
			return true;
		case SOURCE_END:
			return true;
		case SOURCE_FLUSH:
			fputs("flush\n", record);
			break;
		case SOURCE_LATER:
			return false;
		}
	}
}

static void put(int fd, const char *bytes, size_t length)
{
	assert_int_equal(write(fd, bytes, length), length);
}

/* stdin becomes the reading end of a new pipe. Returns the writing end. */
static int pipe_to_stdin(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	return ends[1];
}

static void check_cut(source_open_fn *open_source, const char *bytes,
		      size_t length, size_t cut, const char *expected)
{
	int end = pipe_to_stdin();
	struct source *source;
	char *text = NULL;
	size_t used;
	FILE *record = open_memstream(&text, &used);
	struct err err;
	bool is_done;

	assert_int_equal(open_source("-", &source, &err), 0);
	put(end, bytes, cut);
	is_done = drain(source, record);
	if (!is_done)
		put(end, bytes + cut, length - cut);
	close(end);
	assert_true(is_done || drain(source, record));
	source_close(&source);
	fclose(record);
	assert_string_equal(text, expected);
	free(text);
}

void source_check_bytes(source_open_fn *open_source, const char *bytes,
			size_t length, const char *expected)
{
	for (size_t cut = 0; cut <= length; cut++)
		check_cut(open_source, bytes, length, cut, expected);
}

void source_check(source_open_fn *open_source, const char *bytes,
		  const char *expected)
{
	source_check_bytes(open_source, bytes, strlen(bytes), expected);
}

char *source_record(struct source *source)
{
	char *text = NULL;
	size_t used;
	FILE *record = open_memstream(&text, &used);

	assert_true(drain(source, record));
	source_close(&source);
	fclose(record);
	return text;
}

void source_check_file(source_open_fn *open_source, const char *bytes,
		       size_t length, const char *expected)
{
	char path[] = "/tmp/omq-source-XXXXXX";
	int fd = mkstemp(path);
	struct source *source;
	struct err err;
	char *text;

	assert_true(fd >= 0);
	put(fd, bytes, length);
	close(fd);
	assert_int_equal(open_source(path, &source, &err), 0);
	unlink(path);
	text = source_record(source);
	assert_string_equal(text, expected);
	free(text);
}
