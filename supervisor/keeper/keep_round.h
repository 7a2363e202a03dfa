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

/* One round of housekeeping in Redis: what groups were not given is counted,
   what is done is noted, what nobody needs any more is removed, and every group
   is looked at. Whatever it does can be done again, and by several hosts at
   once: it changes nothing the second time. Each call of the script takes a
   bounded time, however long the stream is. */

#define KEEP_ROUND_ID_BYTES 48
#define KEEP_ROUND_GROUPS_MAX 64

/* A group from which nobody reads for so long is silent. */
#define KEEP_ROUND_SILENT_MSECS 3600000

/* What was found of a group on the stream, configured or not. */
struct keep_round_group {
	char name[SETTINGS_NAME_BYTES]; /* printable, cut */
	int64_t dropped;      /* removed before it was given them; now */
	int64_t silent_msecs; /* nobody has read what waits; 0: not silent */
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
	/* Below these ids entries are not needed ("": none is), and too old. */
	char hold[KEEP_ROUND_ID_BYTES];
	char old[KEEP_ROUND_ID_BYTES];
	char holder[SETTINGS_NAME_BYTES]; /* who needs the first one kept */
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

/* Do what retention asks for, and leave in result what was done; or, as a dry
   run, what stands now. Returns 0; or -1 with ERR_RETRY, when the connection is
   of no use any more, or with ERR_FATAL when Redis refuses. */
int keep_round_trim(struct keep_round *keep, struct redis *redis,
		    bool is_dry_run, struct err *err);

/* A dry run that leaves of the figures those of the stream and of the groups
   that are not configured. Returns as above. */
int keep_round_look(struct keep_round *keep, struct redis *redis,
		    struct err *err);

/* Do what retention asks for, and look at the stream and at every group:
   figures. They tell nothing after a failure. Returns as above. */
int keep_round_run(struct keep_round *keep, struct redis *redis,
		   struct err *err);

#endif
