#include "config.h"

#include "supervisor/status.h"

#include "lib/clock.h"
#include "supervisor/figures.h"
#include "supervisor/fleet.h"
#include "supervisor/numbers_json.h"
#include "supervisor/pause.h"
#include "supervisor/record.h"

#include <string.h>
#include <unistd.h>

static json_t *supervisor(const struct status_head *head,
			  const struct fleet *fleet)
{
	int64_t uptime_msecs = clock_msecs() - head->started_msecs;

	return json_pack("{s:s,s:s,s:o,s:s,s:i,s:I,s:o,s:s,s:o}", "kind",
			 "supervisor", "version", PACKAGE_VERSION, "node",
			 record_text(fleet->settings.node), "node_id",
			 fleet->home.node_id, "pid", (int)getpid(),
			 "uptime_seconds", (json_int_t)(uptime_msecs / 1000),
			 "config", record_text(head->config), "state",
			 head->is_stopping ? "stopping" : "running",
			 "reload_error",
			 record_text_or_null(head->reload_error));
}

/* The table knows a living process from a dead one, the board whether a living
   one gets on. board is NULL where there is none. */
static const char *state_word(const struct slot *slot,
			      const struct board *board)
{
	uint64_t state = board == NULL ? BOARD_READY : board_get(&board->state);

	if (slot->frozen_msecs != 0 &&
	    (slot->state == INSTANCE_READY || slot->state == INSTANCE_STARTING))
		return "frozen";
	if (slot->state == INSTANCE_READY &&
	    (state == BOARD_DEGRADED || state == BOARD_STALLED ||
	     state == BOARD_PAUSED))
		return board_state_name(state);
	if (slot->is_held && slot->state == INSTANCE_STOPPED)
		return "held";
	return instance_state_name(slot->state);
}

/* Would it work, if there is something to do, and it may? */
static bool is_well(const char *state)
{
	return strcmp(state, "ready") == 0 || strcmp(state, "paused") == 0;
}

/* What the keeper found in Redis; NULL: nothing of now. */
static void add_figures(json_t *object, const char *name,
			const struct figures *figures)
{
	const struct figures_group *found =
		figures == NULL ? NULL : figures_of(figures, name);
	int64_t age_msecs = -1;

	if (found != NULL)
		age_msecs = clock_msecs() - figures->msecs;
	(void)json_object_set_new(
		object, "numbers_age_seconds",
		record_count(found == NULL ? -1 : age_msecs / 1000));
	if (found == NULL)
		return;
	numbers_put(object, &found->numbers);
	(void)json_object_set_new(object, "silent_seconds",
				  record_count(found->silent_secs));
	(void)json_object_set_new(object, "paused", pause_json(&found->pause));
}

/* The range in the place of the number. */
static void add_scale(json_t *object, const struct service *service)
{
	const struct settings_scale *scale = &service->group.settings.scale;

	(void)json_object_update_new(
		object, json_pack("{s:n,s:I,s:I,s:b}", "instances_configured",
				  "instances_min", (json_int_t)scale->min,
				  "instances_max", (json_int_t)scale->max,
				  "scaled_by_hand", service->scaled >= 0));
}

static json_t *group(const struct service *service,
		     const struct figures *figures)
{
	const struct settings_group *settings = &service->group.settings;
	json_t *object;
	int ready = 0;

	for (int i = 0; i < service->wanted; i++) {
		const struct slot *slot = &service->slots[i];
		struct board board;
		bool has_board = slot_board(slot, &board) == 0;

		ready += is_well(state_word(slot, has_board ? &board : NULL));
	}
	object = json_pack("{s:s,s:s,s:s,s:i,s:i,s:I}", "kind", "group", "name",
			   settings->name, "program", settings->program,
			   "instances", service_target(service), "ready", ready,
			   "instances_configured",
			   (json_int_t)settings->instances);
	if (settings_scales(settings))
		add_scale(object, service);
	add_figures(object, settings->name, figures);
	return object;
}

/* Numbers of the board; they go on over the deaths of an instance. */
static void add_counters(json_t *object, const struct board *board)
{
	static const char *const names[BOARD_COUNTER_COUNT] = {
		[BOARD_DELIVERED] = "delivered",
		[BOARD_HANDLED] = "handled",
		[BOARD_RETRIED] = "retried",
		[BOARD_DEAD] = "dead",
		[BOARD_LOST_CLAIM] = "lost_claims",
		[BOARD_RECONNECTS] = "reconnects",
	};

	for (int i = 0; i < BOARD_COUNTER_COUNT; i++) {
		int64_t count = -1;

		if (board != NULL)
			count = (int64_t)board_get(&board->counters[i]);
		(void)json_object_set_new(object, names[i],
					  record_count(count));
	}
}

/* What there is to say of every process. */
static json_t *process(const char *kind, const struct slot *slot,
		       const struct board *board)
{
	bool runs = slot_is_running(slot);
	int64_t uptime_msecs = clock_msecs() - slot->started_msecs;

	return json_pack("{s:s,s:s,s:o,s:s,s:o,s:I,s:o,s:o}", "kind", kind,
			 "name", slot->name, "pid",
			 record_count(runs ? slot->pid : -1), "state",
			 state_word(slot, board), "uptime_seconds",
			 record_count(runs ? uptime_msecs / 1000 : -1),
			 "restarts", (json_int_t)slot->restart_count,
			 "last_exit", record_text_or_null(slot->last_exit),
			 "status", record_text_or_null(slot->status));
}

static json_t *instance(const struct slot *slot)
{
	struct board copy;
	const struct board *board = slot_board(slot, &copy) == 0 ? &copy : NULL;
	int64_t in_flight = -1;
	json_t *object = process("instance", slot, board);

	if (slot_is_running(slot) && board != NULL)
		in_flight = (int64_t)board_get(&board->in_flight);
	(void)json_object_update_new(
		object,
		json_pack("{s:s,s:i,s:o}", "group", slot->group->settings.name,
			  "slot", slot->number, "in_flight",
			  record_count(in_flight)));
	add_counters(object, board);
	return object;
}

static json_t *keeper(const struct slot *slot)
{
	struct board board;

	return process("keeper", slot,
		       slot_board(slot, &board) == 0 ? &board : NULL);
}

void status_write(FILE *out, const struct status_head *head,
		  const struct fleet *fleet)
{
	struct figures figures;
	bool has_figures = fleet_figures(fleet, &figures) == 0;

	record_write(out, supervisor(head, fleet));
	for (size_t i = 0; i < fleet->count; i++)
		record_write(out, group(fleet->services[i],
					has_figures ? &figures : NULL));
	for (size_t i = 0; i < fleet->count; i++) {
		const struct service *service = fleet->services[i];

		for (int j = 0; j < service->count; j++)
			record_write(out, instance(&service->slots[j]));
	}
	if (fleet->keeper->count > 0)
		record_write(out, keeper(&fleet->keeper->slots[0]));
}
