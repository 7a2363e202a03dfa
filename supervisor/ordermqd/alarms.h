#ifndef OMQ_ALARMS_H
#define OMQ_ALARMS_H

#include "supervisor/common/finding.h"

#include <stddef.h>
#include <stdint.h>

struct fleet;

/* All findings, put together once a second: those of the keeper and those about
   the processes. Each is raised as an alarm when it comes and when it goes: a
   line in the log, and an event. */
struct alarms;

#define ALARMS_MSECS 1000

/* fleet is borrowed. Returns NULL when out of memory. */
struct alarms *alarms_open(struct fleet *fleet);
void alarms_close(struct alarms **alarms);

/* The time of the next look; and look, if it is due at now_msecs. */
int64_t alarms_deadline(const struct alarms *alarms);
void alarms_tick(struct alarms *alarms, int64_t now_msecs);

/* Look now, though it is not due yet: somebody asks. */
void alarms_look(struct alarms *alarms, int64_t now_msecs);

/* The findings that were told last. */
const struct findings *alarms_findings(const struct alarms *alarms);

/* For people: how the groups are (fleet_summary()), and the words of the
   findings: "points 3/3, lag 0; 1 finding: paused". Lives until the next
   alarms_tick(). */
const char *alarms_summary(const struct alarms *alarms);

#endif
