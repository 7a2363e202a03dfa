#ifndef OMQ_REDIS_NUMBERS_H
#define OMQ_REDIS_NUMBERS_H

#include "supervisor/common/group_numbers.h"

struct arena;
struct err;
struct redis;
struct settings;
struct settings_group;

/* How a group stands in Redis, as the keeper and ordermqctl ask for it. */

/* Ask for the numbers of group; what Redis refuses to tell stays unknown, and
   so does everything of a group that is none for Redis. Ages are by entry ids
   and the clock of Redis, never negative. Returns 0; or -1 with ERR_RETRY when
   the connection is of no use any more. arena is reset now and then. */
int redis_numbers_read(struct redis *redis, struct arena *arena,
		       const struct settings *settings,
		       const struct settings_group *group,
		       struct redis_numbers *numbers_r, struct err *err);

#endif
