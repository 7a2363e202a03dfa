/* The state of everything, from ordermqd and, where it cannot tell, from
   Redis. status, top and check look at it; table.c and screen.c show it. */

#include "config.h"

#include "supervisor/ctl/overview.h"

#include "lib/base/arena.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/common/ask.h"
#include "supervisor/common/finding_json.h"
#include "supervisor/keeper/finding_round.h"
#include "supervisor/keeper/keep_round.h"
#include "supervisor/common/numbers_json.h"
#include "supervisor/keeper/pause.h"
#include "supervisor/common/json_line.h"
#include "supervisor/keeper/redis_numbers.h"

#include <string.h>

#define ASK_MSECS 5000

/* The place of the object of the stream. */
#define STREAM_INDEX 1

#define ARENA_BYTES (256 * 1024)

static bool is_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL && strcmp(value, text) == 0;
}

/* The object of a group when ordermqd does not answer. */
static json_t *silent_group(const struct settings_group *group)
{
	return json_pack("{s:s,s:o,s:o,s:n,s:n,s:n}", "kind", "group", "name",
			 json_line_text(group->name), "program",
			 json_line_text(group->program), "instances", "ready",
			 "finished");
}

static json_t *silent_supervisor(const struct settings *settings)
{
	json_t *answer = json_array();

	(void)json_array_append_new(
		answer,
		json_pack("{s:s,s:n,s:n,s:n,s:n,s:n,s:n,s:n,s:n}", "kind",
			  "supervisor", "version", "node", "node_id", "pid",
			  "uptime_seconds", "config", "state", "reload_error"));
	if (settings != NULL)
		(void)json_array_append_new(
			answer, numbers_stream(settings->stream_key, NULL, -1));
	for (int64_t i = 0; settings != NULL && i < settings->group_count; i++)
		(void)json_array_append_new(answer,
					    silent_group(&settings->groups[i]));
	return answer;
}

/* The sum of a counter over the instances of group; null when it is unknown of
   one of them, or ordermqd does not answer. */
static json_t *sum_of(const json_t *objects, const char *group, const char *key)
{
	int64_t sum = -1;
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		json_t *count = json_object_get(object, key);

		if (!is_text(object, "kind", "instance") ||
		    !is_text(object, "group", group))
			continue;
		if (!json_is_integer(count))
			return json_null();
		sum = (sum < 0 ? 0 : sum) + json_integer_value(count);
	}
	return json_line_count(sum);
}

static void add_numbers(json_t *group, const json_t *objects,
			const struct redis_numbers *numbers)
{
	const char *name = json_string_value(json_object_get(group, "name"));

	numbers_put(group, numbers);
	(void)json_object_set_new(group, "retried",
				  sum_of(objects, name, "retried"));
}

/* Ask Redis for the numbers of one group. A connection that breaks is closed,
   and Redis counts as down. */
static void read_numbers(struct overview *overview, struct redis **redis,
			 struct arena *arena, const struct settings *settings,
			 const char *name, struct redis_numbers *numbers)
{
	const struct settings_group *group =
		settings == NULL ? NULL : settings_group(settings, name);

	redis_numbers_clear(numbers);
	if (*redis == NULL || group == NULL)
		return;
	if (redis_numbers_read(*redis, arena, settings, group, numbers,
			       &overview->redis_err) < 0) {
		overview->has_redis = false;
		redis_close(redis);
	}
}

/* Did ordermqd tell the numbers of the group, from its keeper? */
static bool is_told(const json_t *group)
{
	return json_is_integer(json_object_get(group, "numbers_age_seconds"));
}

static bool all_are_told(const json_t *objects)
{
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (is_text(object, "kind", "group") && !is_told(object))
			return false;
	}
	return true;
}

/* Add whether the group is paused; unknown adds no member. */
static void add_pause(struct redis *redis, struct arena *arena,
		      const struct settings *settings, json_t *group)
{
	const char *name = json_string_value(json_object_get(group, "name"));
	struct pause pause;
	struct err err;

	if (redis != NULL && settings != NULL && name != NULL &&
	    pause_read(redis, arena, settings->stream_key, name, &pause,
		       &err) == 0)
		(void)json_object_set_new(group, "paused",
					  numbers_pause(&pause));
}

static void add_all_numbers(struct overview *overview, struct redis **redis,
			    struct arena *arena,
			    const struct settings *settings)
{
	json_t *object;
	size_t i;

	json_array_foreach(overview->objects, i, object)
	{
		struct redis_numbers numbers;

		if (!is_text(object, "kind", "group"))
			continue;
		if (is_told(object))
			numbers_get(object, &numbers);
		else
			read_numbers(overview, redis, arena, settings,
				     json_string_value(
					     json_object_get(object, "name")),
				     &numbers);
		if (!is_told(object))
			add_pause(*redis, arena, settings, object);
		add_numbers(object, overview->objects, &numbers);
	}
}

/* Add the stream, and behind all other objects the groups on it that are not
   configured. */
static void add_stream(struct overview *overview, struct redis *redis,
		       struct arena *arena, const struct settings *settings)
{
	static struct keep_round keep;
	const struct figures *figures = &keep.figures;
	json_t *stream = json_array_get(overview->objects, STREAM_INDEX);
	struct err err;

	keep = (struct keep_round){ .settings = settings, .arena = arena };
	if (redis == NULL || keep_round_look(&keep, redis, &err) < 0)
		return;
	if (is_text(stream, "kind", "stream"))
		(void)json_object_update_new(
			stream, numbers_stream(settings->stream_key,
					       &figures->stream, 0));
	for (int64_t i = 0; i < figures->other_count; i++)
		(void)json_array_append_new(overview->objects,
					    numbers_other(&figures->others[i]));
}

static bool has_finding(const json_t *objects, const struct finding *finding)
{
	struct finding other;
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (finding_from_json(object, &other) == 0 &&
		    other.id == finding->id &&
		    strcmp(other.group, finding->group) == 0)
			return true;
	}
	return false;
}

/* What is wrong in Redis, beside what ordermqd has told. */
static void add_findings(struct overview *overview, struct redis *redis,
			 struct arena *arena, const struct settings *settings)
{
	static struct findings findings;
	struct err err;

	if (redis == NULL || !redis_is_open(redis) ||
	    finding_round_once(redis, arena, settings, &findings, &err) < 0)
		return;
	for (int64_t i = 0; i < findings.count; i++) {
		const struct finding *finding = &findings.list[i];

		if (!has_finding(overview->objects, finding))
			(void)json_array_append_new(overview->objects,
						    finding_json(finding));
	}
}

static void ask_redis(struct overview *overview,
		      const struct settings *settings)
{
	struct arena *arena = arena_open(ARENA_BYTES);
	struct redis *redis = NULL;

	if (all_are_told(overview->objects))
		overview->has_redis = true;
	else if (arena == NULL || settings == NULL)
		(void)err_set(
			&overview->redis_err, ERR_RETRY,
			"without a configuration it is unknown where Redis is");
	else
		overview->has_redis = redis_open(&settings->redis, -1, &redis,
						 &overview->redis_err) == 0;
	add_all_numbers(overview, &redis, arena, settings);
	add_stream(overview, redis, arena, settings);
	add_findings(overview, redis, arena, settings);
	redis_close(&redis);
	arena_close(&arena);
}

/* Is it of another group? */
static bool is_of_another(const json_t *object, const char *group)
{
	if (is_text(object, "kind", "group"))
		return !is_text(object, "name", group);
	if (is_text(object, "kind", "instance"))
		return !is_text(object, "group", group);
	if (is_text(object, "kind", "finding"))
		return json_is_string(json_object_get(object, "group")) &&
		       !is_text(object, "group", group);
	return is_text(object, "kind", "other_group");
}

/* Leave out other groups, and their instances and findings. */
static void keep_group(json_t *objects, const char *group)
{
	for (size_t i = json_array_size(objects); i-- > 0;) {
		if (is_of_another(json_array_get(objects, i), group))
			(void)json_array_remove(objects, i);
	}
}

void overview_open(struct overview *overview, const char *path,
		   const struct settings *settings, const char *group)
{
	memset(overview, 0, sizeof(*overview));
	overview->objects =
		ask(path, "status\n", ASK_MSECS, &overview->supervisor_err);
	overview->has_supervisor = overview->objects != NULL;
	if (!overview->has_supervisor)
		overview->objects = silent_supervisor(settings);
	if (group != NULL)
		keep_group(overview->objects, group);
	ask_redis(overview, settings);
	if (group != NULL)
		keep_group(overview->objects, group);
}

void overview_close(struct overview *overview)
{
	json_decref(overview->objects);
	overview->objects = NULL;
}
