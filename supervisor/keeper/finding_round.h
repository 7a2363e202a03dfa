#ifndef OMQ_FINDING_ROUND_H
#define OMQ_FINDING_ROUND_H

#include "supervisor/keeper/finding_make.h"

struct arena;
struct err;
struct redis;
struct settings;

/* Looking and judging, put together: over and over for the keeper, which
   remembers, and once for ordermqctl. */

struct finding_round {
	const struct settings *settings;
	struct arena *arena; /* of the replies */
	struct finding_look look;
	struct finding_server server;
	struct finding_history history;
	struct finding_memory memory;
	struct finding_left left;
	int64_t rare_msecs; /* when to look next at what changes seldom */
	struct findings findings;
};

/* Begin, with the notes in the file in dir. */
void finding_round_open(struct finding_round *round,
			const struct settings *settings, struct arena *arena,
			const char *dir);

/* Look, and leave the findings in round->findings. Returns 0; or -1, when Redis
   refuses to tell or is gone, and then findings are as before. */
int finding_round_run(struct finding_round *round, struct redis *redis,
		      struct err *err);

/* A look without any memory. Returns as above. */
int finding_round_once(struct redis *redis, struct arena *arena,
		       const struct settings *settings,
		       struct findings *findings_r, struct err *err);

#endif
