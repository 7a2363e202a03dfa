#include "config.h"

#include "supervisor/keep.h"

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/keys.h"
#include "lib/redis.h"
#include "lib/redis_error.h"
#include "lib/reply.h"
#include "lib/settings.h"

#include <stdio.h>
#include <string.h>

static const char keep_lua[] =
#include "supervisor/lag.inc"
#include "supervisor/keep.inc"
	;

/* The script is small, and runs once a second: it is sent each time. */
static const struct reply *script_run(struct keep *keep, struct redis *redis,
				      struct err *err)
{
	const struct settings *settings = keep->settings;
	char prefix[KEYS_BYTES];
	struct text words[5 + SETTINGS_GROUPS_MAX] = {
		text_of("EVAL"),
		text_of(keep_lua),
		text_of("1"),
		text_of(settings->stream_key),
		text_of(keys_prefix(settings->stream_key, prefix)),
	};
	const struct reply *reply;
	size_t count = 5;

	for (int64_t i = 0; i < settings->group_count; i++) {
		if (!settings_is_groupless(&settings->groups[i]))
			words[count++] = text_of(settings->groups[i].name);
	}
	arena_reset(keep->arena);
	reply = redis_call(redis, keep->arena, words, count, 0, err);
	if (reply == NULL || !reply_is_error(reply))
		return reply;
	(void)err_set(err,
		      redis_error_class(reply_text(reply)) == REDIS_REFUSED
			      ? ERR_FATAL
			      : ERR_RETRY,
		      "keep: %s", reply_text(reply).data);
	return NULL;
}

static int group_look(struct keep *keep, struct redis *redis,
		      const struct settings_group *group, struct err *err)
{
	struct figures *figures = &keep->figures;
	struct figures_group *found = &figures->groups[figures->count];

	if (redis_numbers_read(redis, keep->arena, keep->settings, group,
			       &found->numbers, err) < 0)
		return -1;
	memcpy(found->name, group->name, sizeof(found->name));
	figures->count++;
	return 0;
}

int keep_round(struct keep *keep, struct redis *redis, struct err *err)
{
	const struct settings *settings = keep->settings;

	memset(&keep->figures, 0, sizeof(keep->figures));
	keep->figures.msecs = -1;
	if (script_run(keep, redis, err) == NULL)
		return -1;
	for (int64_t i = 0; i < settings->group_count; i++) {
		if (group_look(keep, redis, &settings->groups[i], err) < 0)
			return -1;
	}
	keep->figures.msecs = clock_msecs();
	return 0;
}
