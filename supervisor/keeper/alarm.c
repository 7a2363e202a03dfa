/* Logs the news of a round. keep_round.c comes before; ordermq_keeper.c calls
   it after each round that went well. */

#include "config.h"

#include "supervisor/keeper/alarm.h"

#include "lib/base/log.h"

#include <inttypes.h>

static void say_account(const struct keep_round_group *group)
{
	if (group->dropped > 0)
		log_line(LOG_ALERT,
			 "group %s: %" PRId64 " entries were removed from the "
			 "stream before they were delivered",
			 group->name, group->dropped);
	if (group->skipped > 0)
		log_line(LOG_ALERT,
			 "group %s: %" PRId64 " entries were skipped: somebody "
			 "else set the group forward, or acknowledged them or "
			 "took them",
			 group->name, group->skipped);
	if (group->moved > 0)
		log_line(LOG_ALERT,
			 "group %s: %" PRId64 " more entries than were due: "
			 "somebody else set the group back, Redis lost its "
			 "last writes, or what was counted as dropped was not; "
			 "the account goes on from here",
			 group->name, group->moved);
}

void alarm_say(const struct keep_round_result *result)
{
	for (size_t i = 0; i < result->group_count; i++)
		say_account(&result->groups[i]);
}
