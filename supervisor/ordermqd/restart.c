/* When a dead instance starts again. instance.c tells it of births and
   deaths, and waits as long as it says. */

#include "config.h"

#include "supervisor/ordermqd/restart.h"

#include <string.h>

static const struct backoff fresh_backoff = {
	.first_msecs = RESTART_FIRST_MSECS,
	.max_msecs = RESTART_MAX_MSECS,
};

void restart_instance_reset(struct restart_instance *instance)
{
	instance->backoff = fresh_backoff;
	instance->unproven_count = 0;
	instance->is_loop = false;
}

/* The rates stay in force: they limit how fast repeated reloads can start
   instances. */
void restart_group_reset(struct restart_group *group)
{
	group->backoff = fresh_backoff;
	group->wait_msecs = 0;
	group->next_msecs = 0;
	group->stepped_msecs = 0;
}

enum restart_death restart_judge(int64_t ready_msecs, int64_t now_msecs,
				 bool settled, bool temporary)
{
	if (temporary)
		return RESTART_TEMPORARY;
	if (settled || (ready_msecs >= 0 &&
			now_msecs - ready_msecs >= RESTART_PROVEN_MSECS))
		return RESTART_PROGRESS;
	return ready_msecs >= 0 ? RESTART_NO_PROGRESS : RESTART_UNREADY;
}

/* When a former restart was due, as many places back in the ring; long ago if
   there was none. */
static int64_t recent(const struct restart_group *group, size_t back)
{
	if (group->recent_count < back)
		return INT64_MIN / 2;
	return group->recent_msecs[(group->recent_count - back) %
				   RESTART_PER_MINUTE];
}

/* Reserve the first moment from now that keeps both rates, and return it. */
static int64_t at_once(struct restart_group *group, int64_t now_msecs)
{
	int64_t due = now_msecs;

	if (due < recent(group, RESTART_PER_SECOND) + 1000)
		due = recent(group, RESTART_PER_SECOND) + 1000;
	if (due < recent(group, RESTART_PER_MINUTE) + 60000)
		due = recent(group, RESTART_PER_MINUTE) + 60000;
	group->recent_msecs[group->recent_count++ % RESTART_PER_MINUTE] = due;
	return due;
}

/* Instances that were started together and die together count as one failed
   try: only the death of one that was started after the last step doubles the
   wait again. */
static int64_t group_waits(struct restart_group *group, int64_t started_msecs,
			   int64_t now_msecs)
{
	if (group->wait_msecs == 0 || started_msecs >= group->stepped_msecs) {
		group->wait_msecs = backoff_next(&group->backoff);
		group->next_msecs = now_msecs + group->wait_msecs;
		group->stepped_msecs = now_msecs;
	}
	return group->next_msecs;
}

int64_t restart_after(struct restart_group *group,
		      struct restart_instance *instance,
		      enum restart_death death, int64_t started_msecs,
		      int64_t now_msecs)
{
	struct backoff longest = {
		.first_msecs = RESTART_MAX_MSECS,
		.max_msecs = RESTART_MAX_MSECS,
	};

	unsigned int steps = group->backoff.step_count;
	int64_t due;

	instance->is_loop = false;
	switch (death) {
	case RESTART_PROGRESS:
		restart_instance_reset(instance);
		return at_once(group, now_msecs);
	case RESTART_NO_PROGRESS:
		instance->is_loop =
			++instance->unproven_count == RESTART_LOOP_COUNT;
		if (instance->unproven_count == 1)
			return at_once(group, now_msecs);
		return now_msecs + backoff_next(&instance->backoff);
	case RESTART_UNREADY:
		due = group_waits(group, started_msecs, now_msecs);
		instance->is_loop =
			group->backoff.step_count > steps &&
			group->backoff.step_count == RESTART_LOOP_COUNT;
		return due;
	case RESTART_TEMPORARY:
		break;
	}
	return now_msecs + backoff_next(&longest);
}

int64_t restart_gate(const struct restart_group *group)
{
	return group->wait_msecs == 0 ? 0 : group->next_msecs;
}

void restart_begun(struct restart_group *group, int64_t now_msecs)
{
	if (group->wait_msecs > 0)
		group->next_msecs = now_msecs + group->wait_msecs;
}

void restart_went_well(struct restart_group *group)
{
	backoff_reset(&group->backoff);
	group->wait_msecs = 0;
}
