#ifndef OMQ_FINDING_H
#define OMQ_FINDING_H

#include "lib/settings/settings.h"
#include "supervisor/common/finding_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Findings: faults, as plain values. The keeper makes the findings that need
   Redis (keeper/finding_make.h), ordermqd those about its processes
   (ordermqd/finding_process.h); status, check, doctor, the alarms and the
   unit's status text all show this one list. Each kind has a section of its
   word in ordermq-findings(7). */

#define FINDING_INSTANCE_BYTES (SETTINGS_NAME_BYTES + 8)
#define FINDING_TEXT_BYTES 256

/* There is at most one of a kind for a group, and one without a group. */
struct finding {
	int64_t id;                            /* enum finding_id */
	int64_t severity;                      /* enum finding_severity */
	char group[SETTINGS_NAME_BYTES];       /* "": it is of no group */
	char instance[FINDING_INSTANCE_BYTES]; /* the first one; "": of none */
	int64_t since_msecs;                   /* since 1970; -1: unknown */
	int64_t number; /* see the manual for its meaning; -1: none */
	char text[FINDING_TEXT_BYTES];
};

#define FINDINGS_MAX 64

struct findings {
	int64_t count;
	int64_t left_out; /* beyond FINDINGS_MAX */
	struct finding list[FINDINGS_MAX];
};

/* What to do about this one, into buf, FINDING_TEXT_BYTES long. Returns buf. */
const char *finding_remedy(const struct finding *finding, char *buf);

/* Fill in *finding_r with the severity of its kind, since when unknown. group:
   NULL for none. The text is cut where it is long. */
void finding_set(struct finding *finding_r, enum finding_id id,
		 const char *group, int64_t number, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* A duration in the unit that tells it to a person: "45s", "12m", "5h". buf is
   at least NUM_TEXT_MAX bytes; returns buf. */
const char *finding_age(int64_t msecs, char *buf);

/* Append a copy, unless there is one of its kind and group; left out when there
   is no room. */
void findings_put(struct findings *findings, const struct finding *finding);

/* The one of that kind and group ("" or NULL: of none), or NULL. */
const struct finding *findings_find(const struct findings *findings, int64_t id,
				    const char *group);

/* Critical ones first, then by kind and group. */
void findings_sort(struct findings *findings);

/* Give each finding without a beginning the beginning that it had before; a new
   one began at now_msecs. */
void findings_carry(struct findings *findings, const struct findings *before,
		    int64_t now_msecs);

/* Copy those that have stood for as long as their kind asks for. */
void findings_settled(const struct findings *findings, int64_t now_msecs,
		      struct findings *settled_r);

/* Tell each finding that is not in before (came), then each that is only there
   (gone).
   One that became critical comes once more. */
void findings_compare(const struct findings *before, const struct findings *now,
		      void (*tell)(void *owner, const struct finding *finding,
				   bool came),
		      void *owner);

/* Does every id, severity, count and text make sense? What another process
   wrote is asked for this. */
bool findings_are_sound(const struct findings *findings);

#endif
