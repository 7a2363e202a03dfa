#ifndef OMQ_STEER_H
#define OMQ_STEER_H

#include "lib/settings/settings.h"

#include <stdbool.h>

struct control;
struct control_client;
struct fleet;

/* What an operator asks for at run time, beside the configuration: scale,
   restart, hold, unhold, reset-failed, log-level; and events, to look. */

#define STEER_JOBS_MAX 16

/* A restart that is under way. */
struct steer_job {
	bool is_there;
	bool is_rolling; /* one after the other */
	bool is_begun;   /* the next one, or all, are told */
	char group[SETTINGS_NAME_BYTES];
	int first; /* instances, counted from 0 */
	int next;  /* one that is to be replaced */
	int end;
};

struct steer {
	struct fleet *fleet;
	struct control *control;
	struct steer_job jobs[STEER_JOBS_MAX];
};

/* Obey the client's line: see ordermqctl(1) for the words. */
void steer_obey(struct steer *steer, struct control_client *client);

/* Go on with what is under way; after each event, before fleet_tick(). */
void steer_tick(struct steer *steer);

/* End what is under way: ordermqd stops, or a reload replaces everything. */
void steer_abort(struct steer *steer, const char *why);

#endif
