/* Bytes of a file or of stdin, in a buffer that holds a whole record.
   csv_reader.c and jsonl.c read through it. */

#include "config.h"

#include "producers/sources/input.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_FIRST_BYTES ((size_t)64 * 1024)

int input_open(const char *path, struct input *input_r, struct err *err)
{
	struct input input = { .fd = STDIN_FILENO, .bytes = INPUT_FIRST_BYTES };
	struct stat st;

	if (strcmp(path, "-") != 0)
		input.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (input.fd < 0 || fstat(input.fd, &st) < 0)
		return err_errno(err, ERR_REJECT, "%s", path);

	input.is_file = S_ISREG(st.st_mode);
	input.size = input.is_file ? (uint64_t)st.st_size : 0;
	input.data = malloc(input.bytes);
	if (input.data == NULL) {
		input_close(&input);
		return err_set(err, ERR_RETRY, "%s: out of memory", path);
	}
	*input_r = input;
	return 0;
}

void input_close(struct input *input)
{
	if (input->fd > STDIN_FILENO)
		(void)close(input->fd);
	input->fd = -1;
	free(input->data);
	input->data = NULL;
}

/* Make room behind end: move the bytes to the front, or else grow. */
static enum input_event input_make_room(struct input *input, struct err *err)
{
	char *data;

	if (input->begin > 0) {
		input->end -= input->begin;
		memmove(input->data, input->data + input->begin, input->end);
		input->begin = 0;
	}
	if (input->end < input->bytes)
		return INPUT_MORE;
	if (input->bytes >= INPUT_RECORD_MAX)
		return INPUT_FULL;

	data = realloc(input->data, 2 * input->bytes);
	if (data == NULL) {
		(void)err_set(err, ERR_RETRY, "out of memory");
		return INPUT_FAILED;
	}
	input->data = data;
	input->bytes *= 2;
	return INPUT_MORE;
}

/* Can we read without waiting? When a signal interrupts poll(), the answer is
   no: the signal may have asked to stop, and read() would wait. */
static bool input_is_ready(const struct input *input)
{
	struct pollfd fd = { .fd = input->fd, .events = POLLIN };

	return input->is_file || poll(&fd, 1, 0) > 0;
}

enum input_event input_fill(struct input *input, struct err *err)
{
	enum input_event event = INPUT_MORE;
	ssize_t got;

	if (!input_is_ready(input))
		return INPUT_LATER;
	if (input->end == input->bytes)
		event = input_make_room(input, err);
	if (event != INPUT_MORE)
		return event;

	do {
		got = read(input->fd, input->data + input->end,
			   input->bytes - input->end);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		return INPUT_LATER;
	if (got < 0) {
		(void)err_errno(err, ERR_REJECT, "read");
		return INPUT_FAILED;
	}
	input->end += (size_t)got;
	input->read += (uint64_t)got;
	return got == 0 ? INPUT_END : INPUT_MORE;
}

bool input_skip_bom(struct input *input)
{
	static const char bom[] = { '\xef', '\xbb', '\xbf' };
	const size_t there = input->end - input->begin;
	const size_t known = there < sizeof(bom) ? there : sizeof(bom);

	if (memcmp(input->data + input->begin, bom, known) != 0)
		return true;
	if (known < sizeof(bom))
		return false;
	input->begin += sizeof(bom);
	return true;
}

uint64_t input_taken(const struct input *input)
{
	return input->read - (input->end - input->begin);
}

void input_describe(const struct input *input, const char *path,
		    struct source *source)
{
	source->name = strcmp(path, "-") == 0 ? "stdin" : path;
	source->fd = input->fd;
	source->total = input->size;
}

enum source_event input_pass(enum input_event event,
			     const struct source *source, struct err *err)
{
	if (event == INPUT_LATER)
		return SOURCE_LATER;
	if (event == INPUT_END)
		return SOURCE_END;
	(void)err_wrap(err, "%s", source->name);
	return SOURCE_FAILED;
}
