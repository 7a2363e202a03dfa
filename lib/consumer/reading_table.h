#ifndef OMQ_READING_TABLE_H
#define OMQ_READING_TABLE_H

/* What a consumer reads next, as a table over the facts of that moment. Nothing
   here makes a system call: every combination of facts is tested. */

enum reading {
	READING_NOTHING,
	READING_HISTORY, /* what was pending for us before */
	READING_DUE,     /* what has waited for its retry */
	READING_ALONE,   /* an entry on which workers died, and nothing else */
	READING_REPLAY,  /* what an operator let come back: P:<group>:replay */
	READING_NEW,
	READING_COUNT,
};

/* The facts, a bit each. */
enum reading_fact {
	READING_IS_FULL = 1 << 0, /* no batch is free, or the handler takes no
				     more */
	READING_IS_CUT_OFF = 1 << 1, /* it stops, and hung up on a read: entries
					may have been given to us unseen */
	READING_IS_STOPPING = 1 << 2,
	READING_IS_PAUSED = 1 << 3,   /* by an operator */
	READING_IS_SETTLING = 1 << 4, /* verdicts are still to be sent: they go
					 first */
	READING_IS_GREETING = 1 << 5, /* what is under way shows whether Redis
					 is well */
	READING_RUNS_ALONE = 1 << 6,  /* an entry that is to be alone is with
					 the handler */
	READING_HAS_DUE = 1 << 7,
	READING_IS_STALLED = 1 << 8, /* too much waits for its retry */
	READING_HAS_HISTORY = 1 << 9,
	READING_WANTS_ALONE = 1 << 10, /* an entry waits to be alone */
	READING_HAS_OPEN = 1 << 11,    /* something is not settled yet */
	READING_HAS_REPLAYS = 1 << 12,
	READING_DID_REPLAY = 1 << 13, /* the last read was one of these */
	READING_FACTS = 1 << 14,      /* all of them are below this */
};

/* What to read, by a sum of facts. */
enum reading reading_next(unsigned int facts);

#endif
