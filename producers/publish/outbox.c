/* Orders into a directory when Redis is not to be waited for. order_job.c and
   embed.c flush a window into it as into the stream; sources/drain.c empties
   it. */

#include "config.h"

#include "producers/publish/outbox.h"

#include "lib/base/err.h"
#include "producers/publish/outbox_dir.h"
#include "producers/publish/outbox_record.h"
#include "producers/publish/window.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A segment of that size or more is full. */
#define SEGMENT_BYTES_MAX ((uint64_t)4 * 1024 * 1024)

struct outbox {
	struct outbox_dir dir;
	char *buf; /* what is to be written */
	size_t bytes;
	size_t used;

	/* The segment that is appended to, while the lock is held. */
	int fd;
	uint64_t number;
	uint64_t size; /* before */
	char name[OUTBOX_NAME_BYTES];
};

int outbox_open(const char *path, struct outbox **outbox_r, struct err *err)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));

	if (outbox == NULL)
		return err_set(err, ERR_RETRY, "outbox: out of memory");
	outbox->fd = -1;
	if (outbox_dir_open(&outbox->dir, path, err) < 0) {
		free(outbox);
		return -1;
	}
	*outbox_r = outbox;
	return 0;
}

void outbox_close(struct outbox **_outbox)
{
	struct outbox *outbox = *_outbox;

	*_outbox = NULL;
	if (outbox == NULL)
		return;
	outbox_dir_close(&outbox->dir);
	free(outbox->buf);
	free(outbox);
}

static int outbox_failed(const struct outbox *outbox, struct err *err,
			 const char *what)
{
	return err_errno(err, ERR_RETRY, "outbox %s: %s: %s", outbox->dir.path,
			 outbox->name, what);
}

static int outbox_segment_open(struct outbox *outbox, uint64_t number,
			       bool is_new, struct err *err)
{
	struct stat st;

	outbox->number = number;
	(void)outbox_segment_name(number, OUTBOX_SEGMENT, outbox->name);
	if (is_new && outbox_dir_make(&outbox->dir, outbox->name) < 0)
		return outbox_failed(outbox, err, "make");
	outbox->fd = outbox_dir_file(&outbox->dir, outbox->name);
	if (outbox->fd < 0)
		return outbox_failed(outbox, err, "open");
	if (fstat(outbox->fd, &st) < 0)
		return outbox_failed(outbox, err, "fstat");
	outbox->size = (uint64_t)st.st_size;
	return 0;
}

static void outbox_segment_close(struct outbox *outbox)
{
	if (outbox->fd >= 0)
		(void)close(outbox->fd);
	outbox->fd = -1;
}

static bool outbox_segment_read(const struct outbox *outbox, uint64_t offset,
				char *data, size_t bytes)
{
	return pread(outbox->fd, data, bytes, (off_t)offset) == (ssize_t)bytes;
}

/* Does the segment end with a whole record? Nothing is written behind a torn
   one, which a crash left. */
static bool segment_is_whole(const struct outbox *outbox)
{
	struct outbox_record_place place = { .segment = outbox->number };
	char tail[OUTBOX_RECORD_TAIL_BYTES];
	bool is_whole;
	size_t bytes;
	char *data;

	if (outbox->size == 0)
		return true;
	if (outbox->size < sizeof(tail) ||
	    !outbox_segment_read(outbox, outbox->size - sizeof(tail), tail,
				 sizeof(tail)))
		return false;
	bytes = outbox_record_last_bytes(tail);
	if (bytes > OUTBOX_RECORD_BYTES_MAX || bytes > outbox->size)
		return false;
	place.offset = outbox->size - bytes;
	data = malloc(bytes);
	is_whole = data != NULL &&
		   outbox_segment_read(outbox, place.offset, data, bytes) &&
		   outbox_record_check(place, data, bytes) == bytes;
	free(data);
	return is_whole;
}

/* Take the last segment, or a new one when that is full or torn. */
static int segment_choose(struct outbox *outbox, struct err *err)
{
	struct outbox_segments segments;

	if (outbox_dir_list(&outbox->dir, &segments, err) < 0)
		return -1;
	if (segments.last > 0 && segments.last == segments.highest) {
		if (outbox_segment_open(outbox, segments.last, false, err) < 0)
			return -1;
		if (outbox->size < SEGMENT_BYTES_MAX &&
		    segment_is_whole(outbox))
			return 0;
		outbox_segment_close(outbox);
	}
	return outbox_segment_open(outbox, segments.highest + 1, true, err);
}

static int window_format(struct outbox *outbox, const struct window *window,
			 struct err *err)
{
	size_t bytes = 0;
	char *buf;

	for (size_t i = 0; i < window->count; i++)
		bytes += outbox_record_bytes(window->orders[i].pairs,
					     window->orders[i].pair_count);
	buf = bytes <= outbox->bytes ? outbox->buf
				     : realloc(outbox->buf, bytes);
	if (buf == NULL)
		return err_set(err, ERR_RETRY, "outbox: out of memory");
	outbox->buf = buf;
	if (bytes > outbox->bytes)
		outbox->bytes = bytes;
	outbox->used = 0;
	for (size_t i = 0; i < window->count; i++) {
		const struct window_order *order = &window->orders[i];
		const struct outbox_record_place place = {
			.segment = outbox->number,
			.offset = outbox->size + outbox->used,
		};

		outbox_record_write(place, order->pairs, order->pair_count,
				    buf + outbox->used);
		outbox->used +=
			outbox_record_bytes(order->pairs, order->pair_count);
	}
	return 0;
}

static int bytes_write(struct outbox *outbox, struct err *err)
{
	size_t put = 0;

	while (put < outbox->used) {
		ssize_t got =
			pwrite(outbox->fd, outbox->buf + put,
			       outbox->used - put, (off_t)(outbox->size + put));

		if (got < 0 && errno != EINTR)
			return outbox_failed(outbox, err, "write");
		if (got > 0)
			put += (size_t)got;
	}
	if (fdatasync(outbox->fd) < 0)
		return outbox_failed(outbox, err, "fdatasync");
	/* A new segment has to have its name on the disk, too. */
	if (outbox->size == 0 && fsync(outbox->dir.fd) < 0)
		return outbox_failed(outbox, err, "fsync of the directory");
	return 0;
}

/* Cut off what was written in part. */
static int bytes_take_back(struct outbox *outbox, struct err *err)
{
	struct err cause = *err;

	if (ftruncate(outbox->fd, (off_t)outbox->size) == 0 &&
	    fdatasync(outbox->fd) == 0)
		return 1;
	(void)err_errno(err, ERR_RETRY, "%s; what is there of it: ftruncate",
			cause.text);
	return -1;
}

static int window_write(struct outbox *outbox, const struct window *window,
			struct err *err)
{
	int ret = 1;

	if (segment_choose(outbox, err) == 0 &&
	    window_format(outbox, window, err) == 0) {
		ret = bytes_write(outbox, err);
		if (ret < 0)
			ret = bytes_take_back(outbox, err);
	}
	outbox_segment_close(outbox);
	return ret;
}

int outbox_flush(struct outbox *outbox, struct window *window, struct err *err)
{
	static const enum window_state states[] = {
		[0] = WINDOW_SENT,
		[1] = WINDOW_DONE,
		[2] = WINDOW_REFUSED,
	};
	int ret;

	if (window->count == 0)
		return 0;
	if (outbox_dir_lock(&outbox->dir, err) < 0)
		return 1;
	ret = window_write(outbox, window, err);
	outbox_dir_unlock(&outbox->dir);
	for (size_t i = 0; i < window->count; i++)
		window->orders[i].state = states[ret + 1];
	return ret;
}
