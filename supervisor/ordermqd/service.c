#include "config.h"

#include "supervisor/ordermqd/service.h"

#include "lib/base/clock.h"

#include <stdlib.h>

struct service *service_open(const struct slot_home *home,
			     const struct settings_group *settings,
			     bool is_single)
{
	/* Of the room for the most instances only what is used is real. */
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
		slot_close(&service->slots[i]);
	free(service);
}

/* Start what is missing, from the lowest; stop what is too much, from the
   highest. What runs and is wanted does not notice; what is down for good is
   started only with changes. */
static void reconcile(struct service *service, bool changes)
{
	for (; service->count < service->wanted; service->count++) {
		struct slot *slot = &service->slots[service->count];

		slot_open(slot, &service->group,
			  service->group.is_single ? 0 : service->count + 1);
		slot->is_held = service->is_held;
	}
	for (int i = 0; i < service->wanted; i++) {
		struct slot *slot = &service->slots[i];

		if (slot->is_held)
			slot_event(slot, INSTANCE_STOP);
		else if (changes || !slot_is_over(slot))
			slot_event(slot, INSTANCE_START);
	}
	for (int i = service->count; i > service->wanted; i--)
		slot_event(&service->slots[i - 1], INSTANCE_STOP);
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
		slot_event(&service->slots[i], INSTANCE_STOP);
	for (int i = before; i < count; i++) {
		struct slot *slot = &service->slots[i];

		/* One that was scaled away may still drain. */
		if (i == service->count) {
			slot_open(slot, &service->group, i + 1);
			slot->is_held = service->is_held;
			service->count++;
		}
		if (!slot->is_held)
			slot_event(slot, INSTANCE_START);
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
	struct slot *slot = &service->slots[i];

	slot->is_held = is_held;
	slot_event(slot, is_held || i >= service->wanted ? INSTANCE_STOP
							 : INSTANCE_START);
}

int service_reset_failed(struct service *service, int from, int to)
{
	int count = 0;

	restart_group_reset(&service->group.restart);
	for (int i = from; i < to; i++) {
		struct slot *slot = &service->slots[i];

		if (slot->state != INSTANCE_FAILED &&
		    slot->state != INSTANCE_FINISHED &&
		    slot->state != INSTANCE_WAITING)
			continue;
		slot_event(slot, INSTANCE_START);
		count++;
	}
	return count;
}

void service_log_level(struct service *service, int level)
{
	bool changes = level >= 0 || service->group.log_level >= 0;

	service->group.log_level = level;
	for (int i = 0; i < service->count; i++) {
		if (changes || service->slots[i].log_level >= 0)
			slot_log_level(&service->slots[i], -1);
	}
}

void service_tell_log_level(struct service *service)
{
	for (int i = 0; i < service->count; i++)
		slot_log_level(&service->slots[i], service->slots[i].log_level);
}

void service_stop(struct service *service)
{
	service->wanted = 0;
	reconcile(service, false);
}

static bool is_old(const struct slot *slot)
{
	return slot->version != slot->group->version;
}

static void recycle(struct slot *slot)
{
	slot_event(slot, INSTANCE_STOP);
	slot_event(slot, INSTANCE_START);
}

void service_recycle(struct service *service, int i)
{
	recycle(&service->slots[i]);
}

/* Replace what runs with old settings. One that is not ready has nothing to
   lose; of the others the lowest goes, once all before it are ready again. So
   new settings that do not work stop at the first instance. One that finished,
   or failed with the old settings, says nothing of the new ones. */
static void roll(struct service *service)
{
	struct slot *next = NULL;
	bool busy = false;

	for (int i = 0; i < service->wanted; i++) {
		struct slot *slot = &service->slots[i];

		if (slot->is_held || slot->state == INSTANCE_FINISHED ||
		    (is_old(slot) && slot_is_over(slot)))
			continue;
		if (is_old(slot) && slot->state == INSTANCE_STARTING)
			recycle(slot);
		if (slot->state != INSTANCE_READY)
			busy = true;
		else if (is_old(slot) && next == NULL)
			next = slot;
	}
	if (next != NULL && !busy)
		recycle(next);
}

/* Replace what is worn, one after the other; one that is down for another
   reason holds up nobody. */
static void renew(struct service *service)
{
	struct slot *next = NULL;

	for (int i = 0; i < service->wanted; i++) {
		struct slot *slot = &service->slots[i];

		if (slot->state == INSTANCE_STARTING ||
		    slot->state == INSTANCE_RECYCLING)
			return;
		if (slot->is_worn && slot->state == INSTANCE_READY &&
		    next == NULL)
			next = slot;
	}
	if (next != NULL)
		recycle(next);
}

/* Forget the highest slots as soon as they are down. */
static void shrink(struct service *service)
{
	while (service->count > service->wanted &&
	       service->slots[service->count - 1].state == INSTANCE_STOPPED)
		slot_close(&service->slots[--service->count]);
}

void service_tick(struct service *service, int64_t now_msecs)
{
	for (int i = 0; i < service->count; i++)
		slot_tick(&service->slots[i], now_msecs);
	roll(service);
	renew(service);
	shrink(service);
}

int64_t service_deadline(const struct service *service)
{
	int64_t deadline = -1;

	for (int i = 0; i < service->count; i++)
		deadline = clock_earlier(deadline,
					 slot_deadline(&service->slots[i]));
	return deadline;
}

int service_ready_count(const struct service *service)
{
	int count = 0;

	for (int i = 0; i < service->wanted; i++)
		count += service->slots[i].state == INSTANCE_READY;
	return count;
}

int service_finished_count(const struct service *service)
{
	int count = 0;

	for (int i = 0; i < service->wanted; i++)
		count += service->slots[i].state == INSTANCE_FINISHED;
	return count;
}

bool service_has_tried(const struct service *service)
{
	for (int i = 0; i < service->wanted; i++) {
		if (!service->slots[i].has_tried && !service->slots[i].is_held)
			return false;
	}
	return true;
}
