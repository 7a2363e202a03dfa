#ifndef OMQ_DOCTOR_STATE_H
#define OMQ_DOCTOR_STATE_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;
struct reply;
struct settings;

/* What the parts of doctor share. */

/* How a thing stands; a later one is worse. What could not be asked is not
   good: it warns. */
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

/* Say how a thing stands: one line, and the remedy (NULL: none is needed)
   below it. */
void doctor_say(struct doctor *doctor, enum doctor_state state,
		const char *subject, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Say that Redis did not tell, and why: doctor->err. */
void doctor_unknown(struct doctor *doctor, const char *subject);

/* The value behind "name:" in what INFO answered, or the empty text. */
struct text doctor_info(struct text info, const char *name);

/* A number there, or fallback. */
int64_t doctor_info_number(struct text info, const char *name,
			   int64_t fallback);

/* How a release of Redis, "8.2.1", stands; the reason in *why_r, or NULL. */
enum doctor_state doctor_judge(const char *version, const char **why_r);

/* The checks. What Redis refuses is said to be unknown; whether the connection
   broke is for the caller to see. */
void doctor_server(struct doctor *doctor);
void doctor_rights(struct doctor *doctor);
void doctor_stream(struct doctor *doctor);
void doctor_groups(struct doctor *doctor);

#endif
