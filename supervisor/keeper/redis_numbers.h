#ifndef OMQ_REDIS_NUMBERS_H
#define OMQ_REDIS_NUMBERS_H

#include <stdint.h>

struct arena;
struct err;
struct redis;
struct settings;
struct settings_group;

/* What Redis knows of a group, and ordermqd does not. -1: unknown. */
struct redis_numbers {
	int64_t lag;      /* entries not yet delivered: exact, or unknown */
	int64_t lag_secs; /* age of the first of them; 0 when there is none */
	int64_t pending;  /* delivered, not yet settled */
	int64_t oldest_pending_secs; /* age of the first of them */
	int64_t handled;             /* settled with an effect, or none due */
	int64_t dead;                /* moved to the dead letters */
	int64_t letters;             /* dead letters that lie there now */
	int64_t letters_bytes;       /* about, of memory: see ordermqctl(1) */
	int64_t oldest_letter_secs;  /* since the first of them died */
	int64_t dropped; /* removed from the stream before it was given them */
};

/* All unknown. */
void redis_numbers_clear(struct redis_numbers *numbers_r);

/* Ask for them; what Redis refuses to tell stays unknown, and so does
   everything of a group that is none for Redis. Ages are by entry ids and the
   clock of Redis, never negative. Returns 0; or -1 with ERR_RETRY when the
   connection is of no use any more. arena is reset now and then. */
int redis_numbers_read(struct redis *redis, struct arena *arena,
		       const struct settings *settings,
		       const struct settings_group *group,
		       struct redis_numbers *numbers_r, struct err *err);

#endif
