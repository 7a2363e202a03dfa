#ifndef OMQ_STATES_H
#define OMQ_STATES_H

#include "tests/fixtures/process_fixture.h"

#include "lib/redis/redis_error.h"

/* The states of tests/system/states: how each is made on a real server, and
   what must be made of it. */

struct row {
	const char *name;
	void (*begin)(struct shop *shop);
	void (*end)(struct shop *shop);
	/* The worker: which line tells of it (NULL: none; it is no trouble),
	   and how many such lines there may be. The end of a connection is one
	   more. */
	const char *said;
	size_t lines;
	/* A client: what it asks, the first word of the answer, or the other
	   one of another server, and what that means. NULL: it connects. */
	const char *words[2];
	enum redis_class class;
	const char *ask[8];
};

#define STATE_COUNT 29

extern const struct row state_rows[STATE_COUNT];

/* What the states are made with, and must not outlive the test: the instance of
   points, its way to Redis, and a second connection of the test's own. */
extern struct worker state_worker;
extern struct proxy *state_proxy;
extern struct redis *state_other;

/* What a command answers, as a line; words end with NULL. */
const char *state_line(const struct shop *shop, const char *const *words);

/* Does this state take what Redis has only in memory? */
bool state_needs_file(const struct row *row);

#endif
