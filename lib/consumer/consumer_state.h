#ifndef OMQ_CONSUMER_STATE_H
#define OMQ_CONSUMER_STATE_H

#include "lib/base/backoff.h"
#include "lib/consumer/exchange.h"
#include "lib/consumer/handler.h"
#include "lib/consumer/in_flight.h"
#include "lib/consumer/lease.h"
#include "lib/consumer/linger.h"
#include "lib/consumer/link_table.h"
#include "lib/consumer/portion.h"
#include "lib/consumer/reading_table.h"
#include "lib/process/process.h"
#include "lib/redis/redis_error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the parts of the skeleton share: README.md has the layers. No
   business of a handler's. */

/* At most as many batches of entries wait for a retry; then nothing more is
   read. */
#define CONSUMER_STALL_BATCHES 4

#define CONSUMER_WELL (-1)

/* Which of our own past is still to be read. */
enum consumer_history {
	HISTORY_READ, /* all of it is known */
	HISTORY_STREAM,
	HISTORY_REPLAYS, /* the stream's is read; that of P:<group>:replay */
};

/* Why nothing new is read, though all is well. */
enum consumer_hold {
	HOLD_NONE,
	HOLD_PAUSED,  /* an operator wants it so */
	HOLD_STALLED, /* too much waits for its retry */
};

/* What it means to be told to stop. */
enum consumer_drain {
	DRAIN_NOT,
	DRAIN_LOOKING, /* a read was cut off: find what it had been given */
	DRAIN_FINISHING,
};

/* Whether the handler is at work, and may take up another entry. */
enum consumer_handling {
	HANDLING_NOT,
	HANDLING_ON,
	HANDLING_REFUSED, /* it is to return */
};

struct consumer {
	const struct handler *handler;
	void *state; /* the handler's */
	struct process process;
	struct lease lease;
	struct in_flight in_flight;
	struct exchange exchange;

	/* The link. */
	enum link_state link;
	int trouble; /* enum redis_class last told; CONSUMER_WELL: none */
	struct backoff backoff;
	int64_t next_try_msecs;   /* connect, or settle again */
	int64_t next_beat_msecs;  /* -1: none, as there is no lease */
	int64_t next_renew_msecs; /* of the lease, while a handler works */
	int64_t renewing_msecs;   /* when the last renewal was sent ... */
	int64_t renewed_msecs;    /* ... and the last one that was answered */

	/* Reading. */
	enum reading last_reading;
	enum consumer_hold hold;
	enum consumer_history history;
	struct portion portion;
	struct linger linger;
	struct waiting_entry *due; /* room for a portion that is due */
	size_t window;             /* most entries with the handler */
	int64_t paused;       /* 1: by an operator, as the last beat said */
	int64_t replay_count; /* in P:<group>:replay, likewise */
	int64_t unread_replay_count; /* of these, those that may be unread */
	int64_t pending[2];          /* for us, in the stream and there */
	bool claims_more[2];         /* more to take over, likewise */
	int64_t claimed_count;       /* not told in the log yet */
	char history_id[SETTINGS_NAME_BYTES]; /* last one looked at */
	char last_id[SETTINGS_NAME_BYTES]; /* without a group: last one read */

	/* The handler. */
	enum consumer_handling handling;
	struct delivery **list; /* what was read, on its way to handle() */
	size_t list_count;
	int64_t pulse_msecs;      /* when a touch has more to do */
	int64_t retry_said_msecs; /* when a retry was last logged */
	int64_t counted_usecs;    /* when the time was counted last */
	size_t counted_entries;   /* in flight at some time since then */

	/* Stopping. */
	enum consumer_drain drain;
	int64_t drain_deadline_msecs;
	int64_t drain_refuse_msecs; /* no entry is taken up after that */
};

#endif
