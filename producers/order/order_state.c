/* The file of --state: how many orders of the input are published. order_job.c
   saves it now and then; main() loads it before the source is read. */

#include "config.h"

#include "producers/order/order_state.h"

#include "lib/base/crc32c.h"
#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* URL and key have at most 255 bytes, which may be shown as four each. */
#define STATE_SHOWN_BYTES 1024
#define STATE_BYTES 4096

/* The length goes into the checksum as well, so that it tells where each part
   ends. */
static uint32_t sum_part(uint32_t sum, struct text part)
{
	const uint64_t length = part.length;

	sum = crc32c(sum, &length, sizeof(length));
	return crc32c(sum, part.data, part.length);
}

void order_state_add(struct order_state *state, const struct text *pairs,
		     size_t pair_count, uint64_t line)
{
	state->orders++;
	state->line = line;
	state->sum = crc32c(state->sum, &line, sizeof(line));
	for (size_t i = 0; i < 2 * pair_count; i++)
		state->sum = sum_part(state->sum, pairs[i]);
}

/* Print the content of the file, without its own checksum. */
static size_t state_print(const struct order_state_file *file,
			  const struct order_state *state, char *text)
{
	char redis[STATE_SHOWN_BYTES], stream[STATE_SHOWN_BYTES];
	int length = snprintf(
		text, STATE_BYTES,
		"ordermq-order state 1\nredis %s\nstream %s\norders %" PRIu64
		"\nline %" PRIu64 "\ninput %08" PRIx32 "\n",
		text_show(text_of(file->redis), redis, sizeof(redis)),
		text_show(text_of(file->stream), stream, sizeof(stream)),
		state->orders, state->line, state->sum);

	return (size_t)length;
}

/* The number behind name in text; 0: none. A number that was read wrongly
   prints differently, which the caller notices. */
static uint64_t number_find(const char *text, const char *name, int base)
{
	const char *at = strstr(text, name);

	return at == NULL ? 0 : strtoull(at + strlen(name), NULL, base);
}

/* The last line is the checksum of those before. */
static bool state_is_whole(const char *text, size_t length)
{
	const char *sum_line = strstr(text, "\nsum ");
	char expected[32];
	int bytes;

	if (sum_line == NULL || strlen(text) != length)
		return false;
	sum_line++;
	bytes = snprintf(expected, sizeof(expected), "sum %08" PRIx32 "\n",
			 crc32c(0, text, (size_t)(sum_line - text)));
	return strlen(sum_line) == (size_t)bytes &&
	       memcmp(sum_line, expected, (size_t)bytes) == 0;
}

static int state_parse(const struct order_state_file *file, const char *text,
		       size_t length, struct order_state *state_r,
		       struct err *err)
{
	char expected[STATE_BYTES];
	const struct order_state state = {
		.orders = number_find(text, "\norders ", 10),
		.line = number_find(text, "\nline ", 10),
		.sum = (uint32_t)number_find(text, "\ninput ", 16),
	};

	if (!state_is_whole(text, length))
		return err_set(err, ERR_REJECT,
			       "is torn, changed, or no state; remove it to "
			       "begin at the beginning");
	if (memcmp(expected, text, state_print(file, &state, expected)) != 0)
		return err_set(err, ERR_REJECT,
			       "is of another Redis or stream");
	*state_r = state;
	return 1;
}

static int state_read(const struct order_state_file *file, int fd,
		      struct order_state *state_r, struct err *err)
{
	/* One byte more than any file of ours has, and zeros to the end. */
	char text[STATE_BYTES + 1] = "";
	ssize_t got = read(fd, text, sizeof(text) - 1);

	if (got < 0)
		return err_errno(err, ERR_REJECT, "read");
	return state_parse(file, text, (size_t)got, state_r, err);
}

int order_state_load(const struct order_state_file *file,
		     struct order_state *state_r, struct err *err)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int ret;

	if (fd < 0 && errno == ENOENT)
		return 0;
	ret = fd < 0 ? err_errno(err, ERR_REJECT, "open")
		     : state_read(file, fd, state_r, err);
	if (fd >= 0)
		(void)close(fd);
	return ret < 0 ? err_wrap(err, "state %s", file->path) : ret;
}

/* Write text to a new file at path and have it on the disk. */
static int file_write(const char *path, const char *text, size_t length,
		      struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
		      0666);
	int ret = 0;
	ssize_t put;

	if (fd < 0)
		return err_errno(err, ERR_RETRY, "open %s", path);
	put = write(fd, text, length);
	if (put >= 0 && (size_t)put < length)
		errno = ENOSPC;
	if (put != (ssize_t)length || fsync(fd) < 0)
		ret = err_errno(err, ERR_RETRY, "write %s", path);
	(void)close(fd);
	return ret;
}

/* A new name is on the disk when its directory is. */
static int directory_sync(const char *path, struct err *err)
{
	char copy[PATH_MAX];
	int fd, ret;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_RETRY, "open its directory");
	ret = fsync(fd) < 0 ? err_errno(err, ERR_RETRY, "fsync its directory")
			    : 0;
	(void)close(fd);
	return ret;
}

int order_state_save(const struct order_state_file *file,
		     const struct order_state *state, struct err *err)
{
	char text[STATE_BYTES], beside[PATH_MAX];
	size_t length = state_print(file, state, text);

	length += (size_t)snprintf(text + length, sizeof(text) - length,
				   "sum %08" PRIx32 "\n",
				   crc32c(0, text, length));
	if (snprintf(beside, sizeof(beside), "%s.new", file->path) >=
	    (int)sizeof(beside))
		return err_set(err, ERR_RETRY, "state %s: its name is too long",
			       file->path);
	if (file_write(beside, text, length, err) < 0) {
		(void)unlink(beside);
		return err_wrap(err, "state %s", file->path);
	}
	if (rename(beside, file->path) < 0)
		return err_errno(err, ERR_RETRY, "state %s: rename",
				 file->path);
	return directory_sync(file->path, err) < 0
		       ? err_wrap(err, "state %s", file->path)
		       : 0;
}
