#include "config.h"

#include "supervisor/keep.h"

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/command.h"
#include "lib/err.h"
#include "lib/keys.h"
#include "lib/redis.h"
#include "lib/redis_error.h"
#include "lib/reply.h"
#include "lib/settings.h"

#include <stdio.h>
#include <string.h>

/* Calls a round: each removes some thousand entries at most. */
#define CALLS_MAX 100

#define WORDS_MAX (16 + SETTINGS_NAMES_MAX + 2 * SETTINGS_GROUPS_MAX)

static const char keep_lua[] =
#include "supervisor/lag.inc"
#include "supervisor/keep.inc"
	;

/* It is small, and runs once a second: it is sent each time. */
static void script_begin(const struct settings *settings, const char *prefix,
			 bool is_dry_run, struct command *command)
{
	const struct settings_retention *retention = &settings->retention;

	command_begin(command, "EVAL");
	command_word(command, keep_lua);
	command_word(command, "1");
	command_word(command, settings->stream_key);
	command_word(command, prefix);
	command_number(command, retention->max_age_msecs);
	command_number(command, retention->max_entries);
	command_word(command, retention->unread == SETTINGS_UNREAD_DROP
				      ? "drop"
				      : "keep");
	command_number(command, retention->ceiling);
	command_word(command, is_dry_run ? "1" : "0");
	command_number(command, KEEP_SILENT_MSECS);
	command_number(command, retention->ignore.count);
	for (int64_t i = 0; i < retention->ignore.count; i++)
		command_word(command, retention->ignore.names[i]);
	for (int64_t i = 0; i < settings->group_count; i++) {
		const struct settings_group *group = &settings->groups[i];

		if (settings_is_groupless(group))
			continue;
		command_word(command, group->name);
		command_word(command, group->start);
	}
}

static const struct reply *script_run(struct keep *keep, struct redis *redis,
				      bool is_dry_run, struct err *err)
{
	const struct settings *settings = keep->settings;
	char prefix[KEYS_BYTES];
	struct command command;
	const struct reply *reply;

	if (command_open(&command, WORDS_MAX) < 0) {
		(void)err_set(err, ERR_RETRY, "out of memory");
		return NULL;
	}
	script_begin(settings, keys_prefix(settings->stream_key, prefix),
		     is_dry_run, &command);
	arena_reset(keep->arena);
	reply = redis_call(redis, keep->arena, command.words, command.count, 0,
			   err);
	command_close(&command);
	if (reply == NULL || !reply_is_error(reply))
		return reply;
	(void)err_set(err,
		      redis_error_class(reply_text(reply)) == REDIS_REFUSED
			      ? ERR_FATAL
			      : ERR_RETRY,
		      "keep: %s", reply_text(reply).data);
	return NULL;
}

static void text_take(const struct reply *reply, char *buf, size_t bytes)
{
	(void)text_show(reply_text(reply), buf, bytes);
}

/* The row of that group, made when there is none; NULL when there are too many.
 */
static struct keep_group *group_at(struct keep_result *result, const char *name)
{
	struct keep_group *group = result->groups;

	for (size_t i = 0; i < result->group_count; i++, group++) {
		if (strcmp(group->name, name) == 0)
			return group;
	}
	if (result->group_count == KEEP_GROUPS_MAX)
		return NULL;
	result->group_count++;
	(void)snprintf(group->name, sizeof(group->name), "%s", name);
	return group;
}

/* What one call has done comes on top of what was done before. */
static void result_take(struct keep_result *result, const struct reply *reply)
{
	const struct reply *rows = reply_at(reply, 5);

	result->trimmed += reply_integer(reply_at(reply, 0), 0);
	text_take(reply_at(reply, 1), result->hold, sizeof(result->hold));
	text_take(reply_at(reply, 2), result->holder, sizeof(result->holder));
	text_take(reply_at(reply, 3), result->old, sizeof(result->old));
	result->length = reply_integer(reply_at(reply, 4), 0);
	for (size_t i = 0; i < reply_count(rows); i++) {
		const struct reply *row = reply_at(rows, i);
		char name[SETTINGS_NAME_BYTES];
		struct keep_group *group;

		text_take(reply_at(row, 0), name, sizeof(name));
		group = group_at(result, name);
		if (group == NULL)
			return;
		group->dropped += reply_integer(reply_at(row, 1), 0);
		group->silent_msecs = reply_integer(reply_at(row, 2), 0);
	}
}

int keep_trim(struct keep *keep, struct redis *redis, bool is_dry_run,
	      struct err *err)
{
	int64_t before = -1;

	memset(&keep->result, 0, sizeof(keep->result));
	for (int i = 0; i < CALLS_MAX && keep->result.trimmed > before; i++) {
		const struct reply *reply =
			script_run(keep, redis, is_dry_run, err);

		if (reply == NULL)
			return -1;
		before = keep->result.trimmed;
		result_take(&keep->result, reply);
	}
	return 0;
}

static const struct keep_group *group_find(const struct keep_result *result,
					   const char *name)
{
	for (size_t i = 0; i < result->group_count; i++) {
		if (strcmp(result->groups[i].name, name) == 0)
			return &result->groups[i];
	}
	return NULL;
}

static int group_look(struct keep *keep, struct redis *redis,
		      const struct settings_group *group, struct err *err)
{
	struct figures *figures = &keep->figures;
	struct figures_group *found = &figures->groups[figures->count];
	const struct keep_group *kept = group_find(&keep->result, group->name);

	if (redis_numbers_read(redis, keep->arena, keep->settings, group,
			       &found->numbers, err) < 0)
		return -1;
	if (!settings_is_groupless(group) &&
	    pause_read(redis, keep->arena, keep->settings->stream_key,
		       group->name, &found->pause, err) < 0 &&
	    !redis_is_open(redis))
		return -1;
	memcpy(found->name, group->name, sizeof(found->name));
	found->silent_secs = kept == NULL ? -1 : kept->silent_msecs / 1000;
	figures->count++;
	return 0;
}

int keep_round(struct keep *keep, struct redis *redis, struct err *err)
{
	const struct settings *settings = keep->settings;

	memset(&keep->figures, 0, sizeof(keep->figures));
	keep->figures.msecs = -1;
	if (keep_trim(keep, redis, false, err) < 0)
		return -1;
	for (int64_t i = 0; i < settings->group_count; i++) {
		if (group_look(keep, redis, &settings->groups[i], err) < 0)
			return -1;
	}
	keep->figures.msecs = clock_msecs();
	return 0;
}
