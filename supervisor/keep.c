#include "config.h"

#include "supervisor/keep.h"

#include "lib/clock.h"
#include "lib/settings.h"

#include <stdio.h>
#include <string.h>

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
	for (int64_t i = 0; i < settings->group_count; i++) {
		if (group_look(keep, redis, &settings->groups[i], err) < 0)
			return -1;
	}
	keep->figures.msecs = clock_msecs();
	return 0;
}
