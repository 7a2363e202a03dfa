#include "config.h"

#include "supervisor/instance.h"

#define STAYS(state)                                                           \
	{                                                                      \
		INSTANCE_##state, INSTANCE_NOTHING                             \
	}

/* Columns: START, STOP, UP, DIED, GAVE_UP, TIMER. */
static const struct instance_step
	steps[INSTANCE_STATE_COUNT][INSTANCE_EVENT_COUNT] = {
		[INSTANCE_STOPPED] = {
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			STAYS(STOPPED),
			STAYS(STOPPED),
			STAYS(STOPPED),
			STAYS(STOPPED),
			STAYS(STOPPED),
		},
		[INSTANCE_STARTING] = {
			STAYS(STARTING),
			{ INSTANCE_STOPPING, INSTANCE_TERM },
			{ INSTANCE_READY, INSTANCE_GREET },
			{ INSTANCE_WAITING, INSTANCE_WAIT },
			{ INSTANCE_FAILED, INSTANCE_SETTLE },
			STAYS(STARTING),
		},
		[INSTANCE_READY] = {
			STAYS(READY),
			{ INSTANCE_STOPPING, INSTANCE_TERM },
			STAYS(READY),
			{ INSTANCE_WAITING, INSTANCE_WAIT },
			{ INSTANCE_FAILED, INSTANCE_SETTLE },
			STAYS(READY),
		},
		[INSTANCE_STOPPING] = {
			{ INSTANCE_RECYCLING, INSTANCE_NOTHING },
			STAYS(STOPPING),
			STAYS(STOPPING),
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			{ INSTANCE_STOPPING, INSTANCE_KILL },
		},
		[INSTANCE_RECYCLING] = {
			STAYS(RECYCLING),
			{ INSTANCE_STOPPING, INSTANCE_NOTHING },
			STAYS(RECYCLING),
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			/* It gave up on settings that are gone. */
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_RECYCLING, INSTANCE_KILL },
		},
		[INSTANCE_WAITING] = {
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			STAYS(WAITING),
			STAYS(WAITING),
			STAYS(WAITING),
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
		},
		[INSTANCE_FAILED] = {
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			STAYS(FAILED),
			STAYS(FAILED),
			STAYS(FAILED),
			STAYS(FAILED),
		},
	};

static const char *const names[INSTANCE_STATE_COUNT] = {
	[INSTANCE_STOPPED] = "stopped",    [INSTANCE_STARTING] = "starting",
	[INSTANCE_READY] = "ready",        [INSTANCE_STOPPING] = "stopping",
	[INSTANCE_RECYCLING] = "stopping", [INSTANCE_WAITING] = "waiting",
	[INSTANCE_FAILED] = "failed",
};

struct instance_step instance_step(enum instance_state state,
				   enum instance_event event)
{
	return steps[state][event];
}

const char *instance_state_name(enum instance_state state)
{
	return names[state];
}
