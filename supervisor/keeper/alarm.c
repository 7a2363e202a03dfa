/* Logs the news of a round. keep_round.c comes before; ordermq_keeper.c calls
   it after each round that went well. */

#include "config.h"

#include "supervisor/keeper/alarm.h"

#include "lib/base/log.h"
#include "lib/base/num.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static bool is_in(char names[][SETTINGS_NAME_BYTES], size_t count,
		  const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static void say_silent(const struct keep_round_result *result,
		       const struct keep_round_group *group)
{
	bool holds = strcmp(result->holder, group->name) == 0;
	char age[NUM_TEXT_MAX];

	log_line(LOG_ALERT, "group %s: nobody has read from it for %s%s",
		 group->name,
		 num_format_duration(group->silent_msecs / 60000 * 60000, age),
		 holds ? ", and nothing behind its place is removed; if it is "
			 "not needed, name it in stream.retention.ignore"
		       : "");
}

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

void alarm_say(struct alarm_book *book, const struct keep_round_result *result)
{
	struct alarm_book now = { .silent_count = 0 };

	for (size_t i = 0; i < result->group_count; i++) {
		const struct keep_round_group *group = &result->groups[i];
		bool was_silent =
			is_in(book->silent, book->silent_count, group->name);

		say_account(group);
		if (group->silent_msecs > 0 && !was_silent)
			say_silent(result, group);
		if (group->silent_msecs == 0 && was_silent)
			log_line(LOG_NOTICE, "group %s: is read again",
				 group->name);
		if (group->silent_msecs > 0)
			memcpy(now.silent[now.silent_count++], group->name,
			       sizeof(group->name));
	}
	*book = now;
}
