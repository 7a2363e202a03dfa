/* One round of the keeper: it runs keep_round.lua, and fills in the figures.
   ordermq_keeper.c calls it once a second, ordermqctl trim when a person
   asks. */

#include "config.h"

#include "supervisor/keeper/keep_round.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/redis/command.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/redis/redis_error.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "supervisor/keeper/pause.h"
#include "supervisor/keeper/redis_numbers.h"

#include <stdio.h>
#include <string.h>

/* At most this many calls a round, each of which removes at most some thousand
   entries. */
#define CALLS_MAX 100

#define WORDS_MAX (16 + SETTINGS_NAMES_MAX + 2 * SETTINGS_GROUPS_MAX)

static const char keep_lua[] =
#include "supervisor/keeper/redis_numbers.inc"
#include "supervisor/keeper/account.inc"
#include "supervisor/keeper/keep_account.inc"
#include "supervisor/keeper/keep_round.inc"
	;

/* The script is small and runs once a second, so its text is sent each time. */
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
	command_number(command, KEEP_ROUND_SILENT_MSECS);
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

static const struct reply *script_run(struct keep_round *keep,
				      struct redis *redis, bool is_dry_run,
				      struct err *err)
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

/* The row of the group with this name, made when there is none; NULL when there
   are too many groups. */
static struct keep_round_group *group_at(struct keep_round_result *result,
					 const char *name)
{
	struct keep_round_group *group = result->groups;

	for (size_t i = 0; i < result->group_count; i++, group++) {
		if (strcmp(group->name, name) == 0)
			return group;
	}
	if (result->group_count == KEEP_ROUND_GROUPS_MAX)
		return NULL;
	result->group_count++;
	(void)snprintf(group->name, sizeof(group->name), "%s", name);
	return group;
}

static void group_take(struct keep_round_group *group, const struct reply *row)
{
	group->dropped += reply_integer(reply_at(row, 1), 0);
	group->silent_msecs = reply_integer(reply_at(row, 2), 0);
	group->lag = reply_integer(reply_at(row, 3), -1);
	group->lag_msecs = reply_integer(reply_at(row, 4), -1);
	group->pending = reply_integer(reply_at(row, 5), -1);
	group->oldest_pending_msecs = reply_integer(reply_at(row, 6), -1);
	group->skipped += reply_integer(reply_at(row, 7), 0);
	group->moved += reply_integer(reply_at(row, 8), 0);
}

/* Add the counts of one call to those of the calls before it in this round. */
static void result_take(struct keep_round_result *result,
			const struct reply *reply)
{
	const struct reply *rows = reply_at(reply, 5);
	const struct reply *ages = reply_at(reply, 6);

	result->trimmed += reply_integer(reply_at(reply, 0), 0);
	text_take(reply_at(reply, 1), result->hold, sizeof(result->hold));
	text_take(reply_at(reply, 2), result->holder, sizeof(result->holder));
	text_take(reply_at(reply, 3), result->old, sizeof(result->old));
	result->length = reply_integer(reply_at(reply, 4), 0);
	result->added = reply_integer(reply_at(ages, 0), -1);
	result->first_msecs = reply_integer(reply_at(ages, 1), -1);
	result->last_msecs = reply_integer(reply_at(ages, 2), -1);
	for (size_t i = 0; i < reply_count(rows); i++) {
		const struct reply *row = reply_at(rows, i);
		char name[SETTINGS_NAME_BYTES];
		struct keep_round_group *group;

		text_take(reply_at(row, 0), name, sizeof(name));
		group = group_at(result, name);
		if (group == NULL)
			return;
		group_take(group, row);
	}
}

int keep_round_trim(struct keep_round *keep, struct redis *redis,
		    bool is_dry_run, struct err *err)
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

static const struct keep_round_group *group_find(
	const struct keep_round_result *result, const char *name)
{
	for (size_t i = 0; i < result->group_count; i++) {
		if (strcmp(result->groups[i].name, name) == 0)
			return &result->groups[i];
	}
	return NULL;
}

static int group_look(struct keep_round *keep, struct redis *redis, int64_t i,
		      struct err *err)
{
	const struct settings_group *group = &keep->settings->groups[i];
	struct figures *figures = &keep->figures;
	struct figures_group *found = &figures->groups[figures->count];
	const struct keep_round_group *kept =
		group_find(&keep->result, group->name);

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
	rate_note(&keep->handled[i], clock_msecs(), found->numbers.handled);
	found->handled_per_sec = rate_per_sec(&keep->handled[i]);
	figures->count++;
	return 0;
}

/* Milliseconds in seconds; -1, which is unknown, stays -1. */
static int64_t secs_of(int64_t msecs)
{
	return msecs < 0 ? -1 : msecs / 1000;
}

static void stream_look(struct keep_round *keep)
{
	const struct keep_round_result *result = &keep->result;

	rate_note(&keep->added, clock_msecs(), result->added);
	keep->figures.stream = (struct figures_stream){
		.entries = result->length,
		.added = result->added,
		.first_secs = secs_of(result->first_msecs),
		.last_secs = secs_of(result->last_msecs),
		.added_per_sec = rate_per_sec(&keep->added),
	};
}

/* Fill in the figures of groups on the stream that are not configured. */
static void others_look(struct keep_round *keep)
{
	struct figures *figures = &keep->figures;

	for (size_t i = 0; i < keep->result.group_count; i++) {
		const struct keep_round_group *group = &keep->result.groups[i];
		struct figures_other *other =
			&figures->others[figures->other_count];

		if (settings_group(keep->settings, group->name) != NULL)
			continue;
		if (figures->other_count == FIGURES_OTHERS_MAX)
			return;
		memcpy(other->name, group->name, sizeof(other->name));
		other->lag = group->lag;
		other->lag_secs = secs_of(group->lag_msecs);
		other->pending = group->pending;
		other->oldest_pending_secs =
			secs_of(group->oldest_pending_msecs);
		other->silent_secs = group->silent_msecs / 1000;
		figures->other_count++;
	}
}

int keep_round_look(struct keep_round *keep, struct redis *redis,
		    struct err *err)
{
	memset(&keep->figures, 0, sizeof(keep->figures));
	if (keep_round_trim(keep, redis, true, err) < 0)
		return -1;
	stream_look(keep);
	others_look(keep);
	return 0;
}

int keep_round_run(struct keep_round *keep, struct redis *redis,
		   struct err *err)
{
	const struct settings *settings = keep->settings;

	memset(&keep->figures, 0, sizeof(keep->figures));
	keep->figures.msecs = -1;
	if (keep_round_trim(keep, redis, false, err) < 0)
		return -1;
	stream_look(keep);
	others_look(keep);
	for (int64_t i = 0; i < settings->group_count; i++) {
		if (group_look(keep, redis, i, err) < 0)
			return -1;
	}
	keep->figures.msecs = clock_msecs();
	return 0;
}
