#ifndef OMQ_DOCTOR_STATE_H
#define OMQ_DOCTOR_STATE_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;
struct finding;
struct redis;
struct reply;
struct settings;
struct settings_group;

/* Shared by the checks of doctor. */

/* The result of a check; a later one is worse. A check that Redis did not
   answer warns. */
enum doctor_state {
	DOCTOR_OK,
	DOCTOR_UNKNOWN,
	DOCTOR_WARN,
	DOCTOR_FAIL,
};

struct doctor {
	struct redis *redis;
	struct arena *arena; /* of the replies of one check */
	const struct settings *settings;
	struct err *err;
	bool as_json;
	enum doctor_state worst;
	int64_t now_msecs;        /* of Redis */
	int64_t max_memory_bytes; /* 0: no limit; -1: unknown */
};

/* Print one finding: a line, and the remedy below it (NULL: none is needed). */
void doctor_say(struct doctor *doctor, enum doctor_state state,
		const char *subject, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Say a finding in this way. */
void doctor_finding(struct doctor *doctor, const struct finding *finding);

/* Print that Redis did not tell, and why: doctor->err. */
void doctor_unknown(struct doctor *doctor, const char *subject);

/* Judge a release of Redis such as "8.2.1"; the reason goes to *why_r, or
   NULL. */
enum doctor_state doctor_judge(const char *version, const char **why_r);

/* Check for losses in a group that is on the stream; subject names the group in
   the findings. */
void doctor_account(struct doctor *doctor, const struct settings_group *group,
		    const char *subject);

/* The checks. An answer that Redis refuses is unknown. The caller must look
   whether the connection broke. */
void doctor_server(struct doctor *doctor);
void doctor_rights(struct doctor *doctor);
void doctor_stream(struct doctor *doctor);
void doctor_groups(struct doctor *doctor);

/* Tell the findings; status_path: the socket of ordermqd to look at. */
void doctor_findings(struct doctor *doctor, const char *status_path);

#endif
