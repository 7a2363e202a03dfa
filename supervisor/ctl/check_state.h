#ifndef OMQ_CHECK_STATE_H
#define OMQ_CHECK_STATE_H

#include <jansson.h>
#include <stdint.h>

/* Shared by the parts of check. */

#define CHECK_LINE_BYTES 4096

enum check_state {
	CHECK_OK,
	CHECK_WARNING,
	CHECK_CRITICAL,
	CHECK_UNKNOWN,
};

/* What makes it a warning, or critical. */
struct check_limits {
	int64_t warn_msecs;
	int64_t crit_msecs;
	/* Dead letters of a group in the last hour; -1: as the finding says. */
	int64_t warn_dead;
	int64_t crit_dead;
	uint64_t ignored; /* bit n: the finding with id n does not count */
};

struct check {
	const struct check_limits *limits;
	enum check_state state;
	char text[CHECK_LINE_BYTES];    /* statements, parted by ", " */
	char numbers[CHECK_LINE_BYTES]; /* performance data */
};

/* Say one thing more; and put one value more into the performance data, with
   the limits behind it. A text that does not fit is cut. */
void check_say(struct check *check, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void check_measure(struct check *check, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* It is no better than that. */
void check_raise(struct check *check, enum check_state state);

/* Judge the findings among objects, and say and measure them. */
void check_findings(struct check *check, const json_t *objects);

#endif
