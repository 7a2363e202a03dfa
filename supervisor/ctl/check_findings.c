/* Judges the findings for check.c: by their severity, and those that have
   limits of their own by these. */
#include "config.h"

#include "supervisor/ctl/check_state.h"

#include "supervisor/common/finding_json.h"

#include <inttypes.h>

/* Numbers that are always measured, also when there is no such finding. */
static const struct {
	const char *name;
	enum finding_id id;
} measured[] = {
	{ "dead", FINDING_DEAD_LETTERS }, { "lost", FINDING_LOST },
	{ "dropped", FINDING_DROPPED },   { "skipped", FINDING_SKIPPED },
	{ "waiting", FINDING_WAITING },   { "unknown", FINDING_UNKNOWN_TYPES },
};

#define MEASURED_COUNT (sizeof(measured) / sizeof(measured[0]))

static enum check_state state_of(const struct check_limits *limits,
				 const struct finding *finding)
{
	if (finding->id == FINDING_DEAD_LETTERS &&
	    (limits->warn_dead >= 0 || limits->crit_dead >= 0)) {
		if (limits->crit_dead >= 0 &&
		    finding->number >= limits->crit_dead)
			return CHECK_CRITICAL;
		return limits->warn_dead >= 0 &&
				       finding->number < limits->warn_dead
			       ? CHECK_OK
			       : CHECK_WARNING;
	}
	return finding->severity == FINDING_CRITICAL ? CHECK_CRITICAL
						     : CHECK_WARNING;
}

static void judge(struct check *check, const struct finding *finding)
{
	enum check_state state = state_of(check->limits, finding);

	if (state == CHECK_OK ||
	    (check->limits->ignored >> finding->id & 1U) != 0)
		return;
	check_raise(check, state);
	check_say(check, "%s%s%s: %s", finding_kind(finding->id)->word,
		  finding->group[0] == '\0' ? "" : " ", finding->group,
		  finding->text);
}

static void limit_write(int64_t limit, char *buf, size_t bytes)
{
	buf[0] = '\0';
	if (limit >= 0)
		(void)snprintf(buf, bytes, "%" PRId64, limit);
}

static void measure(struct check *check, size_t i, int64_t number)
{
	char warn[24] = "", crit[24] = "";

	if (measured[i].id == FINDING_DEAD_LETTERS) {
		limit_write(check->limits->warn_dead, warn, sizeof(warn));
		limit_write(check->limits->crit_dead, crit, sizeof(crit));
	}
	check_measure(check, "%s=%" PRId64 ";%s;%s;0", measured[i].name, number,
		      warn, crit);
}

void check_findings(struct check *check, const json_t *objects)
{
	int64_t sums[MEASURED_COUNT] = { 0 };
	struct finding finding;
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (finding_from_json(object, &finding) < 0)
			continue;
		judge(check, &finding);
		for (size_t j = 0; j < MEASURED_COUNT; j++) {
			if (measured[j].id == finding.id && finding.number > 0)
				sums[j] += finding.number;
		}
	}
	for (size_t j = 0; j < MEASURED_COUNT; j++)
		measure(check, j, sums[j]);
}
