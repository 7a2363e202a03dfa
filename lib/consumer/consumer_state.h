#ifndef OMQ_CONSUMER_STATE_H
#define OMQ_CONSUMER_STATE_H

#include "lib/base/backoff.h"
#include "lib/consumer/exchange.h"
#include "lib/consumer/in_flight.h"
#include "lib/consumer/handler.h"
#include "lib/consumer/linger.h"
#include "lib/process/process.h"
#include "lib/redis/redis_error.h"
#include "lib/consumer/lease.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct err;
struct reply;

/* What the parts of the skeleton share; no business of a handler's. */

/* With as many batches of entries waiting for a retry, nothing more is read. */
#define CONSUMER_STALL_BATCHES 4

struct consumer {
	const struct handler *handler;
	void *state; /* the handler's */
	struct process process;
	struct lease lease;
	struct in_flight in_flight;
	struct exchange exchange;
	struct delivery **list; /* room for one batch, on its way to handle() */
	struct waiting_entry *due; /* room for as many that are due */

	bool has_entries;      /* since the time was counted last */
	int64_t counted_usecs; /* when: see time_pass() */

	/* Reading. */
	size_t window;        /* most entries with the handler */
	size_t read_count;    /* most entries in one read; halved by giants */
	bool history;         /* our own pending entries first */
	bool history_replays; /* of these, those that came back */
	bool replays;         /* some came back, and are to be read */
	bool replays_read; /* ... some were, and it is the turn of new ones */
	int64_t replay_count; /* in P:<group>:replay, as the last beat said */
	int64_t pending[2];   /* for us, in the stream and there, likewise */
	char history_id[SETTINGS_NAME_BYTES]; /* last one looked at */
	char last_id[SETTINGS_NAME_BYTES]; /* without a group: last one read */
	struct linger linger;
	bool cut_off; /* a read, on stopping: find what it had been given */
	bool skip;    /* without a group: no reply can hold the next entry */

	/* The connection's state. */
	bool pause_asked; /* as the last beat said */
	bool paused;      /* nothing is read */
	bool stalled;     /* too much waits for its retry: nothing is read */
	bool alone;       /* an entry on which workers died is in hand, alone */
	bool lease_lost;  /* drop what is in hand and begin again */
	bool held;        /* settle only, until a round trip succeeds */
	bool failed;      /* this round trip */
	bool in_trouble;  /* and it has been said */
	bool was_ready;   /* READY=1 has been said */
	bool node_taken;  /* somebody else has our name: exit 78 */
	enum redis_class trouble;
	struct backoff backoff;
	int64_t next_try_msecs;       /* connect, or settle again */
	int64_t next_beat_msecs;      /* -1: none, as there is no lease */
	int64_t drain_deadline_msecs; /* once told to stop */
	int64_t retry_said_msecs;     /* when a retry was last logged */
};

/* Give what was read to the handler. */
void consumer_accept(struct consumer *consumer, bool may_repeat);

/* Obey one answer of Redis. Returns 0; or -1 with the connection closed. */
int consumer_answer(struct consumer *consumer, struct call *call,
		    const struct reply *reply);

/* Something is wrong with Redis: put back what was under way, wait, and say so
   once. Closes the connection unless class is REDIS_WAIT. */
void consumer_trouble(struct consumer *consumer, enum redis_class class,
		      const char *text);

/* Show on the board, and to whoever started us, what we are doing. */
void consumer_show(struct consumer *consumer);

/* Connect if it is time, let the round trip under way go on, and begin the next
   one when it is over. Never waits, but for a connection. */
void consumer_link_turn(struct consumer *consumer);

/* Begin the next round trip: settle, renew, read (consumer_read.c). Returns 0,
   or -1 with ERR_RETRY. */
int consumer_exchange_begin(struct consumer *consumer, int64_t now,
			    struct err *err);

/* Note on which entry the process before us died, and dead-letter it when it
   was one too many (consumer_suspect.c). Returns 0, or -1 with ERR_RETRY. */
int consumer_suspect_note(struct consumer *consumer, struct err *err);

/* From one beat to the next: a lease outlives two that are missed. */
int64_t consumer_beat_wait(const struct consumer *consumer);

/* When something that waits is due, and could be read; -1: never. */
int64_t consumer_next_due(struct consumer *consumer);

/* When consumer_link_turn() is due even if nothing arrives; -1: never. */
int64_t consumer_link_deadline(struct consumer *consumer);

/* Told to stop: do not wait for a read; what it was given is looked for anew.
 */
void consumer_link_stop(struct consumer *consumer);

/* What is left of the time to finish goes for every answer from now on. */
void consumer_hurry(struct consumer *consumer);

/* Give the lease back and say what is left. */
void consumer_leave(struct consumer *consumer);

#endif
