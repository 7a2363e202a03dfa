/* The difference of two configurations, for a reload. daemon_reload.c compares;
   fleet.c starts and stops the difference. */

#include "config.h"

#include "supervisor/ordermqd/roster.h"

#include "lib/base/err.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int same_text(const char *key, const char *before, const char *after,
		     struct err *err)
{
	if (strcmp(before, after) == 0)
		return 0;
	return err_set(err, ERR_FATAL,
		       "%s: \"%s\" -> \"%s\" needs a restart of ordermqd", key,
		       before, after);
}

static int check_fixed(const struct settings *before,
		       const struct settings *after, struct err *err)
{
	if (same_text("node", before->node, after->node, err) < 0 ||
	    same_text("supervisor.control", before->supervisor.control,
		      after->supervisor.control, err) < 0)
		return -1;
	return same_text("supervisor.programs", before->supervisor.programs,
			 after->supervisor.programs, err);
}

/* Settings are plain values that one procedure fills in, without padding, so
   equal settings have equal bytes. */
#define SAME(a, b) (memcmp(&(a), &(b), sizeof(a)) == 0)

/* Has a setting changed that every instance obeys? */
static bool all_roll(const struct settings *before,
		     const struct settings *after)
{
	struct settings_log log = after->log;

	/* Running instances are told a new log level. */
	log.level = before->log.level;
	return !SAME(before->redis, after->redis) ||
	       !SAME(before->fields, after->fields) ||
	       !SAME(before->log, log) ||
	       !SAME(before->stream_key, after->stream_key);
}

/* Has a setting of the group changed that ordermqd alone obeys, besides the
   number of instances? */
static bool group_is_live(const struct settings_group *before,
			  const struct settings_group *after)
{
	return !SAME(before->scale, after->scale) ||
	       before->restart != after->restart ||
	       before->max_rss_bytes != after->max_rss_bytes ||
	       before->recycle_after != after->recycle_after;
}

/* Has a setting of the group changed that its instances obey? */
static bool group_rolls(const struct settings_group *before,
			const struct settings_group *after)
{
	struct settings_group as_before = *after;

	as_before.instances = before->instances;
	as_before.scale = before->scale;
	as_before.restart = before->restart;
	as_before.max_rss_bytes = before->max_rss_bytes;
	as_before.recycle_after = before->recycle_after;
	return !SAME(as_before, *before);
}

static struct roster_change *add(struct roster *roster, const char *name)
{
	struct roster_change *change = &roster->changes[roster->count++];

	(void)snprintf(change->name, sizeof(change->name), "%s", name);
	return change;
}

static void put_after(struct roster_change *change,
		      const struct settings_group *group)
{
	bool scales = settings_scales(group);

	change->after = settings_instances(group, change->before);
	change->least_after = scales ? group->scale.min : group->instances;
	change->most_after = scales ? group->scale.max : group->instances;
}

static void put_before(struct roster_change *change,
		       const struct settings_group *group)
{
	bool scales = settings_scales(group);

	change->before = group->instances;
	change->least_before = scales ? group->scale.min : group->instances;
	change->most_before = scales ? group->scale.max : group->instances;
}

int roster_compare(const struct settings *before, const struct settings *after,
		   struct roster *roster_r, struct err *err)
{
	bool everywhere = all_roll(before, after);

	if (check_fixed(before, after, err) < 0)
		return -1;
	memset(roster_r, 0, sizeof(*roster_r));
	roster_r->log_level_live =
		!everywhere && before->log.level != after->log.level;
	roster_r->retention_live =
		!everywhere && !SAME(before->retention, after->retention);
	roster_r->silence_live =
		!everywhere && before->silence_msecs != after->silence_msecs;
	roster_r->drain_live =
		before->supervisor.drain_msecs != after->supervisor.drain_msecs;
	roster_r->hang_live =
		before->supervisor.hang_msecs != after->supervisor.hang_msecs;
	for (int64_t i = 0; i < after->group_count; i++) {
		const struct settings_group *group = &after->groups[i];
		const struct settings_group *old =
			settings_group(before, group->name);
		struct roster_change *change = add(roster_r, group->name);

		if (old != NULL) {
			put_before(change, old);
			change->rolls = everywhere || group_rolls(old, group);
			change->is_live = group_is_live(old, group);
		}
		put_after(change, group);
	}
	for (int64_t i = 0; i < before->group_count; i++) {
		const struct settings_group *group = &before->groups[i];

		if (settings_group(after, group->name) == NULL)
			add(roster_r, group->name)->before = group->instances;
	}
	return 0;
}

/* "3", or "1-8". */
static const char *range_text(int64_t least, int64_t most, char *buf,
			      size_t bytes)
{
	if (least == most)
		(void)snprintf(buf, bytes, "%" PRId64, least);
	else
		(void)snprintf(buf, bytes, "%" PRId64 "-%" PRId64, least, most);
	return buf;
}

static bool has_new_range(const struct roster_change *change)
{
	return (change->least_before < change->most_before ||
		change->least_after < change->most_after) &&
	       (change->least_before != change->least_after ||
		change->most_before != change->most_after);
}

static void change_text(const struct roster_change *change, char *buf,
			size_t bytes)
{
	int64_t more = change->after - change->before;
	const char *how = change->rolls     ? "rolling"
			  : change->is_live ? "live"
					    : "unchanged";
	char before[48], after[48];

	if (more == 0 && has_new_range(change))
		(void)snprintf(
			buf, bytes, "%s %s -> %s (%s)", change->name,
			range_text(change->least_before, change->most_before,
				   before, sizeof(before)),
			range_text(change->least_after, change->most_after,
				   after, sizeof(after)),
			how);
	else if (more == 0)
		(void)snprintf(buf, bytes, "%s %s", change->name, how);
	else
		(void)snprintf(
			buf, bytes,
			"%s %" PRId64 " -> %" PRId64 " (%+" PRId64 "%s%s)",
			change->name, change->before, change->after, more,
			change->rolls ? ", " : "", change->rolls ? how : "");
}

const char *roster_summary(const struct roster *roster, char *buf, size_t bytes)
{
	size_t used = 0;

	(void)snprintf(buf, bytes, "no groups");
	for (size_t i = 0; i < roster->count; i++) {
		char text[SETTINGS_NAME_BYTES + 128];
		int length;

		change_text(&roster->changes[i], text, sizeof(text));
		length = snprintf(buf + used, bytes - used, "%s%s",
				  i == 0 ? "" : ", ", text);
		if (length < 0 || (size_t)length >= bytes - used)
			return buf;
		used += (size_t)length;
	}
	used = strlen(buf);
	(void)snprintf(buf + used, bytes - used, "%s%s%s%s%s",
		       roster->log_level_live ? ", log.level live" : "",
		       roster->retention_live ? ", retention live" : "",
		       roster->silence_live ? ", stream.silence live" : "",
		       roster->drain_live ? ", supervisor.drain live" : "",
		       roster->hang_live ? ", supervisor.hang_timeout live"
					 : "");
	return buf;
}

const struct roster_change *roster_find(const struct roster *roster,
					const char *name)
{
	for (size_t i = 0; i < roster->count; i++) {
		if (strcmp(roster->changes[i].name, name) == 0)
			return &roster->changes[i];
	}
	return NULL;
}
