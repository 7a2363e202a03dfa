#ifndef OMQ_INSTANCE_TABLE_H
#define OMQ_INSTANCE_TABLE_H

#include "lib/settings/settings.h"

/* The life of one instance as a table: state and event give the next state and
   an action. Nothing here makes a system call, so every path is tested without
   a process. Every event is allowed in every state: a stop during a start, a
   start during a stop, a death at any time. */

enum instance_state {
	INSTANCE_STOPPED,  /* not running, and not wanted */
	INSTANCE_STARTING, /* running, has not said that it is ready */
	INSTANCE_READY,    /* running and consuming */
	INSTANCE_HANGING, /* told to die, since it hangs; killed by its timer */
	INSTANCE_STOPPING,  /* told to stop; killed when its timer rings */
	INSTANCE_RECYCLING, /* likewise, and starts again after it */
	INSTANCE_WAITING,   /* not running; starts when its timer rings */
	INSTANCE_FAILED,    /* gave up for good; only a start helps */
	INSTANCE_FINISHED,  /* ended as its restart setting wants; likewise */
	INSTANCE_STATE_COUNT,
};

enum instance_event {
	INSTANCE_START,   /* it is wanted, with the settings now in force */
	INSTANCE_STOP,    /* it is not wanted any more */
	INSTANCE_UP,      /* it said READY=1 */
	INSTANCE_DIED,    /* it ended, or could not be started: again */
	INSTANCE_GAVE_UP, /* it ended badly, and that was all */
	INSTANCE_DONE,    /* it ended with success, and that was all */
	INSTANCE_TIMER,   /* the time set by the last action is up */
	INSTANCE_HUNG,    /* it is at work and gives no sign of life */
	INSTANCE_EVENT_COUNT,
};

enum instance_action {
	INSTANCE_NOTHING,
	INSTANCE_SPAWN,  /* fork and exec it */
	INSTANCE_GREET,  /* it is ready: its group may go on */
	INSTANCE_WAIT,   /* set the timer by the rule of restart.h */
	INSTANCE_TERM,   /* ask it to drain, and set the timer */
	INSTANCE_KILL,   /* end it, and set the timer to do so again */
	INSTANCE_ABORT,  /* SIGABRT, and set the timer */
	INSTANCE_SETTLE, /* it is down for now: no timer, no process */
	INSTANCE_ACTION_COUNT,
};

struct instance_step {
	enum instance_state next;
	enum instance_action action;
};

/* The next state, and what is to be done, when event happens in state. */
struct instance_step instance_step(enum instance_state state,
				   enum instance_event event);

/* Which event it is when a process ends in a group with this restart setting.
   status is the exit status; -1: a signal ended it. */
enum instance_event instance_end(enum settings_restart restart, int status);

/* The word for people; a recycling instance is "stopping" to them. */
const char *instance_state_name(enum instance_state state);

#endif
