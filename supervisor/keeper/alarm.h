#ifndef OMQ_ALARM_H
#define OMQ_ALARM_H

#include "supervisor/keeper/keep_round.h"

#include <stddef.h>

/* What the keeper has logged about groups, so that it logs a change once. */
struct alarm_book {
	char silent[KEEP_ROUND_GROUPS_MAX]
		   [SETTINGS_NAME_BYTES]; /* said to be so */
	size_t silent_count;
};

/* Log what is new in the result of a round: entries that were removed before a
   group read them, a group that nobody reads any more, a group that is read
   again. */
void alarm_say(struct alarm_book *book, const struct keep_round_result *result);

#endif
