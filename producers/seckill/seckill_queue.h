#ifndef OMQ_SECKILL_QUEUE_H
#define OMQ_SECKILL_QUEUE_H

#include "producers/seckill/seckill.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct settings_redis;

/* The requests for a flash sale on their way: they go to Redis as they come,
   many at once, and are answered in their sequence. A broken connection is
   opened again, and requests without an answer are sent again: by the order
   number Redis knows a repeated request. Not for sharing; to be opened after a
   fork(). */
struct seckill_queue;

struct seckill_queue_settings {
	const struct settings_redis *redis; /* borrowed */
	const char *stream;                 /* the key; borrowed */
	size_t size;           /* at most that many requests on the way */
	int64_t timeout_msecs; /* to try a request again; 0: not at all */
	int wake_fd;           /* readable: stop trying to connect; -1: none */
};

enum seckill_queue_state {
	SECKILL_QUEUE_WAITING,
	SECKILL_QUEUE_SENT,
	SECKILL_QUEUE_DECIDED,
	SECKILL_QUEUE_FAILED, /* no decision: err says why */
};

/* One request and its result. */
struct seckill_queue_entry {
	struct seckill_request request;
	void *owner;   /* for the caller, to know its client */
	uint64_t line; /* for the caller, too */
	/* The rest is the queue's. */
	enum seckill_queue_state state;
	struct seckill_decision decision; /* of SECKILL_QUEUE_DECIDED */
	bool in_doubt;    /* of SECKILL_QUEUE_FAILED: perhaps decided */
	bool is_fatal;    /* of SECKILL_QUEUE_FAILED: only an operator helps */
	char reason[256]; /* of SECKILL_QUEUE_FAILED */
	int64_t until_msecs; /* clock_msecs(), when to give up */
};

/* Returns a queue that the caller must seckill_queue_close(), or NULL with
   ERR_RETRY: out of memory. Nothing is connected before there is a request. */
struct seckill_queue *seckill_queue_open(
	const struct seckill_queue_settings *set, struct err *err);

/* Set *queue to NULL. NULL is fine. Requests on the way are in doubt. */
void seckill_queue_close(struct seckill_queue **queue);

bool seckill_queue_is_full(const struct seckill_queue *queue);
bool seckill_queue_is_empty(const struct seckill_queue *queue);

/* Append a request, zeroed, for the caller to fill in before the next
   seckill_queue_work(). The queue must not be full. */
struct seckill_queue_entry *seckill_queue_put(struct seckill_queue *queue);

/* Append a request that has failed already, for that reason, so that its answer
   comes in its turn. */
struct seckill_queue_entry *seckill_queue_put_failed(
	struct seckill_queue *queue, const char *reason);

/* Send and receive as far as that does not wait; connecting may take as long as
   the settings allow. */
void seckill_queue_work(struct seckill_queue *queue);

/* For the wait before the next seckill_queue_work(): the descriptor (-1: none),
   its events, and the longest time (-1: for ever). */
int seckill_queue_fd(const struct seckill_queue *queue);
short seckill_queue_events(const struct seckill_queue *queue);
int64_t seckill_queue_wait_msecs(const struct seckill_queue *queue);

/* From now on no request is tried again. */
void seckill_queue_hurry(struct seckill_queue *queue);

/* Take the first request off the queue when it has a result; else returns NULL.
   It lives until the next seckill_queue_put(). */
const struct seckill_queue_entry *seckill_queue_take(
	struct seckill_queue *queue);

/* Work and wait until the first request has a result. The queue must not be
   empty. */
void seckill_queue_await(struct seckill_queue *queue);

#endif
