#ifndef OMQ_VERIFY_STATE_H
#define OMQ_VERIFY_STATE_H

#include "lib/consumer/delivery.h"
#include "lib/stream/order.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;
struct reply;
struct settings;
struct settings_group;

/* One look at one group, which the parts of verify share. */

#define VERIFY_ID_BYTES 64

/* What is wrong in the books of a group, and is set right. */
struct verify_correction {
	bool is_asked_for;
	bool is_done;    /* else it is only told */
	int64_t dropped; /* in the books before */
	int64_t count;   /* of these, which were settled */
};

struct verify {
	struct redis *redis; /* NULL once it is broken */
	struct arena *arena; /* of the reply at hand */
	const struct settings *settings;
	const struct settings_group *group;
	const char *const *push_logs; /* ended by NULL; NULL: none */
	json_t *record;               /* the result, for people and programs */
	struct err *err;
	struct verify_correction correction;

	/* Filled in by verify_books(). */
	int64_t due; /* -1: unknown */
	int64_t sum;
	int64_t books[OUTCOME_COUNT];
	int64_t ledger_lines;
	int64_t letters; /* dead letters seen by verify_walk(), if it had to */
	char start[VERIFY_ID_BYTES]; /* the account begins behind it; "":
					unknown */
	char last[VERIFY_ID_BYTES];  /* delivered */
};

/* Note one sentence about something that is off. */
void verify_off(struct verify *verify, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Note one sentence that is only told, and is no fault. */
void verify_tell(struct verify *verify, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Is anything off? */
bool verify_is_off(const struct verify *verify);

/* Put a number into the record; a negative one is unknown. */
void verify_number(struct verify *verify, const char *name, int64_t number);

/* All below return 0; or -1 with err when Redis, a file or memory fails. */

/* Hold the books against the entries that the group was due. */
int verify_books(struct verify *verify);

/* Find what is wrong in the books since the version before has counted, and,
   with execute, correct it; what was found goes to correction. */
int verify_correct(struct verify *verify, bool execute);

/* Note what the books and P:<group>:start tell of losses, and of the
 * correction.
 */
void verify_losses(struct verify *verify, const struct reply *books,
		   const struct reply *start);

/* Recompute every balance from the ledger, and hold the ledger against the
   books. */
int verify_points(struct verify *verify);

/* Hold the push logs against the stream. */
int verify_push(struct verify *verify);

/* At most this many events of the stream are looked up at once. */
#define VERIFY_EVENTS_MAX 200

/* A paid or refunded event in the stream. */
struct verify_event {
	char id[VERIFY_ID_BYTES];
	char key[ORDER_KEY_BYTES];
	bool known;
};

/* How verify_walk() finds which events left a mark, such as a ledger line. */
struct verify_marks {
	/* Set known for each of count events that has a mark. */
	int (*look)(struct verify *verify, void *state,
		    struct verify_event *events, size_t count);
	/* Make the next look a fresh one, since unknown events are looked up
	   again. NULL: every look is fresh. */
	int (*refresh)(struct verify *verify, void *state);
	void *state;
	bool guests; /* do they leave a mark? */
};

/* Walk through the entries that were due and were delivered. The array missing
   gets the events ("id key") that are acknowledged, left no mark and are no
   dead letters. Only entries that are still in the stream are seen. */
int verify_walk(struct verify *verify, const struct verify_marks *marks,
		json_t *missing);

#endif
