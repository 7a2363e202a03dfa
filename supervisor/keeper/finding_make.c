/* Judges each group by the facts of finding_look.c. The findings go to ordermqd
   (finding_sheet.c), or ordermqctl shows them. */
#include "config.h"

#include "supervisor/keeper/finding_make.h"

#include "lib/base/num.h"
#include "lib/settings/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECS INT64_C(1000)
#define HOUR_MSECS (3600 * SECS)

/* Dead letters are critical from this number on, when they are also at least
   this percentage of the settled entries. */
#define DEAD_MANY 10
#define DEAD_PERCENT 10

/* Unknown types are told from this percentage of the settled entries on: many a
   stream carries other events beside the orders, and these are no fault. */
#define OTHER_PERCENT 50

/* An entry that failed is told this time after its first delivery; one that is
   only unfinished, after the longer time. */
#define FAILED_MSECS (10 * SECS)
#define IDLE_MSECS (30 * SECS)

/* A group is new for this time, unless all groups began together. */
#define NEW_SECS 900
#define TOGETHER_SECS 60

static void put(const struct finding_case *known, const struct finding *finding)
{
	findings_put(known->findings, finding);
}

static void loss_make(const struct finding_case *known, enum finding_id id,
		      const char *group, int64_t count, const char *what)
{
	struct finding finding;

	if (count <= 0)
		return;
	finding_set(&finding, id, group, count, "%" PRId64 " entries were %s",
		    count, what);
	put(known, &finding);
}

static void lost_make(const struct finding_case *known,
		      const struct finding_group *group)
{
	loss_make(known, FINDING_LOST, group->name, group->lost,
		  "removed from the stream while they were pending");
	loss_make(known, FINDING_DROPPED, group->name, group->dropped,
		  "removed from the stream and never given to it");
	loss_make(known, FINDING_SKIPPED, group->name, group->skipped,
		  "skipped: somebody else set it forward, acknowledged them or "
		  "took them");
}

/* The entries settled in the last hour; where that is unknown, all ever
 * settled.
 */
static int64_t settled_of(const struct finding_case *known, int64_t i,
			  bool *is_hour_r)
{
	int64_t span_msecs = 0, grown = 0;

	if (known->history != NULL)
		grown = hour_grown(&known->history->handled[i], &span_msecs);
	*is_hour_r = span_msecs >= HOUR_MSECS;
	return *is_hour_r ? grown : known->look->groups[i].handled;
}

static void dead_make(const struct finding_case *known, int64_t i)
{
	const struct finding_group *group = &known->look->groups[i];
	struct finding finding;
	int64_t settled;
	bool is_hour;
	double percent;

	if (group->letters_fresh <= 0)
		return;
	settled = settled_of(known, i, &is_hour);
	percent =
		settled <= group->letters_fresh
			? 100
			: (double)group->letters_fresh * 100 / (double)settled;
	finding_set(&finding, FINDING_DEAD_LETTERS, group->name,
		    group->letters_fresh,
		    "%" PRId64 " entries became dead letters in the last hour, "
		    "%.*f %% of what was settled%s; %" PRId64 " lie there",
		    group->letters_fresh, percent < 10 ? 1 : 0, percent,
		    is_hour ? " in it" : "", group->letters);
	if (group->letters_fresh >= DEAD_MANY && percent >= DEAD_PERCENT)
		finding.severity = FINDING_CRITICAL;
	put(known, &finding);
}

static void types_make(const struct finding_case *known, int64_t i)
{
	const struct finding_group *group = &known->look->groups[i];
	int64_t other = group->other, span_msecs;
	struct finding finding;
	int64_t settled;
	bool is_hour;

	settled = settled_of(known, i, &is_hour);
	if (is_hour)
		other = hour_grown(&known->history->other[i], &span_msecs);
	if (other <= 0 || settled <= 0 || other * 100 / settled < OTHER_PERCENT)
		return;
	finding_set(&finding, FINDING_UNKNOWN_TYPES, group->name, other,
		    "%" PRId64 " of %" PRId64 " entries settled%s are of a "
		    "type that is not known (%" PRId64 " %%): they had no "
		    "effect",
		    other, settled, is_hour ? " in the last hour" : "",
		    other * 100 / settled);
	put(known, &finding);
}

/* An entry that fails, or that is with somebody and does not get done. */
static void waiting_make(const struct finding_case *known,
			 const struct finding_group *group)
{
	int64_t failing_msecs = known->look->now_msecs - group->first_msecs;
	struct finding finding;
	char buf[NUM_TEXT_MAX];

	if (group->first_id[0] == '\0')
		return;
	if (group->first_attempts > 0 && failing_msecs >= FAILED_MSECS) {
		finding_set(
			&finding, FINDING_WAITING, group->name,
			group->tries > 0 ? group->tries : 1,
			"%" PRId64 " entries wait to be tried again; %s "
			"after %" PRId64 " tries in %s: %s",
			group->tries > 0 ? group->tries : 1, group->first_id,
			group->first_attempts, finding_age(failing_msecs, buf),
			group->first_reason[0] == '\0' ? "no reason known"
						       : group->first_reason);
		finding.since_msecs = group->first_msecs;
	} else if (group->held > 0 && group->first_idle_msecs >= IDLE_MSECS) {
		finding_set(
			&finding, FINDING_WAITING, group->name, group->pending,
			"%" PRId64 " entries are not finished; %s is with "
			"%s for %s",
			group->pending, group->first_id, group->first_consumer,
			finding_age(group->first_idle_msecs, buf));
		finding.since_msecs =
			known->look->now_msecs - group->first_idle_msecs;
	} else {
		return;
	}
	put(known, &finding);
}

/* Did another one begin long before it? */
static bool is_latecomer(const struct finding_look *look,
			 const struct finding_group *group)
{
	for (int64_t i = 0; i < look->group_count; i++) {
		int64_t secs = look->groups[i].start_secs;

		if (secs > 0 && secs < group->start_secs - TOGETHER_SECS)
			return true;
	}
	return false;
}

static void new_make(const struct finding_case *known,
		     const struct finding_group *group)
{
	int64_t secs = known->look->now_msecs / 1000 - group->start_secs;
	bool is_anew = group->start_settled > 0;
	char buf[NUM_TEXT_MAX], before[64] = "";
	struct finding finding;

	if (!group->is_there || group->start_secs <= 0 || secs < 0 ||
	    secs >= NEW_SECS || !(is_anew || is_latecomer(known->look, group)))
		return;
	if (is_anew)
		(void)snprintf(before, sizeof(before),
			       "; it had settled %" PRId64 " before",
			       group->start_settled);
	finding_set(&finding, FINDING_NEW_GROUP, group->name, group->start_due,
		    "was made %s%s ago, with %" PRId64 " entries to do%s",
		    is_anew ? "anew " : "", finding_age(secs * SECS, buf),
		    group->start_due, before);
	finding.since_msecs = group->start_secs * SECS;
	put(known, &finding);
}

static void pause_make(const struct finding_case *known,
		       const struct finding_group *group)
{
	const struct pause *pause = &group->pause;
	struct finding finding;

	if (pause->msecs <= 0)
		return;
	finding_set(&finding, FINDING_PAUSED, group->name, -1,
		    "paused by %s: %s", pause->who, pause->why);
	finding.since_msecs = pause->msecs;
	put(known, &finding);
}

static void place_make(const struct finding_case *known,
		       const struct finding_group *group)
{
	struct finding finding;

	if (group->is_beyond) {
		finding_set(&finding, FINDING_BEYOND_END, group->name, -1,
			    "stands beyond the last entry of the stream: it is "
			    "given nothing until the ids get there");
		put(known, &finding);
	}
	if (group->stranger_count > 0) {
		finding_set(&finding, FINDING_STRANGERS, group->name,
			    group->stranger_count,
			    "%" PRId64 " consumers that are not of ordermq "
			    "read in it: %s",
			    group->stranger_count, group->strangers);
		put(known, &finding);
	}
	if (group->is_there && group->lag < 0) {
		finding_set(&finding, FINDING_LAG_UNKNOWN, group->name, -1,
			    "entries were deleted in the stream: Redis does "
			    "not tell how many the group has to read");
		put(known, &finding);
	}
}

/* pending and lag, as far as they are known. */
static int64_t sum_of(int64_t pending, int64_t lag)
{
	return (pending < 0 ? 0 : pending) + (lag < 0 ? 0 : lag);
}

static void readers_make(const struct finding_case *known,
			 const struct finding_group *group)
{
	int64_t waiting = sum_of(group->pending, group->lag);
	struct finding finding;

	if (!group->is_there && known->look->has_stream)
		finding_set(&finding, FINDING_NOBODY_READS, group->name, -1,
			    "configured, and not on the stream: no instance "
			    "has begun to read");
	else if (group->is_there && group->held == 0 && waiting > 0)
		finding_set(&finding, FINDING_NOBODY_READS, group->name,
			    waiting,
			    "%" PRId64 " entries wait, and no instance reads",
			    waiting);
	else
		return;
	put(known, &finding);
}

void finding_make_group(const struct finding_case *known, int64_t i)
{
	const struct finding_group *group = &known->look->groups[i];

	lost_make(known, group);
	dead_make(known, i);
	types_make(known, i);
	waiting_make(known, group);
	new_make(known, group);
	pause_make(known, group);
	place_make(known, group);
	readers_make(known, group);
}

void finding_make(const struct finding_case *known)
{
	for (int64_t i = 0; i < known->look->group_count; i++)
		finding_make_group(known, i);
	finding_make_stream(known);
}

void finding_history_note(struct finding_history *history,
			  const struct finding_look *look, int64_t now_msecs)
{
	for (int64_t i = 0; i < look->group_count; i++) {
		hour_note(&history->handled[i], now_msecs,
			  look->groups[i].handled);
		hour_note(&history->other[i], now_msecs, look->groups[i].other);
	}
	if (history->first_msecs == 0)
		history->first_msecs = now_msecs;
	else if (history->added != look->added)
		history->added_msecs = now_msecs;
	history->added = look->added;
}
