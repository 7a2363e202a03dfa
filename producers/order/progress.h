#ifndef OMQ_PROGRESS_H
#define OMQ_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_mode {
	PROGRESS_AUTO, /* when stderr is a terminal */
	PROGRESS_ALWAYS,
	PROGRESS_NEVER,
};

/* One line on stderr that shows the progress and is written over a few times a
   second. A plain value. */
struct progress {
	bool is_on;
	bool is_shown; /* the line stands there now */
	int64_t begun_msecs;
	int64_t next_msecs;
};

/* Begin to measure; nothing is shown yet. */
void progress_start(struct progress *progress, enum progress_mode mode);

/* count orders are published, and done of total (0: unknown) of the input is
   read. */
void progress_show(struct progress *progress, uint64_t count, uint64_t done,
		   uint64_t total);

/* Wipe the line, so that another one can be written. */
void progress_clear(struct progress *progress);

/* Milliseconds since progress_start(). */
int64_t progress_msecs(const struct progress *progress);

#endif
