#ifndef OMQ_REDIS_NUMBERS_H
#define OMQ_REDIS_NUMBERS_H

#include "supervisor/common/group_numbers.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;
struct settings;
struct settings_group;

/* How a group stands in Redis, as the keeper and ordermqctl ask for it. */

/* Ask for the numbers of group; what Redis refuses to tell stays unknown, and
   so does everything of a group that is none for Redis. Ages are by entry ids
   and the clock of Redis, never negative; by ids of another clock they are
   unknown. Returns 0; or -1 with ERR_RETRY when
   the connection is of no use any more. arena is reset now and then. */
int redis_numbers_read(struct redis *redis, struct arena *arena,
		       const struct settings *settings,
		       const struct settings_group *group,
		       struct redis_numbers *numbers_r, struct err *err);

/* Are these the milliseconds of an id of the time of Redis, which is now_msecs?
   They are of no time before 2001, and at most a little ahead. No age follows
   from any other. */
bool redis_numbers_is_of_now(int64_t id_msecs, int64_t now_msecs);

#endif
