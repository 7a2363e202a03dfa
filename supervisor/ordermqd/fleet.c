/* All services, and the settings in force. daemon.c and daemon_reload.c put
   settings in force here; service.c does it for each group. */

#include "config.h"

#include "supervisor/ordermqd/fleet.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "supervisor/ordermqd/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLEET_MAX                                                              \
	(sizeof(((struct fleet *)NULL)->services) / sizeof(struct service *))

#define FIGURES_REFRESH_MSECS 1000

/* The keeper's settings as a group, alike in every configuration. */
static const struct settings_group keeper_settings = {
	.name = "keeper",
	.program = "keeper",
	.instances = 1,
};

struct fleet *fleet_open(struct loop *loop, const char *node_id)
{
	struct fleet *fleet = calloc(1, sizeof(*fleet));

	if (fleet == NULL)
		return NULL;
	fleet->keeper = service_open(&fleet->home, &keeper_settings, true);
	fleet->events = events_open();
	if (fleet->keeper == NULL || fleet->events == NULL) {
		service_close(&fleet->keeper);
		events_close(&fleet->events);
		free(fleet);
		return NULL;
	}
	fleet->home = (struct instance_home){
		.loop = loop,
		.settings_fd = -1,
		.programs = fleet->settings.supervisor.programs,
		.runtime_dir = fleet->runtime_dir,
		.node_id = node_id,
		.events = fleet->events,
	};
	return fleet;
}

void fleet_close(struct fleet **_fleet)
{
	struct fleet *fleet = *_fleet;

	*_fleet = NULL;
	if (fleet == NULL)
		return;
	for (size_t i = 0; i < fleet->count; i++)
		service_close(&fleet->services[i]);
	service_close(&fleet->keeper);
	events_close(&fleet->events);
	if (fleet->home.settings_fd >= 0)
		(void)close(fleet->home.settings_fd);
	free(fleet);
}

static struct service *fleet_find(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->count; i++) {
		if (strcmp(fleet->services[i]->group.settings.name, name) == 0)
			return fleet->services[i];
	}
	return NULL;
}

/* Make a service, idle for now, for every group that has none. */
static int make_room(struct fleet *fleet, const struct settings *settings,
		     struct err *err)
{
	for (int64_t i = 0; i < settings->group_count; i++) {
		const struct settings_group *group = &settings->groups[i];
		struct service *service;

		if (fleet_find(fleet, group->name) != NULL)
			continue;
		if (fleet->count == FLEET_MAX)
			return err_set(err, ERR_RETRY,
				       "too many former groups still drain");
		service = service_open(&fleet->home, group, false);
		if (service == NULL)
			return err_errno(err, ERR_RETRY, "group %s",
					 group->name);
		fleet->services[fleet->count++] = service;
	}
	return 0;
}

static void put_in_force(struct fleet *fleet, const struct settings *settings,
			 int settings_fd)
{
	if (fleet->home.settings_fd >= 0)
		(void)close(fleet->home.settings_fd);
	fleet->home.settings_fd = settings_fd;
	fleet->home.drain_msecs = settings->supervisor.drain_msecs;
	fleet->home.hang_msecs = settings->supervisor.hang_msecs;
	fleet->home.log_level = (int)settings->log.level;
	fleet->settings = *settings;
	(void)settings_runtime_dir(settings, fleet->runtime_dir);
}

int fleet_apply(struct fleet *fleet, const struct settings *settings,
		int settings_fd, const struct roster *roster, struct err *err)
{
	/* The keeper obeys nearly all settings and starts at once: any change
	   replaces it. */
	bool rolls = memcmp(&fleet->settings, settings, sizeof(*settings)) != 0;
	bool relevels = roster != NULL && roster->log_level_live;

	if (make_room(fleet, settings, err) < 0)
		return -1;
	put_in_force(fleet, settings, settings_fd);
	for (size_t i = 0; i < fleet->count; i++) {
		struct service *service = fleet->services[i];
		const char *name = service->group.settings.name;
		const struct settings_group *group =
			settings_group(settings, name);
		const struct roster_change *change =
			roster == NULL ? NULL : roster_find(roster, name);

		if (group == NULL)
			service_stop(service);
		else
			service_apply(service, group,
				      change == NULL || change->rolls ||
					      change->is_live,
				      change != NULL && change->rolls);
		service_log_level(service, -1);
		if (relevels)
			service_tell_log_level(service);
	}
	service_apply(fleet->keeper, &keeper_settings, true, rolls);
	service_log_level(fleet->keeper, -1);
	return 0;
}

struct service *fleet_service(const struct fleet *fleet, const char *name)
{
	struct service *service = fleet_find(fleet, name);

	if (service == NULL &&
	    strcmp(name, fleet->keeper->group.settings.name) == 0)
		return fleet->keeper;
	return service;
}

void fleet_note_scaled(const struct fleet *fleet,
		       const struct settings *settings, struct roster *roster)
{
	for (size_t i = 0; i < roster->count; i++) {
		struct roster_change *change = &roster->changes[i];
		const struct service *service = fleet_find(fleet, change->name);
		const struct settings_group *group =
			settings_group(settings, change->name);

		/* A new group may share its name with a former one that still
		   drains. */
		if (service == NULL ||
		    settings_group(&fleet->settings, change->name) == NULL)
			continue;
		change->before = service_target(service);
		if (group != NULL)
			change->after =
				settings_instances(group, change->before);
	}
}

void fleet_stop(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		service_stop(fleet->services[i]);
	service_stop(fleet->keeper);
}

static void fleet_hurry_all(struct service *service)
{
	for (int i = 0; i < service->count; i++)
		instance_hurry(&service->instances[i]);
}

void fleet_hurry(struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		fleet_hurry_all(fleet->services[i]);
	fleet_hurry_all(fleet->keeper);
}

/* Forget the services that are gone from the settings and have drained. */
static void forget_former(struct fleet *fleet)
{
	size_t kept = 0;

	for (size_t i = 0; i < fleet->count; i++) {
		struct service *service = fleet->services[i];

		if (service->count > 0 ||
		    settings_group(&fleet->settings,
				   service->group.settings.name) != NULL)
			fleet->services[kept++] = service;
		else
			service_close(&service);
	}
	fleet->count = kept;
}

void fleet_tick(struct fleet *fleet, int64_t now_msecs)
{
	for (size_t i = 0; i < fleet->count; i++)
		service_tick(fleet->services[i], now_msecs);
	service_tick(fleet->keeper, now_msecs);
	forget_former(fleet);
}

int64_t fleet_deadline(const struct fleet *fleet)
{
	int64_t deadline = service_deadline(fleet->keeper);

	for (size_t i = 0; i < fleet->count; i++)
		deadline = clock_earlier(deadline,
					 service_deadline(fleet->services[i]));
	return deadline;
}

int fleet_figures(const struct fleet *fleet, struct figures *figures_r)
{
	const struct service *keeper = fleet->keeper;

	if (keeper->count == 0 || keeper->instances[0].board_fd < 0)
		return -1;
	return figures_read(keeper->instances[0].board_fd, clock_msecs(),
			    figures_r);
}

bool fleet_is_empty(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++) {
		if (fleet->services[i]->count > 0)
			return false;
	}
	return fleet->keeper->count == 0;
}

bool fleet_has_tried(const struct fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++) {
		if (!service_has_tried(fleet->services[i]))
			return false;
	}
	return true;
}

/* The keeper writes once a second: reading more often brings nothing new. */
static void figures_refresh(struct fleet *fleet, int64_t now_msecs)
{
	if (now_msecs < fleet->figures_next_msecs)
		return;
	fleet->figures_next_msecs = now_msecs + FIGURES_REFRESH_MSECS;
	if (fleet_figures(fleet, &fleet->figures) < 0)
		fleet->figures.count = 0;
}

/* ", lag 12 (3 s)": entries not yet delivered, and the age of the first. */
static void lag_text(const struct fleet *fleet,
		     const struct settings_group *group, char *buf,
		     size_t bytes)
{
	const struct figures_group *found =
		figures_of(&fleet->figures, group->name);

	buf[0] = '\0';
	if (settings_is_groupless(group))
		return;
	if (found == NULL || found->numbers.lag < 0)
		(void)snprintf(buf, bytes, ", lag ?");
	else if (found->pause.msecs != 0)
		(void)snprintf(buf, bytes, ", lag %" PRId64 ", paused",
			       found->numbers.lag);
	else if (found->numbers.lag_secs > 0)
		(void)snprintf(buf, bytes, ", lag %" PRId64 " (%" PRId64 " s)",
			       found->numbers.lag, found->numbers.lag_secs);
	else
		(void)snprintf(buf, bytes, ", lag %" PRId64,
			       found->numbers.lag);
}

static const char *finished_text(const struct service *service, char *buf,
				 size_t bytes)
{
	int count = service_finished_count(service);

	buf[0] = '\0';
	if (count > 0)
		(void)snprintf(buf, bytes, ", %d finished", count);
	return buf;
}

const char *fleet_summary(struct fleet *fleet, int64_t now_msecs, char *buf,
			  size_t bytes)
{
	size_t used = 0;
	char finished[32], lag[80];

	figures_refresh(fleet, now_msecs);
	(void)snprintf(buf, bytes, "no groups");
	for (size_t i = 0; i < fleet->count; i++) {
		const struct service *service = fleet->services[i];
		int length;

		lag_text(fleet, &service->group.settings, lag, sizeof(lag));
		length = snprintf(
			buf + used, bytes - used, "%s%s %d/%d%s%s",
			i == 0 ? "" : "; ", service->group.settings.name,
			service_ready_count(service), service_target(service),
			finished_text(service, finished, sizeof(finished)),
			lag);
		if (length < 0 || (size_t)length >= bytes - used)
			break;
		used += (size_t)length;
	}
	return buf;
}
