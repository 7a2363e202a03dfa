#ifndef OMQ_RESTART_H
#define OMQ_RESTART_H

#include "lib/base/backoff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When a dead instance starts again. Pure: time comes in as an argument, in
   milliseconds of clock_msecs().

   An instance has made progress when it has settled an entry, or was ready for
   RESTART_PROVEN_MSECS. After a death with progress, and after the first one
   without, it starts again at once, within the rates below; from the second on
   it waits by itself. An instance that died before it was ready makes its whole
   group wait: until one instance is ready, the group starts a single instance
   at the end of each wait.

   An instance that has died RESTART_LOOP_COUNT times in a row without progress
   does not stay up, which is an alert. It is tried again, ever more seldom. */

#define RESTART_PROVEN_MSECS 10000
#define RESTART_FIRST_MSECS 200
#define RESTART_MAX_MSECS 30000
#define RESTART_PER_SECOND 20
#define RESTART_PER_MINUTE 300
#define RESTART_LOOP_COUNT 5

enum restart_death {
	RESTART_PROGRESS,    /* it had got something done */
	RESTART_NO_PROGRESS, /* it was ready, and that was all */
	RESTART_UNREADY,     /* it never was ready, or never ran */
	RESTART_TEMPORARY,   /* exit status 75: no crash, "later" */
};

/* The memory of one instance's deaths. Zero it with
   restart_instance_reset(). */
struct restart_instance {
	struct backoff backoff;
	unsigned int unproven_count; /* deaths in a row without progress */
	bool is_loop; /* its last death showed that it does not stay up */
};

/* The memory of one group's deaths and restarts. */
struct restart_group {
	struct backoff backoff;
	int64_t wait_msecs;    /* between two tries; 0: no trouble */
	int64_t next_msecs;    /* no try before */
	int64_t stepped_msecs; /* when the wait was last doubled */
	/* When the last restarts at once were due, as a ring. */
	int64_t recent_msecs[RESTART_PER_MINUTE];
	size_t recent_count;
};

/* Forget all deaths: the operator has changed something. */
void restart_instance_reset(struct restart_instance *instance);
void restart_group_reset(struct restart_group *group);

/* Judge a death. ready_msecs: when the process said that it is ready, -1:
   never; settled: it has settled an entry; temporary: its exit status was
   75. */
enum restart_death restart_judge(int64_t ready_msecs, int64_t now_msecs,
				 bool settled, bool temporary);

/* An instance that was started at started_msecs has died. Returns when it may
   start again, as far as it alone is concerned. */
int64_t restart_after(struct restart_group *group,
		      struct restart_instance *instance,
		      enum restart_death death, int64_t started_msecs,
		      int64_t now_msecs);

/* No instance of the group may start before this time; 0: at any time. */
int64_t restart_gate(const struct restart_group *group);

/* An instance of the group is being started. */
void restart_begun(struct restart_group *group, int64_t now_msecs);

/* An instance of the group is ready: its trouble is over. */
void restart_went_well(struct restart_group *group);

#endif
