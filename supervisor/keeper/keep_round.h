#ifndef OMQ_KEEP_ROUND_H
#define OMQ_KEEP_ROUND_H

#include "supervisor/common/figures.h"
#include "supervisor/keeper/rate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;
struct reply;
struct settings;

/* One round of housekeeping in Redis: count the entries that were removed
   before a group read them, note how far each group has surely come, remove
   what no group needs any more, and look at every group. A round can be
   repeated, and run on several hosts at once: the second one changes nothing.
   Each call of the script takes a bounded time, however long the stream is. */

#define KEEP_ROUND_ID_BYTES 48
#define KEEP_ROUND_GROUPS_MAX 64

/* A group is silent when nobody has read its waiting entries for this long. */
#define KEEP_ROUND_SILENT_MSECS 3600000

/* One group on the stream, configured or not. */
struct keep_round_group {
	char name[SETTINGS_NAME_BYTES]; /* printable, cut */
	/* Entries that the group has lost, as this round found them: those that
	   were removed before they were delivered, and those that another
	   client skipped. */
	int64_t dropped;
	int64_t skipped;
	int64_t moved; /* entries beyond those that were due; as found now */
	int64_t silent_msecs; /* since the last read while entries wait; 0: not
				 silent */
	/* -1: unknown */
	int64_t lag;
	int64_t lag_msecs; /* age of the first of them */
	int64_t pending;
	int64_t oldest_pending_msecs;
};

struct keep_round_result {
	int64_t trimmed;     /* entries removed */
	int64_t length;      /* entries there are now */
	int64_t added;       /* entries there ever were */
	int64_t first_msecs; /* ages of the first and the last one; -1: none */
	int64_t last_msecs;
	/* Entries below hold are needed by no group ("": no group needs any);
	   entries below old are older than retention.max_age. */
	char hold[KEEP_ROUND_ID_BYTES];
	char old[KEEP_ROUND_ID_BYTES];
	char holder[SETTINGS_NAME_BYTES]; /* the group that needs the first kept
					     entry */
	struct keep_round_group groups[KEEP_ROUND_GROUPS_MAX];
	size_t group_count; /* the first ones only, if there are more */
};

struct keep_round {
	const struct settings *settings;
	struct arena *arena; /* of the replies */
	struct figures figures;
	struct keep_round_result result;
	struct rate added;
	struct rate handled[SETTINGS_GROUPS_MAX]; /* as in the settings */
};

/* Remove what retention does not keep, and leave in result what was removed; a
   dry run changes nothing and leaves in result how things stand. Returns 0; or
   -1 with ERR_RETRY, when the connection is of no use any more, or with
   ERR_FATAL when Redis refuses. */
int keep_round_trim(struct keep_round *keep, struct redis *redis,
		    bool is_dry_run, struct err *err);

/* A dry run that fills in the figures of the stream and of the groups that are
   not configured, and no others. Returns as above. */
int keep_round_look(struct keep_round *keep, struct redis *redis,
		    struct err *err);

/* A whole round: remove what retention does not keep, and fill in all figures.
   After a failure the figures mean nothing. Returns as above. */
int keep_round_run(struct keep_round *keep, struct redis *redis,
		   struct err *err);

#endif
