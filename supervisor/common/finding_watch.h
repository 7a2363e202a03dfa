#ifndef OMQ_FINDING_WATCH_H
#define OMQ_FINDING_WATCH_H

#include "supervisor/common/finding.h"

/* Findings over time: which have stood long enough to be told, and which come
   and go. A plain value; a zeroed one has seen nothing yet. */
struct finding_watch {
	struct findings seen; /* last */
	struct findings told; /* those that have stood long enough, sorted */
};

/* These are the findings now, at now_msecs since 1970. Each that comes or goes
   has its line in the log, at alert (critical) or crit; and is then told with
   tell, unless that is NULL. */
void finding_watch_take(struct finding_watch *watch,
			const struct findings *findings, int64_t now_msecs,
			void (*tell)(void *owner, const struct finding *finding,
				     bool came),
			void *owner);

#endif
