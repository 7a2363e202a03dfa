/* ordermqctl trim: runs the keeper's retention now. ctl.c calls it;
   keeper/keep_round.c removes. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/arena.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/keeper/keep_round.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Entries that one call counts. */
#define PAGE "1000"

static const char count_lua[] =
#include "supervisor/ctl/redis/count.inc"
	;

struct trim {
	struct view view;
	struct keep_round keep;
	bool is_dry_run;
	int64_t removed; /* or as many would be, at most */
	int64_t left;
};

/* How many entries are below this id? Returns -1 with the view's err. */
static int64_t count_below(struct view *view, const char *id)
{
	char from[KEEP_ROUND_ID_BYTES + 1] = "-", to[KEEP_ROUND_ID_BYTES + 1];
	int64_t count = 0, got;

	/* No entry is below 0-0, and Redis refuses it as the end of a range. */
	if (strcmp(id, "0-0") == 0)
		return 0;
	(void)snprintf(to, sizeof(to), "(%s", id);
	do {
		const struct reply *reply;
		struct text last;

		arena_reset(view->arena);
		reply = redis_command(view->redis, view->arena, &view->err,
				      "EVAL_RO", count_lua, "1",
				      view->settings->stream_key, from, to,
				      PAGE, NULL);
		if (reply == NULL)
			return -1;
		got = reply_integer(reply_at(reply, 0), 0);
		last = reply_text(reply_at(reply, 1));
		(void)snprintf(from, sizeof(from), "(%.*s", (int)last.length,
			       last.data);
		count += got;
	} while (got > 0);
	return count;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* How many entries exceed a limit of their number; most 0: no limit. */
static int64_t surplus(int64_t length, int64_t most)
{
	return most > 0 && length > most ? length - most : 0;
}

/* How many entries would be removed at most, since Redis removes whole nodes.
   Returns -1 with the view's err. */
static int64_t trim_foresee(struct trim *trim)
{
	const struct settings_retention *retention =
		&trim->view.settings->retention;
	const struct keep_round_result *result = &trim->keep.result;
	int64_t length = result->length;
	int64_t too_old = count_below(&trim->view, result->old);
	int64_t settled = length;
	int64_t count;

	if (result->hold[0] != '\0')
		settled = count_below(&trim->view, result->hold);
	if (too_old < 0 || settled < 0)
		return -1;
	if (retention->unread == SETTINGS_UNREAD_DROP)
		settled = length;
	else if (result->group_count == 0)
		settled = 0;
	count = greater(too_old, surplus(length, retention->max_entries));
	return greater(lesser(count, settled),
		       surplus(length, retention->ceiling));
}

/* Run rounds until nothing is left to remove: one round is bounded. */
static int trim_remove_all(struct trim *trim)
{
	struct keep_round_result sum = { 0 };
	struct keep_round *keep = &trim->keep;

	do {
		if (keep_round_trim(keep, trim->view.redis, false,
				    &trim->view.err) < 0)
			return -1;
		trim->removed += keep->result.trimmed;
		for (size_t i = 0; i < keep->result.group_count; i++)
			sum.groups[i].dropped += keep->result.groups[i].dropped;
	} while (keep->result.trimmed > 0);
	trim->left = keep->result.length;
	for (size_t i = 0; i < keep->result.group_count; i++)
		keep->result.groups[i].dropped = sum.groups[i].dropped;
	return 0;
}

static int trim_look(struct trim *trim)
{
	if (keep_round_trim(&trim->keep, trim->view.redis, true,
			    &trim->view.err) < 0)
		return -1;
	trim->removed = trim_foresee(trim);
	trim->left = trim->keep.result.length - trim->removed;
	return trim->removed < 0 ? -1 : 0;
}

static json_t *groups_record(const struct keep_round_result *result)
{
	json_t *groups = json_array();

	for (size_t i = 0; i < result->group_count; i++) {
		const struct keep_round_group *group = &result->groups[i];

		(void)json_array_append_new(
			groups,
			json_pack("{s:o,s:I,s:I}", "name",
				  json_line_text(group->name), "dropped",
				  (json_int_t)group->dropped, "silent_seconds",
				  (json_int_t)(group->silent_msecs / 1000)));
	}
	return groups;
}

static void trim_say_json(const struct trim *trim)
{
	const struct keep_round_result *result = &trim->keep.result;

	json_line_write(stdout,
			json_pack("{s:s,s:b,s:I,s:I,s:o,s:o,s:o}", "kind",
				  "trim", "dry_run", trim->is_dry_run,
				  "removed", (json_int_t)trim->removed, "left",
				  (json_int_t)trim->left, "needed_from",
				  json_line_text_or_null(result->hold),
				  "needed_by",
				  json_line_text_or_null(result->holder),
				  "groups", groups_record(result)));
}

static void trim_say(const struct trim *trim)
{
	const struct keep_round_result *result = &trim->keep.result;

	printf("%s%" PRId64 " entries %s, %" PRId64 " are left\n",
	       trim->is_dry_run ? "at most " : "", trim->removed,
	       trim->is_dry_run ? "would be removed" : "removed", trim->left);
	if (result->holder[0] != '\0')
		printf("group %s needs all from %s on\n", result->holder,
		       result->hold);
	for (size_t i = 0; i < result->group_count; i++) {
		const struct keep_round_group *group = &result->groups[i];

		if (group->dropped > 0)
			printf("group %s: %" PRId64
			       " were removed before they were delivered\n",
			       group->name, group->dropped);
		if (group->silent_msecs > 0)
			printf("group %s: nobody has read from it for %" PRId64
			       " min\n",
			       group->name, group->silent_msecs / 60000);
	}
}

static int trim_run(struct trim *trim, struct ctl *ctl)
{
	int status = view_open(&trim->view, ctl, -1);

	if (status != EX_OK)
		return status;
	trim->keep.settings = trim->view.settings;
	trim->keep.arena = trim->view.arena;
	if ((trim->is_dry_run ? trim_look(trim) : trim_remove_all(trim)) < 0)
		return view_failed(&trim->view);
	if (trim->view.as_json)
		trim_say_json(trim);
	else
		trim_say(trim);
	return EX_OK;
}

int verb_trim(struct ctl *ctl)
{
	static struct trim trim;
	const struct ctl_option options[] = {
		{ "dry-run", 'n', NULL, &trim.is_dry_run },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 0, 0) < 0)
		return ctl->status;
	status = trim_run(&trim, ctl);
	view_close(&trim.view);
	return status;
}
