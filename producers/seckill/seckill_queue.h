#ifndef OMQ_SECKILL_QUEUE_H
#define OMQ_SECKILL_QUEUE_H

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
struct seckill_queue;

struct seckill_queue_settings {
	const struct settings_redis *redis; /* borrowed */
	const char *stream;                 /* the key; borrowed */
	size_t size;                        /* requests on the way, at most */
	int64_t timeout_msecs; /* to try a request again; 0: not at all */
	int wake_fd;           /* readable: stop trying to connect; -1: none */
};

enum seckill_queue_state {
	SECKILL_QUEUE_WAITING,
	SECKILL_QUEUE_SENT,
	SECKILL_QUEUE_DECIDED,
	SECKILL_QUEUE_FAILED, /* no decision: err says why */
};

/* One request, and what came of it. */
struct seckill_queue_entry {
	struct seckill_request request;
	void *owner;   /* whatever the caller needs to know it again */
	uint64_t line; /* the same */
	/* The rest is the queue's. */
	enum seckill_queue_state state;
	struct seckill_decision decision; /* of SECKILL_QUEUE_DECIDED */
	bool in_doubt;    /* of SECKILL_QUEUE_FAILED: it may be decided all the
			     same */
	bool is_fatal;    /* of SECKILL_QUEUE_FAILED: only an operator helps */
	char reason[256]; /* of SECKILL_QUEUE_FAILED */
	int64_t until_msecs; /* clock_msecs(), when to give up */
};

/* Returns a queue that the caller must seckill_queue_close(), or NULL with
   ERR_RETRY: out of memory. Nothing is connected before there is a request. */
struct seckill_queue *seckill_queue_open(
	const struct seckill_queue_settings *set, struct err *err);

/* Set *queue to NULL. NULL is fine. What is on the way is in doubt. */
void seckill_queue_close(struct seckill_queue **queue);

bool seckill_queue_is_full(const struct seckill_queue *queue);
bool seckill_queue_is_empty(const struct seckill_queue *queue);

/* A new request behind the others, zeroed, for the caller to fill in before the
   next seckill_queue_work(). The queue must not be full. */
struct seckill_queue_entry *seckill_queue_put(struct seckill_queue *queue);

/* The same for what needs no decision, so that its answer comes in its turn: it
   has failed for that reason. */
struct seckill_queue_entry *seckill_queue_put_failed(
	struct seckill_queue *queue, const char *reason);

/* Send and receive what can be without waiting; connecting may take as long as
   the settings allow. */
void seckill_queue_work(struct seckill_queue *queue);

/* What to wait for before the next seckill_queue_work(): the descriptor (-1:
   none) and its events, and how long, -1: for ever. */
int seckill_queue_fd(const struct seckill_queue *queue);
short seckill_queue_events(const struct seckill_queue *queue);
int64_t seckill_queue_wait_msecs(const struct seckill_queue *queue);

/* From now on nothing is tried again. */
void seckill_queue_hurry(struct seckill_queue *queue);

/* The first request, if something came of it; else NULL. It is taken off, and
   lives until the next seckill_queue_put(). */
const struct seckill_queue_entry *seckill_queue_take(
	struct seckill_queue *queue);

/* Work and wait until something came of the first request. The queue must not
   be empty. */
void seckill_queue_await(struct seckill_queue *queue);

#endif
