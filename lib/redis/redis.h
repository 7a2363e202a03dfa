#ifndef OMQ_REDIS_H
#define OMQ_REDIS_H

#include "lib/redis/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct settings_redis;

/* One connection to Redis: a non-blocking socket of our own under the reader of
   hiredis. Not for sharing, neither between threads nor across fork(). After
   any -1 of a function below the connection is of no use any more: close it and
   open another one. An error *reply* is no such failure.

   Every wait has a deadline on the monotonic clock, and ends at once when the
   wake descriptor becomes readable: a signal (signalfd) or the lifeline. */
struct redis;

/* Connect within set->connect_timeout_msecs, log in, select the database, and
   ask for one answer: a server that accepts connections and stays silent counts
   as away. wake_fd (-1: none) is borrowed. Returns 0; or -1 with ERR_RETRY when
   Redis cannot be reached or is not ready, or ERR_FATAL when it refuses us, by
   a wrong password for example. No text ever holds the password. */
int redis_open(const struct settings_redis *set, int wake_fd,
	       struct redis **redis_r, struct err *err);

/* Close it and set *redis to NULL. NULL is fine. */
void redis_close(struct redis **redis);

/* Queue one command of count arguments; nothing is sent yet. The arguments are
   copied. Returns 0, or -1 with ERR_RETRY. */
int redis_append(struct redis *redis, const struct text *args, size_t count,
		 struct err *err);

/* Commands that are queued from now on are held, until they are released to be
   sent, or dropped as if they had never been queued. For commands that may go
   only after the replies to those before. */
void redis_hold(struct redis *redis);
void redis_release(struct redis *redis);
void redis_drop(struct redis *redis);

/* For poll(): the socket, and the events to wait for now. */
int redis_fd(const struct redis *redis);
short redis_events(const struct redis *redis);

/* Send what can be sent without waiting; redis_pump() receives as well. Return
   0, or -1 with ERR_RETRY: the peer is gone, or broke the protocol. Before the
   caller waits for the socket it has to take all replies that redis_pump()
   received. */
int redis_flush(struct redis *redis, struct err *err);
int redis_pump(struct redis *redis, struct err *err);

/* Parse the next reply, in the order of the commands, into arena. The caller
   passes one arena until the reply is whole. Returns 1 with the reply (which
   lives as long as the content of the arena), 0 when there is no whole reply
   yet, or -1 with ERR_RETRY. redis_too_big() says whether that was a reply over
   set->max_reply_bytes. */
int redis_next(struct redis *redis, struct arena *arena,
	       const struct reply **reply_r, struct err *err);
bool redis_too_big(const struct redis *redis);

/* Send one command and wait for its reply, which lives in arena. Nothing else
   may be queued. extra_msecs is how long the command itself may block (BLOCK);
   set->reply_timeout_msecs is added. Returns the reply, which may be an error
   reply; or NULL with ERR_RETRY: broken, late, or woken. */
const struct reply *redis_call(struct redis *redis, struct arena *arena,
			       const struct text *args, size_t count,
			       int64_t extra_msecs, struct err *err);

/* redis_call() for a command of C strings, ended by NULL, with an error reply
   as a failure: NULL with "<command>: <error>" and ERR_RETRY, or ERR_FATAL when
   only an operator helps (REDIS_REFUSED). The connection stays good after an
   error reply: redis_is_open() says so. */
const struct reply *redis_command(struct redis *redis, struct arena *arena,
				  struct err *err, const char *command, ...)
	__attribute__((sentinel));

/* From now on redis_call() waits at most that long for an answer. */
void redis_hurry(struct redis *redis, int64_t msecs);

bool redis_is_open(const struct redis *redis);

#endif
