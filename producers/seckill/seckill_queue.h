#ifndef OMQ_DESK_H
#define OMQ_DESK_H

#include "producers/seckill/seckill.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct settings_redis;

/* Where requests for a flash sale are decided: they go to Redis as they come,
   many on the way at once, and are answered in their sequence. A connection
   that breaks is opened again, and what was not answered is asked again: the
   order number tells Redis that it is the same request. Not for sharing;
   to be opened after a fork(). */
struct desk;

struct desk_settings {
	const struct settings_redis *redis; /* borrowed */
	const char *stream;                 /* the key; borrowed */
	size_t size;                        /* requests on the way, at most */
	int64_t timeout_msecs; /* to try a request again; 0: not at all */
	int wake_fd;           /* readable: stop trying to connect; -1: none */
};

enum desk_state {
	DESK_WAITING,
	DESK_SENT,
	DESK_DECIDED,
	DESK_FAILED, /* no decision: err says why */
};

/* One request, and what came of it. */
struct desk_entry {
	struct seckill_request request;
	void *owner;   /* whatever the caller needs to know it again */
	uint64_t line; /* the same */
	/* The rest is the desk's. */
	enum desk_state state;
	struct seckill_decision decision; /* of DESK_DECIDED */
	bool in_doubt;    /* of DESK_FAILED: it may be decided all the same */
	bool is_fatal;    /* of DESK_FAILED: only an operator helps */
	char reason[256]; /* of DESK_FAILED */
	int64_t until_msecs; /* clock_msecs(), when to give up */
};

/* Returns a desk that the caller must desk_close(), or NULL with ERR_RETRY: out
   of memory. Nothing is connected before there is a request. */
struct desk *desk_open(const struct desk_settings *set, struct err *err);

/* Set *desk to NULL. NULL is fine. What is on the way is in doubt. */
void desk_close(struct desk **desk);

bool desk_is_full(const struct desk *desk);
bool desk_is_empty(const struct desk *desk);

/* A new request behind the others, zeroed, for the caller to fill in before the
   next desk_work(). The desk must not be full. */
struct desk_entry *desk_put(struct desk *desk);

/* The same for what needs no decision, so that its answer comes in its turn: it
   has failed for that reason. */
struct desk_entry *desk_put_failed(struct desk *desk, const char *reason);

/* Send and receive what can be without waiting; connecting may take as long as
   the settings allow. */
void desk_work(struct desk *desk);

/* What to wait for before the next desk_work(): the descriptor (-1: none) and
   its events, and how long, -1: for ever. */
int desk_fd(const struct desk *desk);
short desk_events(const struct desk *desk);
int64_t desk_wait_msecs(const struct desk *desk);

/* From now on nothing is tried again. */
void desk_hurry(struct desk *desk);

/* The first request, if something came of it; else NULL. It is taken off, and
   lives until the next desk_put(). */
const struct desk_entry *desk_take(struct desk *desk);

/* Work and wait until something came of the first request. The desk must not be
   empty. */
void desk_await(struct desk *desk);

#endif
