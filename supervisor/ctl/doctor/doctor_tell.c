/* Prints a finding of doctor: a line for people, or a JSON object. The checks
   (doctor_server.c to doctor_groups.c) call it; doctor.c runs them. */

#include "config.h"

#include "supervisor/ctl/doctor/doctor_state.h"

#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "supervisor/common/finding_json.h"
#include "supervisor/common/json_line.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	const char *shown;
	const char *word; /* for programs */
} states[] = {
	[DOCTOR_OK] = { "ok", "ok" },
	[DOCTOR_UNKNOWN] = { "?", "unknown" },
	[DOCTOR_WARN] = { "warn", "warn" },
	[DOCTOR_FAIL] = { "FAIL", "fail" },
};

void doctor_say(struct doctor *doctor, enum doctor_state state,
		const char *subject, const char *remedy, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (state > doctor->worst)
		doctor->worst = state;
	if (doctor->as_json) {
		json_line_write(
			stdout,
			json_pack("{s:s,s:o,s:s,s:o,s:o}", "kind", "finding",
				  "subject", json_line_text(subject), "state",
				  states[state].word, "text",
				  json_line_text(text), "remedy",
				  remedy == NULL ? json_null()
						 : json_line_text(remedy)));
		return;
	}
	printf("%-4s  %s: %s\n", states[state].shown, subject, text);
	if (remedy != NULL)
		printf("      -> %s\n", remedy);
}

/* For programs: the object of the finding, with the two members that every line
   of doctor has. */
static void finding_write(const struct finding *finding,
			  enum doctor_state state, const char *subject)
{
	json_t *object = finding_json(finding);

	(void)json_object_update_new(object,
				     json_pack("{s:o,s:s}", "subject",
					       json_line_text(subject), "state",
					       states[state].word));
	json_line_write(stdout, object);
}

void doctor_finding(struct doctor *doctor, const struct finding *finding)
{
	enum doctor_state state = finding->severity == FINDING_CRITICAL
					  ? DOCTOR_FAIL
					  : DOCTOR_WARN;
	char remedy[FINDING_TEXT_BYTES], subject[SETTINGS_NAME_BYTES + 48];

	(void)snprintf(subject, sizeof(subject), "%s%s%s%s",
		       finding->group[0] == '\0' ? "" : "group ",
		       finding->group, finding->group[0] == '\0' ? "" : ": ",
		       finding_kind(finding->id)->word);
	if (!doctor->as_json) {
		doctor_say(doctor, state, subject,
			   finding_remedy(finding, remedy), "%s",
			   finding->text);
		return;
	}
	if (state > doctor->worst)
		doctor->worst = state;
	finding_write(finding, state, subject);
}

void doctor_unknown(struct doctor *doctor, const char *subject)
{
	if (redis_is_open(doctor->redis))
		doctor_say(doctor, DOCTOR_UNKNOWN, subject,
			   "allow it, or look for yourself", "not told: %s",
			   doctor->err->text);
}
