#ifndef OMQ_ALARM_H
#define OMQ_ALARM_H

#include "supervisor/keeper/keep_round.h"

/* Log the news of a round: entries that were lost to a group, and an account
   that was moved. All that lasts is a finding: see finding_round.h. */
void alarm_say(const struct keep_round_result *result);

#endif
