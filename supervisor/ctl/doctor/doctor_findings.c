/* Tells the findings that no check of doctor's own tells, as status shows them:
   ordermqd or overview.c has made them. doctor.c calls it last. */

#include "config.h"

#include "supervisor/ctl/doctor/doctor_state.h"

#include "lib/redis/redis.h"
#include "supervisor/common/finding_json.h"
#include "supervisor/ctl/overview.h"
#include "supervisor/keeper/finding_round.h"

#include <stddef.h>

/* Those on which doctor_server.c and doctor_groups.c say more. */
static const enum finding_id own[] = {
	FINDING_LOST,
	FINDING_DROPPED,
	FINDING_SKIPPED,
	FINDING_PAUSED,
	FINDING_NOBODY_READS,
	FINDING_REDIS_FULL,
	FINDING_REDIS_NOT_DURABLE,
	FINDING_CLOCK,
};

static bool is_own(int64_t id)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if ((int64_t)own[i] == id)
			return true;
	}
	return false;
}

static void tell(struct doctor *doctor, const struct finding *finding)
{
	if (!is_own(finding->id))
		doctor_finding(doctor, finding);
}

/* The findings of a look at Redis now come first; ordermqd adds those that need
   the keeper's memory, and those about its processes. */
void doctor_findings(struct doctor *doctor, const char *status_path)
{
	static struct findings now;
	struct overview overview;
	struct finding finding;
	json_t *object;
	size_t i;

	if (finding_round_once(doctor->redis, doctor->arena, doctor->settings,
			       &now, doctor->err) < 0)
		now.count = 0;
	for (int64_t n = 0; n < now.count; n++)
		tell(doctor, &now.list[n]);
	if (!redis_is_open(doctor->redis))
		return;
	overview_open(&overview, status_path, doctor->settings, NULL);
	json_array_foreach(overview.objects, i, object)
	{
		if (finding_from_json(object, &finding) == 0 &&
		    findings_find(&now, finding.id, finding.group) == NULL)
			tell(doctor, &finding);
	}
	overview_close(&overview);
}
