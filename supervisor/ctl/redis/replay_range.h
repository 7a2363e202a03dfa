#ifndef OMQ_REPLAY_RANGE_H
#define OMQ_REPLAY_RANGE_H

#include "lib/stream/keys.h"
#include "supervisor/ctl/redis/replay_outcome.h"
#include "supervisor/ctl/redis/view.h"

#include <stdbool.h>
#include <stdint.h>

struct settings_group;
struct tally;

/* A range of the stream that comes back to one group: it is copied to
   P:<group>:replay, portion by portion, each in one atomic step. Entries that
   were not delivered to the group yet, are pending there, or have come back
   and wait are left out. The progress is noted in P:<group>:replaying until
   the end is reached, so that a repeated command goes on there after an
   interruption. */
struct replay_range {
	/* Set by the caller. Texts are as they were typed; NULL: not given. */
	const struct settings_group *group;
	const char *from;
	const char *to;
	const char *field; /* "name=value" */
	bool execute;      /* else nothing is changed */
	int64_t rate;      /* entries a second; 0: no limit */

	struct view *view; /* the caller's */
	struct keys keys;
	char replaying[KEYS_BYTES];
	char start[WHEN_ID_BYTES];     /* as meant by from, or to go on from */
	char end[WHEN_ID_BYTES];       /* as meant by to */
	char delivered[WHEN_ID_BYTES]; /* the last one */
	char known[WHEN_ID_BYTES];     /* the last one that came back */
	char done[WHEN_ID_BYTES];      /* the last one that was looked at */
	struct tally *waiting; /* first ids of the entries that came back */
	struct replay_outcome_entry *entries; /* of the portion at hand */
	size_t entry_count;
	bool over; /* nothing behind it was delivered */

	/* The results. */
	bool goes_on; /* where it was interrupted */
	int64_t outcomes[REPLAY_OUTCOME_COUNT];
	int64_t count; /* that came back, or would */
	char first[WHEN_ID_BYTES];
	char last[WHEN_ID_BYTES];
};

/* Begin: resolve the times, and read which entries wait. Returns 0 to go on; or
   an exit status, after it said why. Either way the caller must
   replay_range_close(). */
int replay_range_open(struct replay_range *history, struct view *view);
void replay_range_close(struct replay_range *history);

/* Do it. Returns 0, or -1 with the view's err. */
int replay_range_run(struct replay_range *history);

#endif
