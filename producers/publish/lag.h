#ifndef OMQ_LAG_H
#define OMQ_LAG_H

#include "lib/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct redis;
struct reply;

/* How many entries the slowest group has still to be given, for a producer that
   must not run away from the groups. Redis is asked now and then; in between,
   the entries published since are added. So a group is never further behind
   than this says, unless others publish too.

   Redis cannot always tell the lag of a group: when entries ahead of it were
   deleted, or it was made to begin in the middle. Then all entries of the
   stream count, which is the most that it can be. Once the group was given the
   last entry, Redis knows its lag again. */

/* A plain value. */
struct lag {
	int64_t max; /* entries; 0: no limit, and nothing is asked */
	const struct settings_names *ignore; /* groups that do not count */

	bool is_known;  /* Redis was asked, and answered */
	int64_t behind; /* of the slowest group, with the entries since */
	bool is_exact;  /* Redis told the lag itself */
	char group[SETTINGS_NAME_BYTES]; /* as it is shown; "": there is none */
	int64_t length;                  /* of the stream */
	int64_t look_msecs;              /* when to ask again at the latest */
};

/* ignore is borrowed; NULL: none. */
void lag_begin(struct lag *lag, int64_t max,
	       const struct settings_names *ignore);

/* Do count more entries have to wait? */
bool lag_holds(const struct lag *lag, size_t count);

/* Is it time to ask, so that the answer is there before the next count entries
   would have to wait for it? */
bool lag_is_due(const struct lag *lag, size_t count);

/* That many entries were sent. */
void lag_add(struct lag *lag, size_t count);

/* Queue the questions. Returns 0, or -1 with ERR_RETRY: the connection is
   broken. */
#define LAG_REPLIES 2
int lag_append(struct lag *lag, struct redis *redis, const char *stream,
	       struct err *err);

/* Take in reply number i to the questions, from 0 to LAG_REPLIES - 1. Returns
   0; or -1 when it is an error, with ERR_FATAL when Redis refuses us, else
   ERR_RETRY: then the lag is not known. */
int lag_take(struct lag *lag, size_t i, const struct reply *reply,
	     struct err *err);

#endif
