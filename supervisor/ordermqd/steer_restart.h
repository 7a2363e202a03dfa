#ifndef OMQ_STEER_RESTART_H
#define OMQ_STEER_RESTART_H

#include "lib/settings/settings.h"

#include <stdbool.h>

struct control;
struct control_client;
struct fleet;
struct service;

/* The restarts that operators have asked for and that are under way. */

/* At most this many at a time, in different groups. */
#define STEER_RESTART_JOBS_MAX 16

struct steer_restart_job {
	bool is_there;
	bool is_rolling; /* one after the other */
	bool is_begun;   /* the next one, or all, are told */
	char group[SETTINGS_NAME_BYTES];
	int first; /* instances, counted from 0 */
	int next;  /* one that is to be replaced */
	int end;   /* behind the last one */
};

/* Zeroed but for fleet and control, which are borrowed. */
struct steer_restart {
	struct fleet *fleet;
	struct control *control;
	struct steer_restart_job jobs[STEER_RESTART_JOBS_MAX];
};

/* Replace the instances from instance from up to before instance to, counted
   from 0: all at once, or one after the other, each when the one before is
   ready. The first that does not become ready ends it. The client is answered
   when it is over; it goes on when the client goes away. */
void steer_restart_begin(struct steer_restart *restarts,
			 struct control_client *client, struct service *service,
			 int from, int to, bool is_rolling);

/* Go on with the restarts under way. Call it after each event, before
   fleet_tick(). */
void steer_restart_tick(struct steer_restart *restarts);

/* End all restarts under way, since ordermqd stops or a reload replaces
   everything; why is the answer to their clients. */
void steer_restart_abort(struct steer_restart *restarts, const char *why);

#endif
