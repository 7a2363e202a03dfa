#ifndef OMQ_SERVICE_H
#define OMQ_SERVICE_H

#include "supervisor/slot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One group of the configuration with its instances: keeps as many running as
   are wanted, and touches no other than those that are too few or too many. */
struct service {
	struct slot_group group; /* what the slots look at */
	int wanted;              /* slots 1 to wanted shall run */
	int count; /* slots in existence, maybe on their way out */
	struct slot slots[SETTINGS_INSTANCES_MAX];
};

/* A service that wants nothing yet; is_single: see slot.h. home and
   settings->name must not change as long as it lives. Returns NULL when out of
   memory. */
struct service *service_open(const struct slot_home *home,
			     const struct settings_group *settings,
			     bool is_single);

/* Every process must be gone. */
void service_close(struct service **service);

/* Put settings in force and let as many instances run as they say. Waits and
   failures are over: everything that is wanted is started now. With rolls the
   instances that run are replaced, too: those that are not ready at once, the
   others one after the other, each only when the one before is ready. */
void service_apply(struct service *service,
		   const struct settings_group *settings, bool rolls);

/* Let all instances drain. */
void service_stop(struct service *service);

/* Do what is due at now_msecs. */
void service_tick(struct service *service, int64_t now_msecs);

/* When service_tick() has something to do; -1: never. */
int64_t service_deadline(const struct service *service);

/* How many of its instances are ready, and not about to go. */
int service_ready_count(const struct service *service);

/* Was every instance that is wanted ready once, or has tried to be? */
bool service_has_tried(const struct service *service);

#endif
