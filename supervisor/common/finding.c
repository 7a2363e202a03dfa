/* Findings and lists of them: made by the keeper, ordermqd or
   ordermqctl, carried by finding_sheet.c and finding_json.c, shown by whoever
   shows how things stand. */
#include "config.h"

#include "supervisor/common/finding.h"

#include "lib/base/num.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECS INT64_C(1000)
#define HOURS (3600 * SECS)

const char *finding_remedy(const struct finding *finding, char *buf)
{
	const char *remedy = finding_kind(finding->id)->remedy;
	const char *place = strstr(remedy, "%s");

	if (place == NULL)
		(void)snprintf(buf, FINDING_TEXT_BYTES, "%s", remedy);
	else
		(void)snprintf(buf, FINDING_TEXT_BYTES, "%.*s%s%s",
			       (int)(place - remedy), remedy, finding->group,
			       place + 2);
	return buf;
}

void finding_set(struct finding *finding_r, enum finding_id id,
		 const char *group, int64_t number, const char *fmt, ...)
{
	va_list args;

	memset(finding_r, 0, sizeof(*finding_r));
	finding_r->id = id;
	finding_r->severity = finding_kind(id)->severity;
	finding_r->since_msecs = -1;
	finding_r->number = number;
	(void)snprintf(finding_r->group, sizeof(finding_r->group), "%s",
		       group == NULL ? "" : group);
	va_start(args, fmt);
	(void)vsnprintf(finding_r->text, sizeof(finding_r->text), fmt, args);
	va_end(args);
}

const char *finding_age(int64_t msecs, char *buf)
{
	int64_t unit = msecs < 120 * SECS  ? SECS
		       : msecs < 2 * HOURS ? 60 * SECS
					   : HOURS;

	return num_format_duration(msecs / unit * unit, buf);
}

void findings_put(struct findings *findings, const struct finding *finding)
{
	if (findings_find(findings, finding->id, finding->group) != NULL)
		return;
	if (findings->count == FINDINGS_MAX)
		findings->left_out++;
	else
		findings->list[findings->count++] = *finding;
}

const struct finding *findings_find(const struct findings *findings, int64_t id,
				    const char *group)
{
	for (int64_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		if (finding->id == id &&
		    strcmp(finding->group, group == NULL ? "" : group) == 0)
			return finding;
	}
	return NULL;
}

static int compare(const void *_a, const void *_b)
{
	const struct finding *a = _a, *b = _b;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return strcmp(a->group, b->group);
}

void findings_sort(struct findings *findings)
{
	qsort(findings->list, (size_t)findings->count,
	      sizeof(findings->list[0]), compare);
}

void findings_carry(struct findings *findings, const struct findings *before,
		    int64_t now_msecs)
{
	for (int64_t i = 0; i < findings->count; i++) {
		struct finding *finding = &findings->list[i];
		const struct finding *old =
			findings_find(before, finding->id, finding->group);

		if (finding->since_msecs < 0)
			finding->since_msecs =
				old == NULL ? now_msecs : old->since_msecs;
	}
}

void findings_settled(const struct findings *findings, int64_t now_msecs,
		      struct findings *settled_r)
{
	settled_r->count = 0;
	settled_r->left_out = findings->left_out;
	for (int64_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		if (now_msecs - finding->since_msecs >=
		    finding_kind(finding->id)->settle_msecs)
			findings_put(settled_r, finding);
	}
}

void findings_compare(const struct findings *before, const struct findings *now,
		      void (*tell)(void *owner, const struct finding *finding,
				   bool came),
		      void *owner)
{
	for (int64_t i = 0; i < now->count; i++) {
		const struct finding *finding = &now->list[i];
		const struct finding *old =
			findings_find(before, finding->id, finding->group);

		if (old == NULL || old->severity < finding->severity)
			tell(owner, finding, true);
	}
	for (int64_t i = 0; i < before->count; i++) {
		const struct finding *old = &before->list[i];

		if (findings_find(now, old->id, old->group) == NULL)
			tell(owner, old, false);
	}
}

static bool is_sound(const struct finding *finding)
{
	return finding->id >= 0 && finding->id < FINDING_ID_COUNT &&
	       finding->severity >= 0 &&
	       finding->severity < FINDING_SEVERITY_COUNT &&
	       memchr(finding->group, '\0', sizeof(finding->group)) != NULL &&
	       memchr(finding->instance, '\0', sizeof(finding->instance)) !=
		       NULL &&
	       memchr(finding->text, '\0', sizeof(finding->text)) != NULL;
}

bool findings_are_sound(const struct findings *findings)
{
	if (findings->count < 0 || findings->count > FINDINGS_MAX)
		return false;
	for (int64_t i = 0; i < findings->count; i++) {
		if (!is_sound(&findings->list[i]))
			return false;
	}
	return true;
}
