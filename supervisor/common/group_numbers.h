#ifndef OMQ_GROUP_NUMBERS_H
#define OMQ_GROUP_NUMBERS_H

#include <stdint.h>

/* Plain values that tell how a group stands. The code that asks Redis fills
   them in (keeper/redis_numbers.h, keeper/pause.h); the code that shows them
   needs no Redis. */

/* Numbers of a group that only Redis knows. -1: unknown. */
struct redis_numbers {
	int64_t lag;      /* entries not yet delivered: exact, or unknown */
	int64_t lag_secs; /* age of the first of them; 0 when there is none */
	int64_t pending;  /* delivered, not yet settled */
	int64_t oldest_pending_secs; /* age of the first of them */
	int64_t handled;             /* settled with an effect, or none due */
	int64_t dead;                /* moved to the dead letters */
	int64_t letters;             /* dead letters that lie there now */
	int64_t letters_bytes;       /* about, of memory: see ordermqctl(1) */
	int64_t oldest_letter_secs;  /* since the first of them died */
	int64_t dropped; /* removed from the stream before they were delivered
			  */
	int64_t skipped; /* passed over by another client, and never settled */
};

/* All unknown. */
void redis_numbers_clear(struct redis_numbers *numbers_r);

#define PAUSE_WHO_BYTES 96
#define PAUSE_WHY_BYTES 256

/* A group that an operator has paused; zeroed: not paused, or unknown. */
struct pause {
	int64_t msecs; /* when, since 1970; 0: not paused */
	char who[PAUSE_WHO_BYTES];
	char why[PAUSE_WHY_BYTES];
};

#endif
