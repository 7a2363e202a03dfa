/* One group with its instances: keeps the wanted number running, and replaces
   them one after the other. fleet.c, upkeep.c and steer.c set that number;
   instance.c starts and stops. */

#include "config.h"

#include "supervisor/ordermqd/service.h"

#include "lib/base/clock.h"
#include "supervisor/ordermqd/instance_word.h"

#include <stdlib.h>

struct service *service_open(const struct instance_home *home,
			     const struct settings_group *settings,
			     bool is_single)
{
	/* This has room for the most instances; the kernel backs only the pages
	   that are touched. */
	struct service *service = calloc(1, sizeof(*service));

	if (service == NULL)
		return NULL;
	service->group.home = home;
	service->group.is_single = is_single;
	service->group.settings = *settings;
	service->group.log_level = -1;
	service->scaled = -1;
	restart_group_reset(&service->group.restart);
	return service;
}

void service_close(struct service **_service)
{
	struct service *service = *_service;

	*_service = NULL;
	if (service == NULL)
		return;
	for (int i = 0; i < service->count; i++)
		instance_close(&service->instances[i]);
	free(service);
}

/* Start the instances that are missing, from the lowest number; stop those
   beyond wanted, from the highest. Running instances that are wanted are not
   touched; those that are down for good start only with changes. */
static void reconcile(struct service *service, bool changes)
{
	for (; service->count < service->wanted; service->count++) {
		struct instance *instance = &service->instances[service->count];

		instance_open(instance, &service->group,
			      service->group.is_single ? 0
						       : service->count + 1);
		instance->is_held = service->is_held;
	}
	for (int i = 0; i < service->wanted; i++) {
		struct instance *instance = &service->instances[i];

		if (instance->is_held)
			instance_event(instance, INSTANCE_STOP);
		else if (changes || !instance_is_over(instance))
			instance_event(instance, INSTANCE_START);
	}
	for (int i = service->count; i > service->wanted; i--)
		instance_event(&service->instances[i - 1], INSTANCE_STOP);
}

void service_apply(struct service *service,
		   const struct settings_group *settings, bool changes,
		   bool rolls)
{
	service->target =
		(int)settings_instances(settings, service_target(service));
	service->group.settings = *settings;
	service->scaled = -1;
	service->wanted = service->target;
	autoscale_forget(&service->autoscale);
	if (rolls)
		service->group.version++;
	restart_group_reset(&service->group.restart);
	reconcile(service, changes);
}

int service_target(const struct service *service)
{
	return service->scaled >= 0 ? service->scaled : service->target;
}

static void resize(struct service *service, int count)
{
	int before = service->wanted;

	service->wanted = count;
	for (int i = count; i < service->count; i++)
		instance_event(&service->instances[i], INSTANCE_STOP);
	for (int i = before; i < count; i++) {
		struct instance *instance = &service->instances[i];

		/* An instance that was scaled away may still drain. */
		if (i == service->count) {
			instance_open(instance, &service->group, i + 1);
			instance->is_held = service->is_held;
			service->count++;
		}
		if (!instance->is_held)
			instance_event(instance, INSTANCE_START);
	}
}

void service_scale(struct service *service, int count)
{
	service->scaled = count;
	resize(service, count);
}

void service_follow(struct service *service, int count)
{
	service->target = count;
	resize(service, count);
}

void service_hold(struct service *service, int i, bool is_held)
{
	struct instance *instance = &service->instances[i];

	instance->is_held = is_held;
	instance_event(instance, is_held || i >= service->wanted
					 ? INSTANCE_STOP
					 : INSTANCE_START);
}

int service_reset_failed(struct service *service, int from, int to)
{
	int count = 0;

	restart_group_reset(&service->group.restart);
	for (int i = from; i < to; i++) {
		struct instance *instance = &service->instances[i];

		if (instance->state != INSTANCE_FAILED &&
		    instance->state != INSTANCE_FINISHED &&
		    instance->state != INSTANCE_WAITING)
			continue;
		instance_event(instance, INSTANCE_START);
		count++;
	}
	return count;
}

void service_log_level(struct service *service, int level)
{
	bool changes = level >= 0 || service->group.log_level >= 0;

	service->group.log_level = level;
	for (int i = 0; i < service->count; i++) {
		if (changes || service->instances[i].log_level >= 0)
			instance_log_level(&service->instances[i], -1);
	}
}

void service_tell_log_level(struct service *service)
{
	for (int i = 0; i < service->count; i++)
		instance_log_level(&service->instances[i],
				   service->instances[i].log_level);
}

void service_stop(struct service *service)
{
	service->wanted = 0;
	reconcile(service, false);
}

static bool is_old(const struct instance *instance)
{
	return instance->version != instance->group->version;
}

static void recycle(struct instance *instance)
{
	instance_event(instance, INSTANCE_STOP);
	instance_event(instance, INSTANCE_START);
}

void service_recycle(struct service *service, int i)
{
	recycle(&service->instances[i]);
}

/* Replace the instances that run with old settings. An instance that is not
   ready is replaced at once; of the others the lowest goes, once all before it
   are ready again. So new settings that do not work stop at the first instance.
   An instance that finished, or failed under the old settings, is not waited
   for. */
static void roll(struct service *service)
{
	struct instance *next = NULL;
	bool busy = false;

	for (int i = 0; i < service->wanted; i++) {
		struct instance *instance = &service->instances[i];

		if (instance->is_held || instance->state == INSTANCE_FINISHED ||
		    (is_old(instance) && instance_is_over(instance)))
			continue;
		if (is_old(instance) && instance->state == INSTANCE_STARTING)
			recycle(instance);
		if (instance->state != INSTANCE_READY)
			busy = true;
		else if (is_old(instance) && next == NULL)
			next = instance;
	}
	if (next != NULL && !busy)
		recycle(next);
}

/* Replace worn instances, one after the other. An instance that is down for
   another reason is not waited for. */
static void renew(struct service *service)
{
	struct instance *next = NULL;

	for (int i = 0; i < service->wanted; i++) {
		struct instance *instance = &service->instances[i];

		if (instance->state == INSTANCE_STARTING ||
		    instance->state == INSTANCE_RECYCLING)
			return;
		if (instance->is_worn && instance->state == INSTANCE_READY &&
		    next == NULL)
			next = instance;
	}
	if (next != NULL)
		recycle(next);
}

/* Forget the highest instances as soon as they are down. */
static void shrink(struct service *service)
{
	while (service->count > service->wanted &&
	       service->instances[service->count - 1].state == INSTANCE_STOPPED)
		instance_close(&service->instances[--service->count]);
}

void service_tick(struct service *service, int64_t now_msecs)
{
	for (int i = 0; i < service->count; i++)
		instance_tick(&service->instances[i], now_msecs);
	roll(service);
	renew(service);
	shrink(service);
}

int64_t service_deadline(const struct service *service)
{
	int64_t deadline = -1;

	for (int i = 0; i < service->count; i++)
		deadline = clock_earlier(
			deadline, instance_deadline(&service->instances[i]));
	return deadline;
}

int service_ready_count(const struct service *service)
{
	int count = 0;

	for (int i = 0; i < service->wanted; i++)
		count += instance_is_well(&service->instances[i]);
	return count;
}

int service_finished_count(const struct service *service)
{
	int count = 0;

	for (int i = 0; i < service->wanted; i++)
		count += service->instances[i].state == INSTANCE_FINISHED;
	return count;
}

bool service_has_tried(const struct service *service)
{
	for (int i = 0; i < service->wanted; i++) {
		if (!service->instances[i].has_tried &&
		    !service->instances[i].is_held)
			return false;
	}
	return true;
}
