/* The source of orders in an outbox: segment after segment, each removed when
   its orders are settled. publish/outbox_dir.c and publish/outbox_record.c know
   the files; order_job.c asks for the orders and says when they are settled. */

#include "config.h"

#include "producers/sources/drain.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "producers/publish/outbox_dir.h"
#include "producers/publish/outbox_record.h"
#include "producers/sources/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAIN_KEEP_BYTES ((size_t)64 * 1024)

struct drain {
	struct source source; /* first */
	struct outbox_dir dir;
	int drain_lock_fd;
	int watch_fd; /* readable when something came; -1: not to follow */
	char name[PATH_MAX];
	char reason[160];
	struct arena *arena; /* of the item given */

	/* The segment that is being read. */
	int fd; /* -1: none */
	uint64_t number;
	char *data;
	size_t bytes;  /* of it that no writer is about to change */
	size_t offset; /* of the next record */
	bool unsettled;
	bool is_bad; /* to be set aside */
};

static void drain_segment_close(struct drain *drain)
{
	if (drain->fd >= 0)
		(void)close(drain->fd);
	free(drain->data);
	drain->fd = -1;
	drain->data = NULL;
	drain->bytes = 0;
	drain->offset = 0;
	drain->is_bad = false;
}

static void drain_close(struct source *source)
{
	struct drain *drain = (struct drain *)source;

	drain_segment_close(drain);
	if (drain->watch_fd >= 0)
		(void)close(drain->watch_fd);
	if (drain->drain_lock_fd >= 0)
		(void)close(drain->drain_lock_fd);
	outbox_dir_close(&drain->dir);
	arena_close(&drain->arena);
	free(drain);
}

static void drain_settled(struct source *source, bool some_bad)
{
	struct drain *drain = (struct drain *)source;

	drain->unsettled = false;
	drain->is_bad = drain->is_bad || some_bad;
}

static int drain_failed(const struct drain *drain, struct err *err,
			const char *what)
{
	return err_errno(err, ERR_RETRY, "%s: %s", drain->name, what);
}

/* The length of the segment. While the lock is held nothing is being written,
   so a record that is not whole was torn by a crash. */
static int segment_size(const struct drain *drain, size_t *bytes_r,
			struct err *err)
{
	struct stat st;

	if (fstat(drain->fd, &st) < 0)
		return drain_failed(drain, err, "fstat");
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return drain_failed(drain, err, "no regular file");
	}
	*bytes_r = (size_t)st.st_size;
	return 0;
}

static int drain_segment_read(struct drain *drain, size_t bytes,
			      struct err *err)
{
	char *data = realloc(drain->data, bytes);

	if (data == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	drain->data = data;
	while (drain->bytes < bytes) {
		ssize_t got = pread(drain->fd, data + drain->bytes,
				    bytes - drain->bytes, (off_t)drain->bytes);

		if (got < 0 && errno != EINTR)
			return drain_failed(drain, err, "read");
		if (got == 0) {
			errno = EIO;
			return drain_failed(drain, err, "has become shorter");
		}
		if (got > 0)
			drain->bytes += (size_t)got;
	}
	return 0;
}

static int segment_remove(const struct drain *drain, struct err *err)
{
	char name[OUTBOX_NAME_BYTES], aside[OUTBOX_NAME_BYTES];

	(void)outbox_segment_name(drain->number, OUTBOX_SEGMENT, name);
	(void)outbox_segment_name(drain->number, OUTBOX_ASIDE, aside);
	if (drain->is_bad &&
	    renameat(drain->dir.fd, name, drain->dir.fd, aside) < 0)
		return drain_failed(drain, err, "rename");
	if (!drain->is_bad && unlinkat(drain->dir.fd, name, 0) < 0)
		return drain_failed(drain, err, "unlink");
	return 0;
}

/* Every order given of the segment is settled: either there is more in it, or
   it is finished. */
static int segment_go_on(struct drain *drain, struct err *err)
{
	size_t bytes = 0;
	bool is_end;
	int ret;

	if (outbox_dir_lock(&drain->dir, err) < 0)
		return -1;
	ret = segment_size(drain, &bytes, err);
	is_end = ret == 0 && bytes <= drain->bytes;
	if (is_end)
		ret = segment_remove(drain, err);
	outbox_dir_unlock(&drain->dir);
	if (ret < 0)
		return -1;
	if (!is_end)
		return drain_segment_read(drain, bytes, err);
	drain_segment_close(drain);
	return 0;
}

/* Find the next segment. Returns 1, 0 when there is none, or -1. */
static int segment_find(struct drain *drain, struct err *err)
{
	struct outbox_segments segments;
	char name[OUTBOX_NAME_BYTES];

	if (outbox_dir_list(&drain->dir, &segments, err) < 0)
		return -1;
	if (segments.first == 0)
		return 0;
	drain->number = segments.first;
	(void)outbox_segment_name(drain->number, OUTBOX_SEGMENT, name);
	(void)snprintf(drain->name, sizeof(drain->name), "%s/%s",
		       drain->dir.path, name);
	drain->fd = openat(drain->dir.fd, name,
			   O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
				   O_NONBLOCK);
	return drain->fd < 0 ? drain_failed(drain, err, "open") : 1;
}

/* Open the oldest segment. The lock is held, so that no name changes meanwhile.
   Returns 1, 0 when there is none, or -1. */
static int drain_segment_open(struct drain *drain, struct err *err)
{
	int found;

	if (outbox_dir_lock(&drain->dir, err) < 0)
		return -1;
	found = segment_find(drain, err);
	outbox_dir_unlock(&drain->dir);
	if (found <= 0)
		return found;
	return segment_go_on(drain, err) < 0 ? -1 : 1;
}

/* From offset on there is no record: go to the next one. */
static enum source_event damage_skip(struct drain *drain,
				     struct source_item *item_r)
{
	const size_t begin = drain->offset;
	struct outbox_record_place place = { .segment = drain->number };

	do {
		drain->offset +=
			outbox_record_search(drain->data + drain->offset,
					     drain->bytes - drain->offset);
		place.offset = drain->offset;
	} while (drain->offset < drain->bytes &&
		 outbox_record_check(place, drain->data + drain->offset,
				     drain->bytes - drain->offset) == 0);
	drain->is_bad = true;
	(void)snprintf(drain->reason, sizeof(drain->reason),
		       "%zu bytes are no whole record%s; set aside",
		       drain->offset - begin,
		       drain->offset == drain->bytes
			       ? ", to the end of the segment"
			       : "");
	*item_r = (struct source_item){
		.line = begin,
		.reason = drain->reason,
	};
	return SOURCE_REJECT;
}

static enum source_event record_give(struct drain *drain, size_t bytes,
				     struct source_item *item_r,
				     struct err *err)
{
	int got;

	arena_reset(drain->arena);
	*item_r = (struct source_item){
		.line = drain->offset,
		.reason = "a record that holds no order; set aside",
	};
	got = outbox_record_read(drain->data + drain->offset, drain->arena,
				 &item_r->pairs, &item_r->pair_count);
	if (got < 0) {
		(void)err_set(err, ERR_RETRY, "out of memory");
		return SOURCE_FAILED;
	}
	drain->offset += bytes;
	drain->source.done += bytes;
	if (got > 0) {
		drain->is_bad = true;
		return SOURCE_REJECT;
	}
	drain->unsettled = true;
	return SOURCE_ORDER;
}

/* Forget the notices so far: the listing that follows sees those files, and any
   later file brings a new notice. */
static void watch_clear(const struct drain *drain)
{
	char events[4096];

	while (drain->watch_fd >= 0 &&
	       read(drain->watch_fd, events, sizeof(events)) > 0)
		;
}

static enum source_event drain_next(struct source *source,
				    struct source_item *item_r, struct err *err)
{
	struct drain *drain = (struct drain *)source;
	struct outbox_record_place place;
	size_t bytes;
	int got = 1;

	while (drain->offset == drain->bytes) {
		if (drain->unsettled)
			return SOURCE_FLUSH;
		if (drain->fd < 0) {
			watch_clear(drain);
			got = drain_segment_open(drain, err);
		} else {
			got = segment_go_on(drain, err) < 0 ? -1 : 1;
		}
		if (got < 0)
			return SOURCE_FAILED;
		if (got == 0)
			return drain->watch_fd >= 0 ? SOURCE_LATER : SOURCE_END;
	}
	place = (struct outbox_record_place){ drain->number, drain->offset };
	bytes = outbox_record_check(place, drain->data + drain->offset,
				    drain->bytes - drain->offset);
	return bytes == 0 ? damage_skip(drain, item_r)
			  : record_give(drain, bytes, item_r, err);
}

static int watch_open(struct drain *drain, struct err *err)
{
	drain->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (drain->watch_fd < 0 ||
	    inotify_add_watch(drain->watch_fd, drain->dir.path,
			      IN_CREATE | IN_MODIFY | IN_MOVED_TO) < 0)
		return drain_failed(drain, err, "inotify");
	return 0;
}

static struct drain *drain_new(const char *path)
{
	struct drain *drain = calloc(1, sizeof(*drain));

	if (drain == NULL)
		return NULL;
	(void)snprintf(drain->name, sizeof(drain->name), "outbox %s", path);
	drain->dir = (struct outbox_dir){ .fd = -1, .lock_fd = -1 };
	drain->drain_lock_fd = -1;
	drain->watch_fd = -1;
	drain->fd = -1;
	drain->arena = arena_open(DRAIN_KEEP_BYTES);
	if (drain->arena != NULL)
		return drain;
	drain_close(&drain->source);
	return NULL;
}

static int drain_begin(struct drain *drain, const char *path, bool follow,
		       struct err *err)
{
	if (outbox_dir_open(&drain->dir, path, err) < 0)
		return -1;
	drain->drain_lock_fd = outbox_dir_lock_drain(&drain->dir, err);
	if (drain->drain_lock_fd < 0)
		return -1;
	return follow ? watch_open(drain, err) : 0;
}

int drain_open(const char *path, bool follow, struct source **source_r,
	       struct err *err)
{
	struct drain *drain = drain_new(path);

	if (drain == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	if (drain_begin(drain, path, follow, err) < 0) {
		drain_close(&drain->source);
		return -1;
	}
	drain->source = (struct source){
		.next = drain_next,
		.settled = drain_settled,
		.close = drain_close,
		.name = drain->name,
		.fd = drain->watch_fd,
	};
	*source_r = &drain->source;
	return 0;
}
