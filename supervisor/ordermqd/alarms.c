/* Puts the findings together, raises alarms, and has them at hand for status.c
   and for the unit's status text. finding_process.c and the keeper make them.
 */
#include "config.h"

#include "supervisor/ordermqd/alarms.h"

#include "lib/base/clock.h"
#include "supervisor/common/finding_sheet.h"
#include "supervisor/common/finding_watch.h"
#include "supervisor/ordermqd/events.h"
#include "supervisor/ordermqd/finding_process.h"
#include "supervisor/ordermqd/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alarms {
	struct fleet *fleet;
	int64_t next_msecs;
	struct findings keeper; /* as it told last */
	struct findings now;
	struct finding_watch watch;
	char summary[512];
};

struct alarms *alarms_open(struct fleet *fleet)
{
	struct alarms *alarms = calloc(1, sizeof(*alarms));

	if (alarms != NULL)
		alarms->fleet = fleet;
	return alarms;
}

void alarms_close(struct alarms **alarms)
{
	free(*alarms);
	*alarms = NULL;
}

int64_t alarms_deadline(const struct alarms *alarms)
{
	return alarms->next_msecs;
}

static void note_event(void *owner, const struct finding *finding, bool came)
{
	const struct alarms *alarms = owner;
	const char *name = finding->group[0] != '\0'      ? finding->group
			   : finding->instance[0] != '\0' ? finding->instance
							  : "ordermq";

	if (came)
		events_add(alarms->fleet->events, name, "finding %s (%s): %s",
			   finding_kind(finding->id)->word,
			   finding_severity_word(finding->severity),
			   finding->text);
	else
		events_add(alarms->fleet->events, name, "finding %s: over",
			   finding_kind(finding->id)->word);
}

/* While the keeper has no findings of now, its last ones stand: nobody knows
   that they are over. */
static void collect(struct alarms *alarms, int64_t now_msecs)
{
	const struct service *keeper = alarms->fleet->keeper;

	if (keeper->count > 0 && keeper->instances[0].board_fd >= 0)
		(void)finding_sheet_read(keeper->instances[0].board_fd,
					 now_msecs, &alarms->keeper);
	alarms->now = alarms->keeper;
	finding_process_make(alarms->fleet, &alarms->now);
}

static void summarize(struct alarms *alarms, int64_t now_msecs)
{
	const struct findings *findings = &alarms->watch.told;
	char *buf = alarms->summary;
	size_t used;

	(void)fleet_summary(alarms->fleet, now_msecs, buf,
			    sizeof(alarms->summary));
	for (int64_t i = 0; i < findings->count; i++) {
		used = strlen(buf);
		if (i == 0)
			used += (size_t)snprintf(
				buf + used, sizeof(alarms->summary) - used,
				"; %d finding%s:", (int)findings->count,
				findings->count == 1 ? "" : "s");
		if (used < sizeof(alarms->summary))
			(void)snprintf(
				buf + used, sizeof(alarms->summary) - used,
				"%s %s", i == 0 ? "" : ",",
				finding_kind(findings->list[i].id)->word);
	}
}

void alarms_look(struct alarms *alarms, int64_t now_msecs)
{
	alarms->next_msecs = now_msecs + ALARMS_MSECS;
	collect(alarms, now_msecs);
	finding_watch_take(&alarms->watch, &alarms->now, clock_wall_msecs(),
			   note_event, alarms);
	summarize(alarms, now_msecs);
}

void alarms_tick(struct alarms *alarms, int64_t now_msecs)
{
	if (now_msecs >= alarms->next_msecs)
		alarms_look(alarms, now_msecs);
}

const struct findings *alarms_findings(const struct alarms *alarms)
{
	return &alarms->watch.told;
}

const char *alarms_summary(const struct alarms *alarms)
{
	return alarms->summary;
}
