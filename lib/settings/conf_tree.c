/* From the text of a configuration file to the settings: libconfig parses, and
   each key is looked up in the settings table. conf.c calls it after
   conf_file.c. */

#include "config.h"

#include "lib/settings/conf_tree.h"

#include "lib/settings/conf_complaints.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "lib/settings/settings_nearest.h"
#include "lib/settings/settings_table.h"
#include "lib/settings/settings_value.h"

#include <libconfig.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Less than the memory of an instance that has done nothing yet. */
#define RSS_LEAST_BYTES (INT64_C(16) * 1024 * 1024)

/* A section of the file on its way into the settings. */
struct section {
	const config_setting_t *node;
	const char *path;  /* in the settings table: "groups.points" */
	const char *shown; /* in complaints: "groups.vip.points" */
	void *base;        /* the struct of which its keys are members */
	/* The group it belongs to; NULL outside groups. */
	const struct settings_group *group;
	struct conf_complaints *complaints;
};

static bool is_integer(const config_setting_t *node)
{
	return node->type == CONFIG_TYPE_INT || node->type == CONFIG_TYPE_INT64;
}

static bool is_list(const config_setting_t *node)
{
	return node->type == CONFIG_TYPE_LIST ||
	       node->type == CONFIG_TYPE_ARRAY;
}

static int wrong_type(const struct setting *key, struct err *err)
{
	return err_set(err, ERR_FATAL, "expected %s", setting_form(key));
}

static int read_list(const struct setting *key, void *base,
		     const config_setting_t *node, struct err *err)
{
	const char *texts[SETTINGS_NAMES_MAX];
	int count = config_setting_length(node);

	for (int i = 0; i < count && i < SETTINGS_NAMES_MAX; i++) {
		texts[i] = config_setting_get_string_elem(node, i);
		if (texts[i] == NULL)
			return wrong_type(key, err);
	}
	return setting_set_list(key, base, texts, (size_t)count, err);
}

static int read_value(const struct setting *key, void *base,
		      const config_setting_t *node, struct err *err)
{
	if (setting_is_text(key) && node->type == CONFIG_TYPE_STRING)
		return setting_set_text(key, base,
					config_setting_get_string(node), err);
	if (key->kind == SETTING_FACTORS || key->kind == SETTING_NAMES)
		return is_list(node) ? read_list(key, base, node, err)
				     : wrong_type(key, err);
	if (!setting_is_text(key) && is_integer(node))
		return setting_set_integer(key, base,
					   config_setting_get_int64(node), err);
	return wrong_type(key, err);
}

static void read_key(const struct section *section, const struct setting *key,
		     const config_setting_t *node, const char *shown)
{
	struct err err;

	/* There is a complaint already about an integer that libconfig
	   wrapped. */
	if (is_integer(node) &&
	    conf_complaints_have_number(section->complaints, node->line))
		return;
	if (read_value(key, section->base, node, &err) < 0)
		conf_complain(section->complaints, node->line, "%s: %s", shown,
			      err.text);
}

static void unknown_key(const struct section *section,
			const config_setting_t *node, const char *path,
			const char *shown)
{
	char buf[SETTINGS_PATH_BYTES];
	const char *nearest = setting_nearest(path, buf);

	if (nearest == NULL)
		conf_complain(section->complaints, node->line,
			      "%s: unknown setting", shown);
	else
		conf_complain(section->complaints, node->line,
			      "%s: unknown setting (did you mean %s?)", shown,
			      nearest);
}

static void read_section(const struct section *section);

/* May this section stand in this group? Only the section of its program. */
static bool belongs(const struct section *section, const char *path)
{
	const struct setting *first = setting_section(path);

	return section->group == NULL || first->program == NULL ||
	       section->group->program[0] == '\0' ||
	       strcmp(first->program, section->group->program) == 0;
}

static void read_subsection(const struct section *section,
			    const config_setting_t *node, const char *path,
			    const char *shown)
{
	struct section inner = *section;

	inner.node = node;
	inner.path = path;
	inner.shown = shown;
	if (node->type != CONFIG_TYPE_GROUP)
		conf_complain(section->complaints, node->line,
			      "%s: expected a section { ... }", shown);
	else if (!belongs(section, path))
		conf_complain(section->complaints, node->line,
			      "%s: a section for program \"%s\", but this "
			      "group's program is \"%s\"",
			      shown, setting_section(path)->program,
			      section->group->program);
	else
		read_section(&inner);
}

static void read_member(const struct section *section,
			const config_setting_t *node)
{
	char path[SETTINGS_PATH_BYTES];
	char shown[SETTINGS_PATH_BYTES];
	const char *dot = section->path[0] == '\0' ? "" : ".";
	const struct setting *key;

	(void)snprintf(path, sizeof(path), "%s%s%s", section->path, dot,
		       node->name);
	(void)snprintf(shown, sizeof(shown), "%s%s%s", section->shown, dot,
		       node->name);
	key = setting_find(path);
	if (key != NULL &&
	    !(node->type == CONFIG_TYPE_GROUP && setting_section(path) != NULL))
		read_key(section, key, node, shown);
	else if (setting_section(path) != NULL)
		read_subsection(section, node, path, shown);
	else
		unknown_key(section, node, path, shown);
}

static void read_section(const struct section *section)
{
	int count = config_setting_length(section->node);

	for (int i = 0; i < count; i++) {
		const config_setting_t *node =
			config_setting_get_elem(section->node, (unsigned int)i);

		/* The groups are a list, which is read elsewhere. */
		if (section->path[0] == '\0' &&
		    strcmp(node->name, "groups") == 0)
			continue;
		read_member(section, node);
	}
}

/* The line of a key of a group; without it that of its section, or of the
   group. */
static unsigned int line_of(const config_setting_t *group, const char *section,
			    const char *name)
{
	const config_setting_t *in = group;
	const config_setting_t *node;

	if (section != NULL)
		in = config_setting_get_member(group, section);
	if (in == NULL || in->type != CONFIG_TYPE_GROUP)
		return group->line;
	node = config_setting_get_member(in, name);
	return node == NULL ? in->line : node->line;
}

/* A text on which other keys of the group depend; "" when it is not valid. */
static void peek(const config_setting_t *node, const char *path,
		 struct settings_group *group)
{
	const struct setting *key = setting_find(path);
	const config_setting_t *member =
		config_setting_get_member(node, path + strlen("groups."));
	struct err err;

	if (member != NULL)
		(void)read_value(key, group, member, &err);
}

static void require(const struct section *section, const char *name)
{
	if (config_setting_get_member(section->node, name) == NULL)
		conf_complain(section->complaints, section->node->line,
			      "%s.%s: is missing", section->shown, name);
}

/* The limits, when the backlog decides the number of instances; else NULL. */
static const config_setting_t *scale_of(const config_setting_t *group)
{
	const config_setting_t *node =
		config_setting_get_member(group, "instances");

	return node != NULL && node->type == CONFIG_TYPE_GROUP ? node : NULL;
}

static void check_scale(const struct section *section)
{
	const struct settings_group *group = section->group;
	const config_setting_t *node = scale_of(section->node);

	if (node == NULL)
		return;
	if (settings_is_groupless(group))
		conf_complain(section->complaints, node->line,
			      "%s.instances: program \"%s\" shares no work; "
			      "write a number",
			      section->shown, group->program);
	else if (config_setting_get_member(node, "max") == NULL)
		conf_complain(section->complaints, node->line,
			      "%s.instances.max: is missing", section->shown);
	else if (group->scale.max < group->scale.min)
		conf_complain(section->complaints,
			      line_of(section->node, "instances", "max"),
			      "%s.instances.max: below instances.min (%" PRId64
			      ")",
			      section->shown, group->scale.min);
}

static void check_group(const struct section *section,
			const struct settings *settings)
{
	const struct settings_group *group = section->group;
	char base[NUM_TEXT_MAX];

	require(section, "name");
	require(section, "program");
	if (group->name[0] != '\0' &&
	    settings_group(settings, group->name) != NULL)
		conf_complain(section->complaints,
			      line_of(section->node, NULL, "name"),
			      "%s.name: there is another group of that name",
			      section->shown);
	check_scale(section);
	if (group->max_rss_bytes > 0 && group->max_rss_bytes < RSS_LEAST_BYTES)
		conf_complain(section->complaints,
			      line_of(section->node, NULL, "max_rss"),
			      "%s.max_rss: below 16MiB every instance would be "
			      "replaced again and again",
			      section->shown);
	if (group->retry_max_msecs < group->retry_base_msecs)
		conf_complain(
			section->complaints,
			line_of(section->node, "retry", "max"),
			"%s.retry.max: below retry.base (%s)", section->shown,
			num_format_duration(group->retry_base_msecs, base));
}

static void read_group(const config_setting_t *node, int number,
		       struct settings *settings,
		       struct conf_complaints *complaints)
{
	struct settings_group *group = &settings->groups[settings->group_count];
	char shown[SETTINGS_PATH_BYTES];
	struct section section = { node,  "groups", shown,
				   group, group,    complaints };

	settings_group_defaults(group);
	(void)snprintf(shown, sizeof(shown), "groups[%d]", number);
	if (node->type != CONFIG_TYPE_GROUP) {
		conf_complain(complaints, node->line,
			      "%s: expected a group { ... }", shown);
		return;
	}
	peek(node, "groups.name", group);
	peek(node, "groups.program", group);
	if (group->name[0] != '\0')
		(void)snprintf(shown, sizeof(shown), "groups.%s", group->name);
	read_section(&section);
	if (scale_of(node) != NULL)
		group->instances = group->scale.min;
	check_group(&section, settings);
	settings->group_count++;
}

static void read_groups(const config_setting_t *node, struct settings *settings,
			struct conf_complaints *complaints)
{
	int count = node == NULL ? 0 : config_setting_length(node);

	if (node != NULL && node->type != CONFIG_TYPE_LIST) {
		conf_complain(complaints, node->line,
			      "groups: expected a list ( { ... }, { ... } )");
		return;
	}
	/* A file without the key is that of a host that only publishes. */
	if (node != NULL && count == 0)
		conf_complain(complaints, node->line, "groups: nothing to run");
	for (int i = 0; i < count; i++) {
		const config_setting_t *group =
			config_setting_get_elem(node, (unsigned int)i);

		if (settings->group_count == SETTINGS_GROUPS_MAX) {
			conf_complain(complaints, group->line,
				      "groups: more than %d",
				      SETTINGS_GROUPS_MAX);
			return;
		}
		read_group(group, i + 1, settings, complaints);
	}
}

/* Entries that a group here has not settled must not be removed silently. */
static void check_ignored(const config_t *config,
			  const struct settings *settings,
			  struct conf_complaints *complaints)
{
	const struct settings_names *ignore = &settings->retention.ignore;
	const config_setting_t *node =
		config_lookup(config, "stream.retention.ignore");

	for (int64_t i = 0; node != NULL && i < ignore->count; i++) {
		if (settings_group(settings, ignore->names[i]) != NULL)
			conf_complain(complaints, node->line,
				      "stream.retention.ignore: \"%s\" is a "
				      "group of this configuration",
				      ignore->names[i]);
	}
}

/* At the ceiling entries go whether they are settled or not, so it must stand
   above max_entries. */
static void check_ceiling(const config_t *config,
			  const struct settings *settings,
			  struct conf_complaints *complaints)
{
	const struct settings_retention *retention = &settings->retention;
	const config_setting_t *node =
		config_lookup(config, "stream.retention.ceiling");

	if (node != NULL && retention->ceiling > 0 &&
	    retention->ceiling <= retention->max_entries)
		conf_complain(complaints, node->line,
			      "stream.retention.ceiling: not above "
			      "retention.max_entries (%" PRId64 ")",
			      retention->max_entries);
}

static void read_tree(config_t *config, struct settings *settings,
		      struct conf_complaints *complaints)
{
	struct section root = { .node = config_root_setting(config),
				.path = "",
				.shown = "",
				.base = settings,
				.complaints = complaints };

	read_section(&root);
	read_groups(config_lookup(config, "groups"), settings, complaints);
	check_ceiling(config, settings, complaints);
	check_ignored(config, settings, complaints);
}

void conf_tree_read(const char *text, struct settings *settings,
		    struct conf_complaints *complaints)
{
	config_t config;

	config_init(&config);
	if (config_read_string(&config, text) == CONFIG_TRUE)
		read_tree(&config, settings, complaints);
	else
		conf_complain(complaints,
			      (unsigned int)config_error_line(&config), "%s",
			      config_error_text(&config));
	config_destroy(&config);
}
