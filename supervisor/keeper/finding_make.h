#ifndef OMQ_FINDING_MAKE_H
#define OMQ_FINDING_MAKE_H

#include "supervisor/common/finding.h"
#include "supervisor/keeper/finding_look.h"
#include "supervisor/keeper/finding_memory.h"
#include "supervisor/keeper/hour.h"

#include <stdbool.h>
#include <stdint.h>

struct settings;

/* Makes findings of the facts of finding_look.h, without a word to Redis. */

/* Facts that only several looks can tell: how books have grown, and when the
   last entry came. A zeroed history has seen no look. */
struct finding_history {
	struct hour handled[SETTINGS_GROUPS_MAX]; /* as in the look */
	struct hour other[SETTINGS_GROUPS_MAX];
	int64_t added;
	int64_t added_msecs; /* when it changed, by clock_msecs() */
	int64_t first_msecs; /* of the first look; 0: none yet */
};

void finding_history_note(struct finding_history *history,
			  const struct finding_look *look, int64_t now_msecs);

/* A stream that was used before. */
struct finding_left {
	char key[SETTINGS_TEXT_BYTES];
	char group[SETTINGS_NAME_BYTES]; /* that has most left to do there */
	int64_t waiting; /* its entries not delivered or not settled there */
	bool is_exact;
};

/* All facts. Without history and memory (ordermqctl) some findings are not
   made, and shares are of all entries ever settled. */
struct finding_case {
	const struct settings *settings;
	const struct finding_look *look;
	const struct finding_server *server;   /* NULL: not asked */
	const struct finding_history *history; /* NULL: none */
	const struct finding_memory *memory;   /* NULL: none */
	const struct finding_left *left;       /* NULL: none */
	struct findings *findings;             /* they are appended here */
};

void finding_make(const struct finding_case *known);

/* Its parts: those about one group of the look, and those about the stream, the
   other groups on it, and Redis. */
void finding_make_group(const struct finding_case *known, int64_t i);
void finding_make_stream(const struct finding_case *known);

#endif
