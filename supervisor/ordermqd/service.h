#ifndef OMQ_SERVICE_H
#define OMQ_SERVICE_H

#include "supervisor/ordermqd/autoscale.h"
#include "supervisor/ordermqd/instance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One group of the configuration with its instances: keeps as many running as
   are wanted, and touches no other than those that are too few or too many. */
struct service {
	struct instance_group group; /* what the instances look at */
	int target; /* instances, as configured or as the backlog wants */
	int scaled; /* those asked for at run time instead; -1: none */
	struct autoscale autoscale;
	bool is_held; /* all of it, also instances that come */
	int wanted; /* instances 1 to wanted shall run, but those that are held
		     */
	int count;  /* instances in existence, maybe on their way out */
	struct instance instances[SETTINGS_INSTANCES_MAX];
};

/* A service that wants nothing yet; is_single: see instance.h. home and
   settings->name must not change as long as it lives. Returns NULL when out of
   memory. */
struct service *service_open(const struct instance_home *home,
			     const struct settings_group *settings,
			     bool is_single);

/* Every process must be gone. */
void service_close(struct service **service);

/* Put settings in force and let as many instances run as they say. Waits and
   failures are over: everything that is wanted is started now; what is down for
   good by its group's restart only with changes, which says that more is new
   than the number of instances. With rolls the instances that run are replaced,
   too: those that are not ready at once, the others one after the other, each
   only when the one before is ready. */
void service_apply(struct service *service,
		   const struct settings_group *settings, bool changes,
		   bool rolls);

/* How many instances it is to have: as scaled, else as its backlog wants, else
   as configured. */
int service_target(const struct service *service);

/* Let count instances run from now on, whatever the settings or the backlog
   say; no other one is touched. The next service_apply() takes that back. */
void service_scale(struct service *service, int count);

/* Let count instances run, since the backlog wants it. */
void service_follow(struct service *service, int count);

/* Replace one that runs; start one that waits, or has given up or finished. */
void service_recycle(struct service *service, int i);

/* Stop instance number i, counted from 0, and do not start it again; or let it
   run again. */
void service_hold(struct service *service, int i, bool is_held);

/* Start those instances from from up to before to that have given up or
   finished, or wait since they died. Returns how many. */
int service_reset_failed(struct service *service, int from, int to);

/* Let all instances log at this level; -1: at that of the settings. */
void service_log_level(struct service *service, int level);

/* That of the settings has changed: tell those that run. */
void service_tell_log_level(struct service *service);

/* Let all instances drain. */
void service_stop(struct service *service);

/* Do what is due at now_msecs. */
void service_tick(struct service *service, int64_t now_msecs);

/* When service_tick() has something to do; -1: never. */
int64_t service_deadline(const struct service *service);

/* How many of its instances are ready, and not about to go. */
int service_ready_count(const struct service *service);

/* How many of those that are wanted have finished: nobody waits for them. */
int service_finished_count(const struct service *service);

/* Was every instance that is wanted ready once, or has tried to be? */
bool service_has_tried(const struct service *service);

#endif
