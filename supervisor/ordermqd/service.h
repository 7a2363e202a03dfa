#ifndef OMQ_SERVICE_H
#define OMQ_SERVICE_H

#include "supervisor/ordermqd/autoscale.h"
#include "supervisor/ordermqd/instance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One group of the configuration with its instances. It keeps the wanted number
   running, and starts or stops only the difference. */
struct service {
	struct instance_group group; /* shared by the instances */
	int target; /* instances, as configured or as the backlog wants */
	int scaled; /* those asked for at run time instead; -1: none */
	struct autoscale autoscale;
	bool is_held; /* all of it, also instances that come */
	int wanted; /* instances 1 to wanted shall run, but those that are held
		     */
	int count;  /* instances in existence, maybe on their way out */
	struct instance instances[SETTINGS_INSTANCES_MAX];
};

/* A service that wants no instance yet; is_single: see instance_state.h. home
   and settings->name must not change as long as it lives. Returns NULL when out
   of memory. */
struct service *service_open(const struct instance_home *home,
			     const struct settings_group *settings,
			     bool is_single);

/* Every process must be gone. */
void service_close(struct service **service);

/* Put settings in force and run the number of instances that they ask for.
   Waits and failures are forgotten: every wanted instance is started now; one
   that is down for good by the restart setting only with changes, which says
   that more has changed than the number of instances. With rolls the running
   instances are replaced, too: those that are not ready at once, the others one
   after the other, each only when the one before is ready. */
void service_apply(struct service *service,
		   const struct settings_group *settings, bool changes,
		   bool rolls);

/* How many instances it is to have: as scaled, else as its backlog wants, else
   as configured. */
int service_target(const struct service *service);

/* Let count instances run from now on, whatever the settings or the backlog ask
   for; only the difference is started or stopped. The next service_apply()
   takes that back. */
void service_scale(struct service *service, int count);

/* Let count instances run, since the backlog wants it. */
void service_follow(struct service *service, int count);

/* Replace instance number i, counted from 0, if it runs; start it if it waits,
   or has given up or finished. */
void service_recycle(struct service *service, int i);

/* Stop instance number i, counted from 0, and do not start it again; or let it
   run again. */
void service_hold(struct service *service, int i, bool is_held);

/* Of the instances from from up to before to, start those that have given up or
   finished, or wait since they died. Returns how many that were. */
int service_reset_failed(struct service *service, int from, int to);

/* Let all instances log at this level; -1: at that of the settings. */
void service_log_level(struct service *service, int level);

/* The level of the settings has changed: tell the running instances. */
void service_tell_log_level(struct service *service);

/* Let all instances drain. */
void service_stop(struct service *service);

/* Do what is due at now_msecs. */
void service_tick(struct service *service, int64_t now_msecs);

/* When service_tick() has something to do; -1: never. */
int64_t service_deadline(const struct service *service);

/* How many wanted instances are ready. */
int service_ready_count(const struct service *service);

/* How many wanted instances have finished, and are not waited for. */
int service_finished_count(const struct service *service);

/* Has every wanted instance been ready, or died, at least once? */
bool service_has_tried(const struct service *service);

#endif
