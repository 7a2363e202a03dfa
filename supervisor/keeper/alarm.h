#ifndef OMQ_ALARM_H
#define OMQ_ALARM_H

#include "supervisor/keeper/keep_round.h"

#include <stddef.h>

/* What the keeper has to say about groups in its log, once each time. */
struct alarm_book {
	char silent[KEEP_ROUND_GROUPS_MAX]
		   [SETTINGS_NAME_BYTES]; /* said to be so */
	size_t silent_count;
};

/* Say what is new in the result of a round: entries that a group was not given,
   a group that nobody reads, one that is read again. */
void alarm_say(struct alarm_book *book, const struct keep_round_result *result);

#endif
