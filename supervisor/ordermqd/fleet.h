#ifndef OMQ_FLEET_H
#define OMQ_FLEET_H

#include "lib/settings/settings.h"
#include "supervisor/common/figures.h"
#include "supervisor/ordermqd/roster.h"
#include "supervisor/ordermqd/service.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* All services, and the settings in force. A group that is gone from the
   settings stays here until its last instance has drained. */
struct fleet {
	struct instance_home home;
	struct settings settings;
	char runtime_dir[SETTINGS_TEXT_BYTES];
	struct service *services[2 * SETTINGS_GROUPS_MAX];
	size_t count;
	/* ordermq-keeper: watched like an instance, but of no group. ordermqd
	   counts as ready without it. */
	struct service *keeper;
	/* For fleet_summary(), which reads the keeper's figures once a
	   second. */
	struct figures figures;
	int64_t figures_next_msecs;
	struct events *events;
};

/* An empty fleet. loop and node_id are borrowed. Returns NULL when out of
   memory. */
struct fleet *fleet_open(struct loop *loop, const char *node_id);

/* Every process must be gone. */
void fleet_close(struct fleet **fleet);

/* Put settings in force for every instance that is started from now on, and
   start and stop the difference. settings_fd is a sealed memfd with these
   settings, owned by the fleet on success. roster lists the changes; NULL: all
   is new. Returns 0; or -1 with ERR_RETRY, and then nothing has changed. */
int fleet_apply(struct fleet *fleet, const struct settings *settings,
		int settings_fd, const struct roster *roster, struct err *err);

/* The service of a group; "keeper": that one, unless a group has the name.
   NULL: there is none. */
struct service *fleet_service(const struct fleet *fleet, const char *name);

/* Correct roster for groups that were scaled by their backlog or by hand: what
   a reload changes is the number that runs now. */
void fleet_note_scaled(const struct fleet *fleet,
		       const struct settings *settings, struct roster *roster);

/* Let everything drain. */
void fleet_stop(struct fleet *fleet);

/* Kill the instances that still drain. */
void fleet_hurry(struct fleet *fleet);

/* Do what is due at now_msecs; and when there is something to do, -1: never. */
void fleet_tick(struct fleet *fleet, int64_t now_msecs);
int64_t fleet_deadline(const struct fleet *fleet);

/* Read the keeper's latest figures. Returns 0; or -1: there are none, or they
   are stale. */
int fleet_figures(const struct fleet *fleet, struct figures *figures_r);

/* Has every process ended? */
bool fleet_is_empty(const struct fleet *fleet);

/* Has every instance been ready, or died, at least once? */
bool fleet_has_tried(const struct fleet *fleet);

/* For people: "points 3/3, lag 0; push 1/2, lag 12 (3 s)": instances that are
   ready, those that have finished, if there are any, entries not yet delivered,
   the age of the first of them. Unknown is "?". buf is cut where it is full.
   Returns buf. */
const char *fleet_summary(struct fleet *fleet, int64_t now_msecs, char *buf,
			  size_t bytes);

#endif
