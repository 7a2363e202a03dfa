#ifndef OMQ_STEER_H
#define OMQ_STEER_H

#include "supervisor/ordermqd/steer_restart.h"

struct control_client;
struct fleet;

/* Commands of an operator at run time, beside the configuration: scale,
   restart, hold, unhold, reset-failed, log-level; and events, to look. */
struct steer {
	struct fleet *fleet;
	struct steer_restart restarts;
};

/* Obey the client's line: see ordermqctl(1) for the words. */
void steer_obey(struct steer *steer, struct control_client *client);

#endif
