/* ordermqctl replay: lets a range of history come back to one group. ctl.c
   calls it; replay_range.c does it. */

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

/* Is the number of this outcome known? The ledger is looked up in a dry run
   only. */
static bool is_known(const struct replay_range *range,
		     enum replay_outcome outcome)
{
	return !range->execute || outcome > REPLAY_OUTCOME_CONFLICT;
}

static void record_put(const struct replay_range *range)
{
	json_t *record = json_pack(
		"{s:s,s:o,s:b,s:I,s:o,s:o}", "kind", "replay", "group",
		json_line_text(range->group->name), "dry_run", !range->execute,
		"count", (json_int_t)range->count, "first",
		json_line_text_or_null(range->first), "last",
		json_line_text_or_null(range->last));

	for (enum replay_outcome outcome = 0; outcome < REPLAY_OUTCOME_COUNT;
	     outcome++)
		(void)json_object_set_new(
			record, replay_outcome_key(outcome),
			is_known(range, outcome)
				? json_integer(range->outcomes[outcome])
				: json_null());
	json_line_write(stdout, record);
}

static void table_put(const struct replay_range *range)
{
	printf("%" PRId64 " %s", range->count,
	       range->execute ? "replayed" : "would be replayed");
	if (range->count > 0)
		printf(", from %s to %s", range->first, range->last);
	putchar('\n');
	for (enum replay_outcome outcome = 0; outcome < REPLAY_OUTCOME_COUNT;
	     outcome++) {
		if (range->outcomes[outcome] > 0 && is_known(range, outcome))
			printf("%10" PRId64 "  %s\n", range->outcomes[outcome],
			       replay_outcome_text(outcome));
	}
	if (!range->execute && range->count > 0)
		ctl_say("nothing was changed; --execute does it");
}

static int replay(struct replay_range *range, struct view *view)
{
	int status = replay_range_open(range, view);

	if (status != EX_OK)
		return status;
	if (range->goes_on)
		ctl_say("going on behind %s, where it was interrupted",
			range->start + 1);
	if (replay_range_run(range) < 0)
		status = view_failed(view);
	/* The sums are printed also when it failed in the middle. */
	if (view->as_json)
		record_put(range);
	else
		table_put(range);
	return status;
}

/* The group that was asked for; NULL after it said what is wrong. */
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

/* Is it right to let the program of the group handle entries again? */
static bool may_come_back(const struct replay_range *range, bool notify_again)
{
	if (!range->execute || notify_again ||
	    strcmp(range->group->program, "push") != 0)
		return true;
	ctl_say("%s: people would be notified again; when that is wanted, say "
		"--notify-again",
		range->group->name);
	return false;
}

static int rate_take(struct replay_range *range, const char *text)
{
	if (text == NULL || (num_parse(text, strlen(text), &range->rate) == 0 &&
			     range->rate >= 1 && range->rate <= RATE_MAX))
		return 0;
	ctl_say("--rate %s: expected 1 to %d entries a second", text, RATE_MAX);
	return -1;
}

int verb_replay(struct ctl *ctl)
{
	struct replay_range range = { 0 };
	struct view view;
	const char *rate = NULL;
	bool notify_again = false;
	const struct ctl_option options[] = {
		{ "from", '\0', &range.from, NULL },
		{ "to", '\0', &range.to, NULL },
		{ "field", '\0', &range.field, NULL },
		{ "rate", '\0', &rate, NULL },
		{ "execute", '\0', NULL, &range.execute },
		{ "notify-again", '\0', NULL, &notify_again },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	if (range.from == NULL ||
	    (range.field != NULL && strchr(range.field, '=') == NULL))
		return ctl_usage(ctl);
	if (rate_take(&range, rate) < 0)
		return EX_USAGE;
	status = view_open(&view, ctl, -1);
	if (status == EX_OK) {
		range.group = group_of(ctl, ctl->operands[0]);
		if (range.group == NULL)
			status = EX_DATAERR;
		else if (!may_come_back(&range, notify_again))
			status = EX_USAGE;
		else
			status = replay(&range, &view);
		replay_range_close(&range);
	}
	view_close(&view);
	return status;
}
