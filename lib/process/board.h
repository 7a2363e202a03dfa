#ifndef OMQ_BOARD_H
#define OMQ_BOARD_H

#include "lib/process/recent.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

/* What one instance is doing, in a small shared file: written by that instance
   alone, one atomic word at a time, and read by ordermqd and by its successor
   at any moment. It outlives the process, so that counters go on where a killed
   instance left them, and the entry on which it died can be found.

   A reader must expect any value in any word. */

#define BOARD_MAGIC UINT64_C(0x31647262716d6f00) /* "\0omqbrd1" */

enum board_counter {
	BOARD_DELIVERED,  /* entries read, also a second time */
	BOARD_HANDLED,    /* settled: acknowledged with their effect */
	BOARD_RETRIED,    /* the handler asked for another try */
	BOARD_DEAD,       /* moved to the dead letters */
	BOARD_LOST_CLAIM, /* another one settled or took the entry */
	BOARD_RECONNECTS,
	BOARD_COUNTER_COUNT,
};

enum board_state {
	BOARD_STARTING, /* not yet connected, or Redis refuses */
	BOARD_READY,    /* reading */
	BOARD_DEGRADED, /* was ready; Redis is away or cannot write */
	BOARD_STALLED,  /* reads nothing: too much waits for its retry */
	BOARD_PAUSED,   /* reads nothing: an operator paused it */
	BOARD_STOPPING, /* finishing the entries in flight */
	BOARD_STATE_COUNT,
};

struct board {
	_Atomic uint64_t magic;
	_Atomic uint64_t pid;
	_Atomic uint64_t state; /* enum board_state */
	_Atomic uint64_t counters[BOARD_COUNTER_COUNT];
	_Atomic uint64_t
		died; /* signal of its own fault: lib/process/fatal.h */
	/* Busy since that moment of clock_msecs(); 0: it waits for work. */
	_Atomic uint64_t busy_msecs;
	_Atomic uint64_t in_flight;      /* entries in flight now */
	_Atomic uint64_t touching_msecs; /* id of the entry that the handler */
	_Atomic uint64_t touching_seq;   /* works on; 0-0: none */
	struct recent recent;
	/* How often groups.batch is halved, after deaths with a read in flight:
	   the next process goes on with that. See lib/consumer/portion.h. */
	_Atomic uint64_t halvings;
	_Atomic uint64_t in_flight_bytes; /* memory of what is in flight */
};

/* Open the board file at path with its counters, or make it: when it is not
   there, or is no board. Returns a descriptor that the caller owns; or -1 with
   ERR_RETRY. */
int board_open_file(const char *path, struct err *err);

/* A board without a file, for an instance that nobody watches. Returns as
   board_open_file() does. */
int board_open_anonymous(struct err *err);

/* Map the board behind fd for writing. Returns NULL with ERR_RETRY when that
   fails. The caller must board_unmap(); fd may be closed before. */
struct board *board_map(int fd, struct err *err);
void board_unmap(struct board **board);

/* Copy the board behind fd as it is now. A reader must not map it: when the
   file is cut, SIGBUS would end the reader. Returns 0, or -1 when it is no
   board. */
int board_read(int fd, struct board *board_r);

/* The name of a state, "ready". Any value is allowed; an unknown one is "?". */
const char *board_state_name(uint64_t state);

/* Writer's side. */
static inline void board_set(_Atomic uint64_t *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

/* On which entry the handler is at work; 0-0: on none. */
static inline void board_touch(struct board *board, uint64_t id_msecs,
			       uint64_t id_seq)
{
	board_set(&board->touching_seq, id_seq);
	board_set(&board->touching_msecs, id_msecs);
}

static inline void board_add(struct board *board, enum board_counter counter,
			     uint64_t count)
{
	/* One writer: no need for an atomic addition. */
	board_set(&board->counters[counter],
		  atomic_load_explicit(&board->counters[counter],
				       memory_order_relaxed) +
			  count);
}

/* Reader's side. */
static inline uint64_t board_get(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

#endif
