/* Puts finding_look.c, finding_memory.c and finding_make.c together, for the
   keeper once a round and for ordermqctl. */
#include "config.h"

#include "supervisor/keeper/finding_round.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <stdio.h>
#include <string.h>

/* The set-up of Redis, and former streams, are looked at less often than the
   groups. */
#define RARE_MSECS 5000

void finding_round_open(struct finding_round *round,
			const struct settings *settings, struct arena *arena,
			const char *dir)
{
	memset(round, 0, sizeof(*round));
	round->settings = settings;
	round->arena = arena;
	finding_memory_open(&round->memory, dir, settings->stream_key);
}

/* What one group has left to do, another one may have left too: it counts once.
 */
static void left_add(struct finding_left *left, const struct finding_look *look,
		     const char *key)
{
	for (int64_t i = 0; i < look->group_count; i++) {
		const struct finding_group *group = &look->groups[i];
		int64_t waiting = (group->lag < 0 ? 0 : group->lag) +
				  (group->pending < 0 ? 0 : group->pending);

		if (!group->is_there || waiting <= left->waiting)
			continue;
		left->waiting = waiting;
		left->is_exact = group->lag >= 0;
		(void)snprintf(left->key, sizeof(left->key), "%s", key);
		(void)snprintf(left->group, sizeof(left->group), "%s",
			       group->name);
	}
}

/* Of several streams and groups, those where most is waiting. */
static int left_look(struct finding_round *round, struct redis *redis,
		     struct err *err)
{
	static struct finding_look look;
	const struct finding_memory *memory = &round->memory;
	struct finding_left left = { .waiting = 0 };

	for (size_t i = 1; i < memory->count; i++) {
		const char *key = memory->streams[i].key;

		if (finding_look(redis, round->arena, round->settings, key,
				 &look, err) == 0)
			left_add(&left, &look, key);
		else if (!redis_is_open(redis))
			return -1;
	}
	round->left = left;
	return 0;
}

static int rare_look(struct finding_round *round, struct redis *redis,
		     struct err *err)
{
	int64_t now_msecs = clock_msecs();

	if (now_msecs < round->rare_msecs)
		return 0;
	if (finding_look_server(redis, round->arena, &round->server, err) < 0 ||
	    left_look(round, redis, err) < 0)
		return -1;
	round->rare_msecs = now_msecs + RARE_MSECS;
	return 0;
}

int finding_round_run(struct finding_round *round, struct redis *redis,
		      struct err *err)
{
	static struct findings findings;
	const struct finding_case known = {
		.settings = round->settings,
		.look = &round->look,
		.server = &round->server,
		.history = &round->history,
		.memory = &round->memory,
		.left = &round->left,
		.findings = &findings,
	};

	if (rare_look(round, redis, err) < 0 ||
	    finding_look(redis, round->arena, round->settings,
			 round->settings->stream_key, &round->look, err) < 0)
		return -1;
	finding_history_note(&round->history, &round->look, clock_msecs());
	finding_memory_note(&round->memory, &round->look);
	finding_memory_save(&round->memory);
	memset(&findings, 0, sizeof(findings));
	finding_make(&known);
	round->findings = findings;
	return 0;
}

int finding_round_once(struct redis *redis, struct arena *arena,
		       const struct settings *settings,
		       struct findings *findings_r, struct err *err)
{
	static struct finding_look look;
	struct finding_server server;
	const struct finding_case known = {
		.settings = settings,
		.look = &look,
		.server = &server,
		.findings = findings_r,
	};

	if (finding_look_server(redis, arena, &server, err) < 0 ||
	    finding_look(redis, arena, settings, settings->stream_key, &look,
			 err) < 0)
		return -1;
	memset(findings_r, 0, sizeof(*findings_r));
	finding_make(&known);
	findings_sort(findings_r);
	return 0;
}
