#ifndef OMQ_FIGURES_H
#define OMQ_FIGURES_H

#include "lib/settings/settings.h"
#include "supervisor/common/group_numbers.h"

#include <stdint.h>

/* The keeper's findings in Redis, for ordermqd, which asks Redis nothing. They
   lie behind the board in the keeper's board file: the keeper alone writes
   them, all at once, once a round, and a reader takes them only when they are
   complete. It is a file and not messages, so that neither side waits for the
   other and nothing piles up. */

/* Figures older than this are stale: a reader ignores them. */
#define FIGURES_STALE_MSECS 10000

struct figures_group {
	char name[SETTINGS_NAME_BYTES];
	struct redis_numbers numbers;
	int64_t silent_secs;    /* since the last read while entries wait; -1:
				   unknown */
	double handled_per_sec; /* on all hosts; -1: unknown */
	struct pause pause;
};

/* The stream. -1: unknown, or there is no stream. */
struct figures_stream {
	int64_t entries;
	int64_t added;      /* ever */
	int64_t first_secs; /* ages of the first one and the last one */
	int64_t last_secs;
	double added_per_sec;
};

/* A group on the stream that is not configured here; -1: unknown. */
struct figures_other {
	char name[SETTINGS_NAME_BYTES];
	int64_t lag;
	int64_t lag_secs;
	int64_t pending;
	int64_t oldest_pending_secs;
	int64_t silent_secs; /* 0: not silent */
};

#define FIGURES_OTHERS_MAX 32 /* the first ones only, if there are more */

struct figures {
	uint64_t check; /* of all that follows */
	int64_t msecs;  /* when, by clock_msecs(); -1: Redis does not answer */
	int64_t count;  /* of groups */
	struct figures_group groups[SETTINGS_GROUPS_MAX];
	struct figures_stream stream;
	int64_t other_count;
	struct figures_other others[FIGURES_OTHERS_MAX];
};

/* Write figures to the board file fd; sets figures->check. */
void figures_write(int fd, struct figures *figures);

/* Read figures from the board file fd. Returns 0; or -1: there are none, or
   they are stale. */
int figures_read(int fd, int64_t now_msecs, struct figures *figures_r);

/* The figures of one group; NULL: there are none. */
const struct figures_group *figures_of(const struct figures *figures,
				       const char *name);

#endif
