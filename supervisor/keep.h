#ifndef OMQ_KEEP_H
#define OMQ_KEEP_H

#include "supervisor/figures.h"

struct arena;
struct err;
struct redis;
struct settings;

/* One round of housekeeping in Redis. Whatever it does can be done again, and
   by several hosts at once: it changes nothing the second time. */
struct keep {
	const struct settings *settings;
	struct arena *arena; /* of the replies */
	struct figures figures;
};

/* Look at every group, and leave in figures what was found. Returns 0; or -1
   with ERR_RETRY, when the connection is of no use any more, or with ERR_FATAL
   when Redis refuses; the figures then tell nothing. */
int keep_round(struct keep *keep, struct redis *redis, struct err *err);

#endif
