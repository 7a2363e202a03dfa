/* The table of states and events that is the life of an instance. instance.c
   asks it at each event, and does the action. */

#include "config.h"

#include "supervisor/ordermqd/instance_table.h"

#include <sysexits.h>

#define STAYS(state)                                                           \
	{                                                                      \
		INSTANCE_##state, INSTANCE_NOTHING                             \
	}

/* Columns: START, STOP, UP, DIED, GAVE_UP, DONE, TIMER, HUNG. */
static const struct instance_step
	steps[INSTANCE_STATE_COUNT][INSTANCE_EVENT_COUNT] = {
		[INSTANCE_STOPPED] = {
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			STAYS(STOPPED),
			STAYS(STOPPED),
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
			{ INSTANCE_FINISHED, INSTANCE_SETTLE },
			STAYS(STARTING),
			{ INSTANCE_HANGING, INSTANCE_ABORT },
		},
		[INSTANCE_READY] = {
			STAYS(READY),
			{ INSTANCE_STOPPING, INSTANCE_TERM },
			STAYS(READY),
			{ INSTANCE_WAITING, INSTANCE_WAIT },
			{ INSTANCE_FAILED, INSTANCE_SETTLE },
			{ INSTANCE_FINISHED, INSTANCE_SETTLE },
			STAYS(READY),
			{ INSTANCE_HANGING, INSTANCE_ABORT },
		},
		[INSTANCE_HANGING] = {
			STAYS(HANGING),
			{ INSTANCE_STOPPING, INSTANCE_TERM },
			STAYS(HANGING),
			{ INSTANCE_WAITING, INSTANCE_WAIT },
			{ INSTANCE_FAILED, INSTANCE_SETTLE },
			{ INSTANCE_FINISHED, INSTANCE_SETTLE },
			{ INSTANCE_HANGING, INSTANCE_KILL },
			STAYS(HANGING),
		},
		[INSTANCE_STOPPING] = {
			{ INSTANCE_RECYCLING, INSTANCE_NOTHING },
			STAYS(STOPPING),
			STAYS(STOPPING),
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			{ INSTANCE_STOPPING, INSTANCE_KILL },
			STAYS(STOPPING),
		},
		[INSTANCE_RECYCLING] = {
			STAYS(RECYCLING),
			{ INSTANCE_STOPPING, INSTANCE_NOTHING },
			STAYS(RECYCLING),
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			/* It gave up under settings that are not in force any
			   more: start it. */
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_RECYCLING, INSTANCE_KILL },
			STAYS(RECYCLING),
		},
		[INSTANCE_WAITING] = {
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			STAYS(WAITING),
			STAYS(WAITING),
			STAYS(WAITING),
			STAYS(WAITING),
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			STAYS(WAITING),
		},
		[INSTANCE_FAILED] = {
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			STAYS(FAILED),
			STAYS(FAILED),
			STAYS(FAILED),
			STAYS(FAILED),
			STAYS(FAILED),
			STAYS(FAILED),
		},
		[INSTANCE_FINISHED] = {
			{ INSTANCE_STARTING, INSTANCE_SPAWN },
			{ INSTANCE_STOPPED, INSTANCE_SETTLE },
			STAYS(FINISHED),
			STAYS(FINISHED),
			STAYS(FINISHED),
			STAYS(FINISHED),
			STAYS(FINISHED),
			STAYS(FINISHED),
		},
	};

static const char *const names[INSTANCE_STATE_COUNT] = {
	[INSTANCE_STOPPED] = "stopped",   [INSTANCE_STARTING] = "starting",
	[INSTANCE_READY] = "ready",       [INSTANCE_HANGING] = "hanging",
	[INSTANCE_STOPPING] = "stopping", [INSTANCE_RECYCLING] = "stopping",
	[INSTANCE_WAITING] = "waiting",   [INSTANCE_FAILED] = "failed",
	[INSTANCE_FINISHED] = "finished",
};

struct instance_step instance_step(enum instance_state state,
				   enum instance_event event)
{
	return steps[state][event];
}

/* The event of a good and of a bad end under each restart setting. Exit status
   78, a configuration that is not acceptable, gives up under all of them. */
static const struct {
	enum instance_event well;
	enum instance_event badly;
} ends[SETTINGS_RESTART_COUNT] = {
	[SETTINGS_RESTART_ALWAYS] = { INSTANCE_DIED, INSTANCE_DIED },
	[SETTINGS_RESTART_ON_FAILURE] = { INSTANCE_DONE, INSTANCE_DIED },
	[SETTINGS_RESTART_NEVER] = { INSTANCE_DONE, INSTANCE_GAVE_UP },
};

enum instance_event instance_end(enum settings_restart restart, int status)
{
	if (status == EX_CONFIG)
		return INSTANCE_GAVE_UP;
	return status == EX_OK ? ends[restart].well : ends[restart].badly;
}

const char *instance_state_name(enum instance_state state)
{
	return names[state];
}
