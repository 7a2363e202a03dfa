/* Makes the findings about the processes of this host. The keeper makes those
   about Redis; alarms.c puts both together. */
#include "config.h"

#include "supervisor/ordermqd/finding_process.h"

#include "lib/base/clock.h"
#include "supervisor/ordermqd/fleet.h"
#include "supervisor/ordermqd/instance_word.h"

#include <stdio.h>
#include <string.h>

/* At most this time may pass until an instance is ready. */
#define START_MSECS 10000

struct look {
	int wanted; /* instances that shall run */
	int bad;
	int well;
	int held;
	const struct instance *first; /* bad one */
	char word[16];                /* how that is */
};

static bool is_bad(const struct instance *instance, const char *word)
{
	switch (instance->state) {
	case INSTANCE_READY:
		return !instance_word_is_well(word);
	case INSTANCE_STARTING:
		return clock_msecs() - instance->started_msecs > START_MSECS;
	case INSTANCE_HANGING:
	case INSTANCE_WAITING:
	case INSTANCE_FAILED:
		return true;
	default:
		return false;
	}
}

static void instance_look(const struct instance *instance, struct look *look)
{
	struct board board;
	bool has_board = instance_board(instance, &board) == 0;
	const char *word = instance_word(instance, has_board ? &board : NULL);

	if (instance->is_held) {
		look->held++;
		return;
	}
	look->wanted++;
	look->well += instance_word_is_well(word);
	if (!is_bad(instance, word))
		return;
	if (look->bad++ > 0)
		return;
	look->first = instance;
	(void)snprintf(look->word, sizeof(look->word), "%s", word);
}

/* The status that it tells itself, or the end of its process. */
static const char *reason_of(const struct instance *instance)
{
	const char *reason =
		instance->state == INSTANCE_READY ||
				instance->state == INSTANCE_STARTING
			? instance->status
			: instance->last_exit;

	return reason[0] == '\0' ? "no reason known" : reason;
}

static void degraded_make(const struct look *look, const char *group,
			  enum finding_severity severity,
			  struct findings *findings)
{
	const struct instance *first = look->first;
	struct finding finding;

	finding_set(&finding, FINDING_DEGRADED, group, look->bad,
		    "%d of %d instances cannot work: %s is %s: %s", look->bad,
		    look->wanted, first->name, look->word, reason_of(first));
	(void)snprintf(finding.instance, sizeof(finding.instance), "%s",
		       first->name);
	finding.severity = severity;
	findings_put(findings, &finding);
}

static void service_make(const struct service *service,
			 struct findings *findings)
{
	const char *name = service->group.settings.name;
	struct look look = { .first = NULL };
	struct finding finding;

	for (int i = 0; i < service->wanted; i++)
		instance_look(&service->instances[i], &look);
	if (look.bad > 0)
		degraded_make(&look, name,
			      look.well == 0 ? FINDING_CRITICAL
					     : FINDING_WARNING,
			      findings);
	if (look.held == 0)
		return;
	finding_set(&finding, FINDING_HELD, name, look.held,
		    "%d of %d instances are held by an operator", look.held,
		    look.wanted + look.held);
	findings_put(findings, &finding);
}

static void keeper_make(const struct fleet *fleet, struct findings *findings)
{
	struct look look = { .first = NULL };
	struct finding finding;
	static struct figures figures;

	if (fleet->keeper->count == 0)
		return;
	instance_look(&fleet->keeper->instances[0], &look);
	if (look.held > 0) {
		finding_set(&finding, FINDING_HELD, NULL, 1,
			    "the keeper is held by an operator");
		findings_put(findings, &finding);
	}
	/* Orders go on without it. */
	if (look.bad > 0)
		degraded_make(&look, NULL, FINDING_WARNING, findings);
	if (fleet_figures(fleet, &figures) == 0)
		return;
	finding_set(&finding, FINDING_LAG_UNKNOWN, NULL, -1,
		    "the keeper tells nothing of Redis: %s",
		    reason_of(&fleet->keeper->instances[0]));
	findings_put(findings, &finding);
}

void finding_process_make(const struct fleet *fleet, struct findings *findings)
{
	for (size_t i = 0; i < fleet->count; i++)
		service_make(fleet->services[i], findings);
	keeper_make(fleet, findings);
}
