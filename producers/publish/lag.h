#ifndef OMQ_LAG_H
#define OMQ_LAG_H

#include "lib/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct redis;
struct reply;

/* How many entries of the stream the slowest group was not given yet, for a
   producer that must not run away from the groups. It is asked now and then,
   and in between what was published since is added: a group is never further
   behind than this says, unless others publish too.

   Redis cannot always tell the lag of a group: entries were deleted ahead of
   it, or it was made to begin in the midst. Then all entries of the stream
   count for it, which is the most that it can be. Redis knows it again once the
   group was given the last entry. */

/* A plain value. */
struct lag {
	int64_t max; /* entries; 0: no limit, and nothing is asked */
	const struct settings_names *ignore; /* groups that hold nobody up */

	bool is_known;  /* Redis was asked, and answered */
	int64_t behind; /* of the slowest group, with what came since */
	bool is_exact;  /* the lag that it is of, is */
	char group[SETTINGS_NAME_BYTES]; /* as it is shown; "": there is none */
	int64_t length;                  /* of the stream */
	int64_t look_msecs;              /* when to ask again at the latest */
};

/* ignore is borrowed; NULL: none. */
void lag_begin(struct lag *lag, int64_t max,
	       const struct settings_names *ignore);

/* Have count entries to wait? */
bool lag_holds(const struct lag *lag, size_t count);

/* Is it time to ask, so that the answer is there before the next count entries
   have to wait for it? */
bool lag_is_due(const struct lag *lag, size_t count);

/* So many entries were sent. */
void lag_add(struct lag *lag, size_t count);

/* Queue the questions. Returns 0, or -1 with ERR_RETRY: the connection is of no
   use any more. */
#define LAG_REPLIES 2
int lag_append(struct lag *lag, struct redis *redis, const char *stream,
	       struct err *err);

/* Reply number i to them, from 0 to LAG_REPLIES - 1. Returns 0; or -1 when it
   is an error, with ERR_FATAL where Redis refuses us, else ERR_RETRY: then the
   lag is not known. */
int lag_take(struct lag *lag, size_t i, const struct reply *reply,
	     struct err *err);

#endif
