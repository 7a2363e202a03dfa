#ifndef OMQ_ALARM_H
#define OMQ_ALARM_H

#include "supervisor/keeper/keep_round.h"

#include <stddef.h>

/* The alarms about groups that the keeper has logged, so that it logs each
   change once. */
struct alarm_book {
	char silent[KEEP_ROUND_GROUPS_MAX]
		   [SETTINGS_NAME_BYTES]; /* said to be so */
	size_t silent_count;
};

/* Log the news of a round: entries that were removed before a group read them,
   a group without readers, a group that is read again. */
void alarm_say(struct alarm_book *book, const struct keep_round_result *result);

#endif
