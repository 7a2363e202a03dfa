/* The answer to "status": all that ordermqd knows, as JSON Lines. daemon.c
   asks for it; fleet.c, the boards and the keeper's figures have the facts.
 */

#include "config.h"

#include "supervisor/ordermqd/status.h"

#include "lib/base/clock.h"
#include "supervisor/common/figures.h"
#include "supervisor/common/finding_json.h"
#include "supervisor/ordermqd/fleet.h"
#include "supervisor/ordermqd/instance_process.h"
#include "supervisor/ordermqd/instance_word.h"
#include "supervisor/common/numbers_json.h"
#include "supervisor/common/json_line.h"

#include <string.h>
#include <unistd.h>

static json_t *status_supervisor(const struct status_head *head,
				 const struct fleet *fleet)
{
	int64_t uptime_msecs = clock_msecs() - head->started_msecs;

	return json_pack("{s:s,s:s,s:o,s:s,s:i,s:I,s:o,s:s,s:o}", "kind",
			 "supervisor", "version", PACKAGE_VERSION, "node",
			 json_line_text(fleet->settings.node), "node_id",
			 fleet->home.node_id, "pid", (int)getpid(),
			 "uptime_seconds", (json_int_t)(uptime_msecs / 1000),
			 "config", json_line_text(head->config), "state",
			 head->is_stopping ? "stopping" : "running",
			 "reload_error",
			 json_line_text_or_null(head->reload_error));
}

/* The age of the keeper's figures; -1: there are none. */
static int64_t age_secs(const struct figures *figures)
{
	return figures == NULL ? -1 : (clock_msecs() - figures->msecs) / 1000;
}

/* Add the keeper's figures of a group; NULL: they are stale. */
static void add_figures(json_t *object, const char *name,
			const struct figures *figures)
{
	const struct figures_group *found =
		figures == NULL ? NULL : figures_of(figures, name);

	(void)json_object_set_new(
		object, "numbers_age_seconds",
		json_line_count(found == NULL ? -1 : age_secs(figures)));
	if (found == NULL)
		return;
	numbers_put(object, &found->numbers);
	if (found->handled_per_sec >= 0)
		(void)json_object_set_new(
			object, "handled_per_second",
			json_line_real(found->handled_per_sec));
	(void)json_object_set_new(object, "silent_seconds",
				  json_line_count(found->silent_secs));
	(void)json_object_set_new(object, "paused",
				  numbers_pause(&found->pause));
}

/* Add the range in which the group scales. */
static void add_scale(json_t *object, const struct service *service)
{
	const struct settings_scale *scale = &service->group.settings.scale;

	(void)json_object_update_new(
		object, json_pack("{s:n,s:I,s:I,s:b}", "instances_configured",
				  "instances_min", (json_int_t)scale->min,
				  "instances_max", (json_int_t)scale->max,
				  "scaled_by_hand", service->scaled >= 0));
}

/* Add the rate and the latency of the last seconds, of one instance or of all
   instances of a group on this host. */
static void add_recent(json_t *object, const struct recent_sum *sum,
		       bool is_known)
{
	int64_t usecs = recent_usecs(sum, 99);

	(void)json_object_set_new(
		object, "handled_per_second",
		json_line_real(is_known ? recent_rate(sum) : -1));
	(void)json_object_set_new(
		object, "p99_seconds",
		json_line_real(usecs < 0 ? -1 : (double)usecs / 1e6));
}

static json_t *status_group(const struct service *service,
			    const struct figures *figures)
{
	const struct settings_group *settings = &service->group.settings;
	struct recent_sum sum = { 0 };
	bool is_known = true;
	json_t *object;
	int ready = 0;

	for (int i = 0; i < service->count; i++) {
		const struct instance *instance = &service->instances[i];
		struct board board;
		bool has_board = instance_board(instance, &board) == 0;

		if (has_board)
			recent_add(&board.recent, clock_usecs(), &sum);
		is_known = is_known && has_board;
		ready += i < service->wanted &&
			 instance_word_is_well(instance_word(
				 instance, has_board ? &board : NULL));
	}
	object = json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:I}", "kind", "group",
			   "name", settings->name, "program", settings->program,
			   "instances", service_target(service), "ready", ready,
			   "finished", service_finished_count(service),
			   "instances_configured",
			   (json_int_t)settings->instances);
	if (settings_scales(settings))
		add_scale(object, service);
	add_recent(object, &sum, is_known);
	/* The keeper's rate replaces that of this host: it counts all hosts. */
	add_figures(object, settings->name, figures);
	return object;
}

/* Add the counters of the board, which are kept when an instance dies. */
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
					  json_line_count(count));
	}
}

/* The members that instances and the keeper share. */
static json_t *status_process(const char *kind, const struct instance *instance,
			      const struct board *board)
{
	bool runs = instance_is_running(instance);
	int64_t uptime_msecs = clock_msecs() - instance->started_msecs;
	int64_t bytes = runs ? instance_process_memory_bytes(instance) : -1;

	return json_pack("{s:s,s:s,s:o,s:s,s:o,s:I,s:o,s:o,s:o}", "kind", kind,
			 "name", instance->name, "pid",
			 json_line_count(runs ? instance->pid : -1), "state",
			 instance_word(instance, board), "uptime_seconds",
			 json_line_count(runs ? uptime_msecs / 1000 : -1),
			 "restarts", (json_int_t)instance->restart_count,
			 "last_exit",
			 json_line_text_or_null(instance->last_exit), "status",
			 json_line_text_or_null(instance->status),
			 "memory_bytes", json_line_count(bytes));
}

/* The part of the last seconds in which it had entries in flight. The board
   counts busy time only when it ends, so the present one is added here. */
static int64_t busy_percent(const struct board *board,
			    const struct recent_sum *sum)
{
	const int64_t window_usecs = RECENT_SECS * INT64_C(1000000);
	int64_t busy_usecs = (int64_t)sum->busy_usecs;
	uint64_t since_msecs = board_get(&board->busy_msecs);
	int64_t now_msecs = clock_msecs();

	if (since_msecs != 0 && since_msecs < (uint64_t)now_msecs)
		busy_usecs += (now_msecs - (int64_t)since_msecs) * 1000;
	if (busy_usecs < 0 || busy_usecs > window_usecs)
		busy_usecs = window_usecs;
	return busy_usecs * 100 / window_usecs;
}

static json_t *status_instance(const struct instance *instance)
{
	struct board copy;
	const struct board *board =
		instance_board(instance, &copy) == 0 ? &copy : NULL;
	int64_t in_flight = -1, busy = -1;
	struct recent_sum sum = { 0 };
	json_t *object = status_process("instance", instance, board);

	if (board != NULL)
		recent_add(&board->recent, clock_usecs(), &sum);
	if (instance_is_running(instance) && board != NULL) {
		in_flight = (int64_t)board_get(&board->in_flight);
		busy = busy_percent(board, &sum);
	}
	(void)json_object_update_new(
		object, json_pack("{s:s,s:i,s:o,s:o}", "group",
				  instance->group->settings.name, "slot",
				  instance->number, "in_flight",
				  json_line_count(in_flight), "busy_percent",
				  json_line_count(busy)));
	add_counters(object, board);
	add_recent(object, &sum, board != NULL);
	return object;
}

static json_t *status_keeper(const struct instance *instance)
{
	struct board board;

	return status_process("keeper", instance,
			      instance_board(instance, &board) == 0 ? &board
								    : NULL);
}

void status_write(FILE *out, const struct status_head *head,
		  const struct fleet *fleet)
{
	struct figures now;
	const struct figures *figures =
		fleet_figures(fleet, &now) == 0 ? &now : NULL;

	json_line_write(out, status_supervisor(head, fleet));
	json_line_write(
		out, numbers_stream(fleet->settings.stream_key,
				    figures == NULL ? NULL : &figures->stream,
				    age_secs(figures)));
	for (size_t i = 0; i < fleet->count; i++)
		json_line_write(out, status_group(fleet->services[i], figures));
	for (int64_t i = 0; figures != NULL && i < figures->other_count; i++)
		json_line_write(out, numbers_other(&figures->others[i]));
	for (size_t i = 0; i < fleet->count; i++) {
		const struct service *service = fleet->services[i];

		for (int j = 0; j < service->count; j++)
			json_line_write(
				out, status_instance(&service->instances[j]));
	}
	if (fleet->keeper->count > 0)
		json_line_write(out,
				status_keeper(&fleet->keeper->instances[0]));
	for (int64_t i = 0; i < head->findings->count; i++)
		json_line_write(out, finding_json(&head->findings->list[i]));
}
