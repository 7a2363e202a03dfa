#include "config.h"

#include "lib/base/append.h"

#include "lib/base/err.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define CONTENT_BYTES (1024 * 1024)
#define WRITER_LINES 300

static char dir[64];
static char path[96];
static char other_path[96];

static int make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/omq-append-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/lines", dir);
	(void)snprintf(other_path, sizeof(other_path), "%s/lines.1", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(other_path);
	return rmdir(dir);
}

/* The whole file as a C string. */
static const char *content(const char *file)
{
	static char text[CONTENT_BYTES];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	assert_true(got >= 0);
	(void)close(fd);
	text[got] = '\0';
	return text;
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void put_line(struct append *append, const char *line)
{
	assert_int_equal(append_put(append, text_of(line)), 0);
	assert_int_equal(append_put(append, text_of("\n")), 0);
}

static void append_line(struct append *append, const char *line)
{
	struct err err;

	put_line(append, line);
	if (append_flush(append, &err) != 1)
		fail_msg("%s", err.text);
}

static void nothing_gathered_opens_no_file(void **state)
{
	struct append append;
	struct err err;

	(void)state;
	append_open(&append, path);
	assert_int_equal(append_flush(&append, &err), 1);
	assert_int_equal(access(path, F_OK), -1);
	append_close(&append);
}

static void lines_are_put_behind_what_is_there(void **state)
{
	struct append append;
	struct stat st;

	(void)state;
	append_open(&append, path);
	append_line(&append, "a");
	append_line(&append, "b");
	append_close(&append);
	append_line(&append, "c");
	append_close(&append);
	assert_string_equal(content(path), "a\nb\nc\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & S_IRWXO, 0);
}

static void a_torn_last_line_is_cut_off(void **state)
{
	struct append append;

	(void)state;
	write_file("whole\n{\"torn");
	append_open(&append, path);
	append_line(&append, "next");
	append_close(&append);
	assert_string_equal(content(path), "whole\nnext\n");
}

static void a_torn_line_of_any_length_is_cut_off(void **state)
{
	static const size_t lengths[] = { 4095, 4096, 4097, 100000 };
	struct append append;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = calloc(1, lengths[i] + sizeof("whole\n"));

		assert_non_null(text);
		(void)strcpy(text, "whole\n");
		memset(text + strlen(text), 'x', lengths[i]);
		write_file(text);
		append_open(&append, path);
		append_line(&append, "next");
		append_close(&append);
		assert_string_equal(content(path), "whole\nnext\n");
		write_file(text + strlen("whole\n"));
		append_line(&append, "next");
		append_close(&append);
		assert_string_equal(content(path), "next\n");
		free(text);
	}
}

static void a_renamed_file_is_opened_anew(void **state)
{
	struct append append;

	(void)state;
	append_open(&append, path);
	append_line(&append, "a");
	assert_int_equal(rename(path, other_path), 0);
	append_line(&append, "b");
	assert_string_equal(content(other_path), "a\n");
	assert_string_equal(content(path), "b\n");
	assert_int_equal(unlink(path), 0);
	append_line(&append, "c");
	assert_string_equal(content(path), "c\n");
	append_close(&append);
}

static void a_busy_file_is_left_alone_and_lines_stay_gathered(void **state)
{
	struct append append;
	struct err err;
	int fd;

	(void)state;
	append_open(&append, path);
	append_line(&append, "a");
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	put_line(&append, "b");
	assert_int_equal(append_flush(&append, &err), 0);
	assert_string_equal(content(path), "a\n");
	(void)close(fd);
	assert_int_equal(append_flush(&append, &err), 1);
	assert_string_equal(content(path), "a\nb\n");
	append_close(&append);
}

static void a_path_that_cannot_be_opened_is_told_and_lines_stay(void **state)
{
	char missing[160];
	struct append append;
	struct err err;

	(void)state;
	(void)snprintf(missing, sizeof(missing), "%s/later/lines", dir);
	append_open(&append, missing);
	put_line(&append, "a");
	assert_int_equal(append_flush(&append, &err), -1);
	assert_int_equal(err.class, ERR_RETRY);
	assert_non_null(strstr(err.text, missing));
	append.path = path;
	assert_int_equal(append_flush(&append, &err), 1);
	assert_string_equal(content(path), "a\n");
	append_close(&append);
}

static void forgotten_lines_are_not_written(void **state)
{
	struct append append;

	(void)state;
	append_open(&append, path);
	put_line(&append, "no");
	append_clear(&append);
	append_line(&append, "yes");
	append_close(&append);
	assert_string_equal(content(path), "yes\n");
}

/* A limit of the file's size stands for a full disk: a part is written, the
   rest is refused. */
static void of_a_failed_write_nothing_stays(void **state)
{
	const struct rlimit limit = { .rlim_cur = 8,
				      .rlim_max = RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct append append;
	struct err err;
	int written;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	append_open(&append, path);
	append_line(&append, "a");
	put_line(&append, "bbbb");
	put_line(&append, "cccc");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	written = append_flush(&append, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(written, -1);
	assert_string_equal(content(path), "a\n");
	assert_int_equal(append_flush(&append, &err), 1);
	assert_string_equal(content(path), "a\nbbbb\ncccc\n");
	append_close(&append);
}

static void writer_run(char mark)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	struct append append;
	struct err err;
	char line[200];
	int written;

	append_open(&append, path);
	memset(line, mark, sizeof(line));
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < WRITER_LINES; i++) {
		put_line(&append, line);
		while ((written = append_flush(&append, &err)) == 0)
			(void)nanosleep(&pause, NULL);
		if (written < 0)
			_exit(1);
	}
	append_close(&append);
	_exit(0);
}

static void lines_of_two_writers_never_mix(void **state)
{
	size_t count = 0;
	int status;

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (fork() == 0)
			writer_run((char)('a' + i));
	}
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (const char *line = content(path); *line != '\0'; count++) {
		const char one[] = { *line, '\0' };

		assert_int_equal(strspn(line, one), 199);
		assert_int_equal(line[199], '\n');
		line += 200;
	}
	assert_int_equal(count, 2 * WRITER_LINES);
}

#define with_dir(test)                                                         \
	cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_dir(nothing_gathered_opens_no_file),
		with_dir(lines_are_put_behind_what_is_there),
		with_dir(a_torn_last_line_is_cut_off),
		with_dir(a_torn_line_of_any_length_is_cut_off),
		with_dir(a_renamed_file_is_opened_anew),
		with_dir(a_busy_file_is_left_alone_and_lines_stay_gathered),
		with_dir(a_path_that_cannot_be_opened_is_told_and_lines_stay),
		with_dir(forgotten_lines_are_not_written),
		with_dir(of_a_failed_write_nothing_stays),
		with_dir(lines_of_two_writers_never_mix),
	};

	return cmocka_run_group_tests_name("append", tests, NULL, NULL);
}
