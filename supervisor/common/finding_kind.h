#ifndef OMQ_FINDING_KIND_H
#define OMQ_FINDING_KIND_H

#include <stdint.h>

/* What kinds of findings there are: see finding.h. */

/* In the sequence in which they are shown. Other programs know them by their
   words: an id may be added, and none may be removed or get another word. */
enum finding_id {
	FINDING_LOST,
	FINDING_DROPPED,
	FINDING_SKIPPED,
	FINDING_DEAD_LETTERS,
	FINDING_WAITING,
	FINDING_UNKNOWN_TYPES,
	FINDING_NEW_GROUP,
	FINDING_PAUSED,
	FINDING_HELD,
	FINDING_BEYOND_END,
	FINDING_STRANGERS,
	FINDING_NOBODY_READS,
	FINDING_LEFT_STREAM,
	FINDING_SILENT_SENDER,
	FINDING_REDIS_FULL,
	FINDING_REDIS_NOT_DURABLE,
	FINDING_REDIS_EMPTIED,
	FINDING_DEGRADED,
	FINDING_LAG_UNKNOWN,
	FINDING_CLOCK,
	FINDING_IDS_OF_ANOTHER_CLOCK,
	FINDING_ID_COUNT,
};

enum finding_severity {
	FINDING_WARNING,
	FINDING_CRITICAL,
	FINDING_SEVERITY_COUNT,
};

struct finding_kind {
	const char *word; /* "dead-letters" */
	enum finding_severity severity;
	/* A finding is told after it has stood for this time; one that ends
	   sooner by itself is never told. */
	int64_t settle_msecs;
	const char *meaning; /* one line */
	const char *remedy;  /* one line; "%s" in it is the group */
};

/* The kind of that id, which must be one; and the id of a word, or -1. */
const struct finding_kind *finding_kind(int64_t id);
int finding_id_of(const char *word);

const char *finding_severity_word(int64_t severity);

#endif
