#ifndef OMQ_OUTBOX_DIR_H
#define OMQ_OUTBOX_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/* The directory of an outbox:

       <number>.orders  segments, the oldest first; the last one is appended to
       <number>.aside   segments with damage, or with orders that were refused
       lock             held while anything is written or removed
       drain.lock       held by the process that drains

   The files have the rights of the directory for owner and group, whatever the
   umask: a process that may write in the directory may write in its files. A
   plain value. */

struct outbox_dir {
	const char *path; /* borrowed */
	int fd;
	int lock_fd;
	mode_t mode; /* of files in it */
};

/* Open the directory, which must be there. Returns 0, and the caller must
   outbox_dir_close(); or -1 with ERR_RETRY. */
int outbox_dir_open(struct outbox_dir *dir, const char *path, struct err *err);
void outbox_dir_close(struct outbox_dir *dir);

/* Open a file of the directory to read and write it. Returns its descriptor, or
   -1 (errno). */
int outbox_dir_file(const struct outbox_dir *dir, const char *name);

/* Make an empty file that has its rights from the moment it has its name.
   Returns 0, or -1 (errno; EEXIST: the name is taken). */
int outbox_dir_make(const struct outbox_dir *dir, const char *name);

/* Hold the lock, which is waited for at most a few seconds. Returns 0, or -1
   with ERR_RETRY: another process holds it. */
int outbox_dir_lock(const struct outbox_dir *dir, struct err *err);
void outbox_dir_unlock(const struct outbox_dir *dir);

/* Open drain.lock and hold it. Returns its descriptor, or -1 with ERR_RETRY:
   another process drains. */
int outbox_dir_lock_drain(const struct outbox_dir *dir, struct err *err);

/* "00000000000000000042.orders" */
#define OUTBOX_NAME_BYTES 40
#define OUTBOX_SEGMENT ".orders"
#define OUTBOX_ASIDE ".aside"

const char *outbox_segment_name(uint64_t number, const char *suffix, char *buf);

/* The numbers of the segments, from 1; 0: there is none. */
struct outbox_segments {
	uint64_t first;   /* segment */
	uint64_t last;    /* segment */
	uint64_t highest; /* of segments and of what is aside */
};

/* Returns 0, or -1 with ERR_RETRY: the directory cannot be read. */
int outbox_dir_list(const struct outbox_dir *dir,
		    struct outbox_segments *segments_r, struct err *err);

#endif
