/* Once a second: follow the backlog of groups that scale, and replace
   instances that are worn. daemon.c calls it after fleet_tick(); autoscale.c
   decides, service.c acts. */

#include "config.h"

#include "supervisor/ordermqd/upkeep.h"

#include "lib/base/log.h"
#include "lib/base/num.h"
#include "supervisor/ordermqd/events.h"
#include "supervisor/ordermqd/fleet.h"
#include "supervisor/ordermqd/instance_process.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* The limits of instances differ by up to 20 %, in SPREAD_STEPS steps by
   their number, so that a group that was started together is not replaced
   together. */
#define SPREAD_STEPS 8

static void upkeep_say(const struct fleet *fleet, int level, const char *name,
		       const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void upkeep_say(const struct fleet *fleet, int level, const char *name,
		       const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_line(level, "%s: %s", name, text);
	events_add(fleet->events, name, "%s", text);
}

/* ---- as many as the backlog wants ---- */

/* Does the number of instances follow the backlog now? */
static bool follows(const struct service *service)
{
	return settings_scales(&service->group.settings) &&
	       service->scaled < 0 && service->wanted == service->target &&
	       service->wanted > 0;
}

/* Is the instance neither held back nor down? */
static bool is_able(const struct instance *instance)
{
	return !instance->is_held && !instance_is_over(instance) &&
	       instance->state != INSTANCE_WAITING &&
	       instance->state != INSTANCE_FAILED;
}

static bool is_working(const struct instance *instance)
{
	struct board board;

	return instance->state == INSTANCE_READY &&
	       instance_board(instance, &board) == 0 &&
	       board_get(&board.state) == BOARD_READY;
}

static int64_t sum_of(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : a + b;
}

static struct autoscale_look look_at(const struct service *service,
				     const struct redis_numbers *numbers,
				     int64_t msecs)
{
	struct autoscale_look look = {
		.msecs = msecs,
		.age_msecs =
			numbers->lag_secs < 0 ? -1 : numbers->lag_secs * 1000,
		.lag = numbers->lag,
		.settled = sum_of(numbers->handled, numbers->dead),
		.wanted = service->wanted,
	};

	look.arrived =
		sum_of(look.settled, sum_of(numbers->pending, numbers->lag));
	for (int i = 0; i < service->wanted; i++) {
		look.able += is_able(&service->instances[i]);
		look.working += is_working(&service->instances[i]);
	}
	return look;
}

static void upkeep_follow(struct fleet *fleet, struct service *service,
			  const struct figures *figures)
{
	const char *name = service->group.settings.name;
	const struct figures_group *found =
		figures == NULL ? NULL : figures_of(figures, name);
	struct autoscale_verdict verdict;
	struct autoscale_look look;

	if (found == NULL || found->pause.msecs != 0) {
		autoscale_forget(&service->autoscale);
		return;
	}
	look = look_at(service, &found->numbers, figures->msecs);
	verdict = autoscale_decide(&service->autoscale,
				   &service->group.settings.scale, &look);
	if (verdict.what == AUTOSCALE_STAY)
		return;
	if (verdict.what == AUTOSCALE_SHORT) {
		upkeep_say(fleet, LOG_WARNING, name, "stays at %d: %s",
			   look.wanted, verdict.why);
		return;
	}
	upkeep_say(fleet, LOG_NOTICE, name, "%d -> %d (%+d): %s", look.wanted,
		   verdict.wanted, verdict.wanted - look.wanted, verdict.why);
	service_follow(service, verdict.wanted);
}

static void upkeep_follow_all(struct fleet *fleet)
{
	struct figures figures;
	bool is_known = fleet_figures(fleet, &figures) == 0;

	for (size_t i = 0; i < fleet->count; i++) {
		struct service *service = fleet->services[i];

		if (follows(service))
			upkeep_follow(fleet, service,
				      is_known ? &figures : NULL);
		else
			autoscale_forget(&service->autoscale);
	}
}

/* ---- those that are worn ---- */

static int64_t recycle_after(const struct instance *instance)
{
	int64_t count = instance->group->settings.recycle_after;

	return count + count / 5 * ((instance->number - 1) % SPREAD_STEPS) /
			       (SPREAD_STEPS - 1);
}

/* Mark an instance that is worn. Only after progress: with a low limit it would
   otherwise be replaced for ever. */
static void upkeep_check(const struct fleet *fleet, struct instance *instance,
			 int64_t now_msecs)
{
	const struct settings_group *group = &instance->group->settings;
	int64_t settled = instance_settled(instance);
	int64_t bytes = -1;

	if (instance->state != INSTANCE_READY || instance->is_worn ||
	    restart_judge(instance->ready_msecs, now_msecs, settled > 0,
			  false) != RESTART_PROGRESS)
		return;
	if (group->recycle_after > 0 && settled >= recycle_after(instance)) {
		instance->is_worn = true;
		upkeep_say(fleet, LOG_NOTICE, instance->name,
			   "pid %d has settled %" PRId64
			   " entries, to be replaced (recycle_after %" PRId64
			   ")",
			   (int)instance->pid, settled, group->recycle_after);
		return;
	}
	if (group->max_rss_bytes > 0)
		bytes = instance_process_memory_bytes(instance);
	if (bytes > group->max_rss_bytes) {
		char most[NUM_TEXT_MAX];

		instance->is_worn = true;
		upkeep_say(fleet, LOG_WARNING, instance->name,
			   "pid %d has %" PRId64
			   "KiB of memory, to be replaced (max_rss %s)",
			   (int)instance->pid, bytes / 1024,
			   num_format_size(group->max_rss_bytes, most));
	}
}

static bool wears(const struct service *service)
{
	return service->group.settings.max_rss_bytes > 0 ||
	       service->group.settings.recycle_after > 0;
}

static void upkeep_check_all(const struct fleet *fleet, struct service *service,
			     int64_t now_msecs)
{
	for (int i = 0; i < service->wanted; i++)
		upkeep_check(fleet, &service->instances[i], now_msecs);
}

/* ---- once a second ---- */

int64_t upkeep_deadline(const struct upkeep *upkeep)
{
	const struct fleet *fleet = upkeep->fleet;

	for (size_t i = 0; i < fleet->count; i++) {
		const struct service *service = fleet->services[i];

		if (service->wanted > 0 &&
		    (settings_scales(&service->group.settings) ||
		     wears(service)))
			return upkeep->next_msecs;
	}
	return -1;
}

void upkeep_tick(struct upkeep *upkeep, int64_t now_msecs)
{
	struct fleet *fleet = upkeep->fleet;
	int64_t deadline = upkeep_deadline(upkeep);

	if (deadline < 0 || now_msecs < deadline)
		return;
	upkeep->next_msecs = now_msecs + UPKEEP_MSECS;
	upkeep_follow_all(fleet);
	for (size_t i = 0; i < fleet->count; i++) {
		if (wears(fleet->services[i]))
			upkeep_check_all(fleet, fleet->services[i], now_msecs);
	}
}
