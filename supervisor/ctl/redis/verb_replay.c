/* ordermqctl replay: let a range of history come back to one group. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/redis/replay_range.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define RATE_MAX 100000

/* What the ledger has is not looked up when it is done. */
static bool is_known(const struct history *history, enum fate fate)
{
	return !history->execute || fate > FATE_CONFLICT;
}

static void record_put(const struct history *history)
{
	json_t *record = json_pack(
		"{s:s,s:o,s:b,s:I,s:o,s:o}", "kind", "replay", "group",
		record_text(history->group->name), "dry_run", !history->execute,
		"count", (json_int_t)history->count, "first",
		record_text_or_null(history->first), "last",
		record_text_or_null(history->last));

	for (enum fate fate = 0; fate < FATE_COUNT; fate++)
		(void)json_object_set_new(
			record, fate_key(fate),
			is_known(history, fate)
				? json_integer(history->fates[fate])
				: json_null());
	record_write(stdout, record);
}

static void table_put(const struct history *history)
{
	printf("%" PRId64 " %s", history->count,
	       history->execute ? "replayed" : "would be replayed");
	if (history->count > 0)
		printf(", from %s to %s", history->first, history->last);
	putchar('\n');
	for (enum fate fate = 0; fate < FATE_COUNT; fate++) {
		if (history->fates[fate] > 0 && is_known(history, fate))
			printf("%10" PRId64 "  %s\n", history->fates[fate],
			       fate_text(fate));
	}
	if (!history->execute && history->count > 0)
		ctl_say("nothing was changed; --execute does it");
}

static int replay(struct history *history, struct view *view)
{
	int status = history_open(history, view);

	if (status != EX_OK)
		return status;
	if (history->goes_on)
		ctl_say("going on behind %s, where it was interrupted",
			history->start + 1);
	if (history_run(history) < 0)
		status = view_failed(view);
	/* Also when it failed in the middle. */
	if (view->as_json)
		record_put(history);
	else
		table_put(history);
	return status;
}

/* Says what is wrong with it, and returns NULL. */
static const struct settings_group *group_of(const struct ctl *ctl,
					     const char *name)
{
	const struct settings_group *group =
		settings_group(&ctl->settings, name);

	if (group != NULL && !settings_is_groupless(group))
		return group;
	ctl_say("%s: %s", name,
		group == NULL
			? "no such group in the configuration, which says what "
			  "its program would do"
			: "it has no consumer group, to which anything could "
			  "come back");
	return NULL;
}

/* What its program does must be right to do again. */
static bool may_come_back(const struct history *history, bool notify_again)
{
	if (!history->execute || notify_again ||
	    strcmp(history->group->program, "push") != 0)
		return true;
	ctl_say("%s: people would be notified again; when that is wanted, say "
		"--notify-again",
		history->group->name);
	return false;
}

static int rate_take(struct history *history, const char *text)
{
	if (text == NULL ||
	    (num_parse(text, strlen(text), &history->rate) == 0 &&
	     history->rate >= 1 && history->rate <= RATE_MAX))
		return 0;
	ctl_say("--rate %s: expected 1 to %d entries a second", text, RATE_MAX);
	return -1;
}

int verb_replay(struct ctl *ctl)
{
	struct history history = { 0 };
	struct view view;
	const char *rate = NULL;
	bool notify_again = false;
	const struct ctl_option options[] = {
		{ "from", '\0', &history.from, NULL },
		{ "to", '\0', &history.to, NULL },
		{ "field", '\0', &history.field, NULL },
		{ "rate", '\0', &rate, NULL },
		{ "execute", '\0', NULL, &history.execute },
		{ "notify-again", '\0', NULL, &notify_again },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	if (history.from == NULL ||
	    (history.field != NULL && strchr(history.field, '=') == NULL))
		return ctl_usage(ctl);
	if (rate_take(&history, rate) < 0)
		return EX_USAGE;
	status = view_open(&view, ctl, -1);
	if (status == EX_OK) {
		history.group = group_of(ctl, ctl->operands[0]);
		if (history.group == NULL)
			status = EX_DATAERR;
		else if (!may_come_back(&history, notify_again))
			status = EX_USAGE;
		else
			status = replay(&history, &view);
		history_close(&history);
	}
	view_close(&view);
	return status;
}
