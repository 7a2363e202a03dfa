/* Defaults and simple questions about settings that are loaded. Whoever has a
   struct settings may ask. */

#include "config.h"

#include "lib/settings/settings.h"

#include <stdio.h>
#include <string.h>

const struct settings_group *settings_group(const struct settings *settings,
					    const char *name)
{
	for (int64_t i = 0; i < settings->group_count; i++) {
		if (strcmp(settings->groups[i].name, name) == 0)
			return &settings->groups[i];
	}
	return NULL;
}

bool settings_is_groupless(const struct settings_group *group)
{
	return strcmp(group->program, "xread") == 0;
}

bool settings_scales(const struct settings_group *group)
{
	return group->scale.max > group->scale.min;
}

int64_t settings_instances(const struct settings_group *group, int64_t running)
{
	if (!settings_scales(group))
		return group->instances;
	if (running < group->scale.min)
		return group->scale.min;
	return running > group->scale.max ? group->scale.max : running;
}

const char *settings_runtime_dir(const struct settings *settings, char *dir)
{
	const char *control = settings->supervisor.control;
	const char *slash = strrchr(control, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - control);

	/* A socket in the root directory still lies in a directory. */
	if (length == 0)
		return strcpy(dir, "/");
	memcpy(dir, control, length);
	dir[length] = '\0';
	return dir;
}
