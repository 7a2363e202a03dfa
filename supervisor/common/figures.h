#ifndef OMQ_FIGURES_H
#define OMQ_FIGURES_H

#include "lib/settings/settings.h"
#include "supervisor/common/group_numbers.h"

#include <stdint.h>

/* What the keeper found in Redis, for ordermqd, which asks Redis nothing. It
   lies behind the board in the keeper's board file: the keeper alone writes it,
   whole, once a round, and a reader takes it only when it is whole. A file, not
   messages, so that nobody waits for anybody and nothing piles up. */

/* Older ones tell nothing of now. */
#define FIGURES_STALE_MSECS 10000

struct figures_group {
	char name[SETTINGS_NAME_BYTES];
	struct redis_numbers numbers;
	int64_t silent_secs;    /* nobody has read what waits; -1: unknown */
	double handled_per_sec; /* on all hosts; -1: unknown */
	struct pause pause;
};

/* The stream. -1: unknown, or none. */
struct figures_stream {
	int64_t entries;
	int64_t added;      /* ever */
	int64_t first_secs; /* ages of the first one and the last one */
	int64_t last_secs;
	double added_per_sec;
};

/* A group on it that is not configured here; -1: unknown. */
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

/* Write them to the board file behind fd. figures->check is set for it. */
void figures_write(int fd, struct figures *figures);

/* Read them. Returns 0; or -1: there are none, or not of now. */
int figures_read(int fd, int64_t now_msecs, struct figures *figures_r);

/* Those of one group; NULL: none. */
const struct figures_group *figures_of(const struct figures *figures,
				       const char *name);

#endif
