#ifndef OMQ_AUTOSCALE_H
#define OMQ_AUTOSCALE_H

#include "lib/settings/settings.h"

#include <stddef.h>
#include <stdint.h>

/* How many instances a group needs so that no entry waits longer for its
   reader than scale.target_age. Pure: what was seen comes in as an argument,
   with its time in milliseconds of clock_msecs(), and what is remembered lies
   in struct autoscale.

   Up: once the oldest undelivered entry is older than the target, to the number
   that settles what comes in and also, within AUTOSCALE_DRAIN times the target,
   what waits. The rate of one instance is measured while entries wait, since
   none is idle then. Without such a measure, or with one of few entries, the
   number is at most doubled. After a step up there is no other one until its
   effect can be seen, nor while the backlog shrinks, nor when the last step did
   not make the group faster.

   Down: when fewer instances were enough, with a fifth to spare, during all of
   AUTOSCALE_CALM times the target; to the most that were needed in that time,
   but not below half.

   Nothing is decided on unknown numbers, or for a group that is held back as a
   whole: that only ends the calm. */

#define AUTOSCALE_DRAIN 6
#define AUTOSCALE_CALM 6
#define AUTOSCALE_SAMPLES 5
#define AUTOSCALE_WHY_BYTES 192

/* One moment of a group. */
struct autoscale_look {
	int64_t msecs;     /* when it was */
	int64_t age_msecs; /* of the oldest undelivered entry; -1: unknown */
	int64_t lag;       /* undelivered entries; -1: unknown */
	int64_t settled;   /* in all; -1: unknown */
	int64_t arrived;   /* in all: settled, pending, lag; -1: unknown */
	int wanted;        /* instances there are to be now */
	int able;          /* of them, those not held back and not down */
	int working;       /* of those, ready and reading */
};

enum autoscale_what {
	AUTOSCALE_STAY,
	AUTOSCALE_UP,
	AUTOSCALE_DOWN,
	AUTOSCALE_SHORT, /* it needs more than it gets */
};

struct autoscale {
	struct autoscale_look looks[AUTOSCALE_SAMPLES]; /* the newest first */
	size_t look_count;
	double rate;        /* entries a second of one instance; 0: unknown */
	int64_t rate_count; /* entries it was measured with */
	double step_rate;   /* of all, before the last step up; 0: unknown */
	int step_from;      /* ... and how many worked then */
	int64_t step_msecs; /* when that was; 0: never */
	int64_t calm_msecs; /* since when fewer are enough; 0: they are not */
	int calm_most;      /* ... and how many were needed since then */
	enum autoscale_what said; /* last */
};

struct autoscale_verdict {
	enum autoscale_what what;
	int wanted; /* from now on */
	char why[AUTOSCALE_WHY_BYTES];
};

/* Decide. AUTOSCALE_STAY has no reason and is not worth a word; _SHORT is told
   once, until it is over. Looks must come in the order of their time; one that
   is no newer than the last tells nothing. */
struct autoscale_verdict autoscale_decide(struct autoscale *autoscale,
					  const struct settings_scale *scale,
					  const struct autoscale_look *look);

/* Forget the looks, since the present is unknown and they say nothing about
   later ones. The rate of one instance is remembered. */
void autoscale_forget(struct autoscale *autoscale);

#endif
