#ifndef OMQ_SECKILL_ASK_H
#define OMQ_SECKILL_ASK_H

#include <stdint.h>

struct err;
struct redis;
struct settings_redis;

/* Something to ask Redis that may be asked twice: that does what asking once
   does. Returns 0, or -1; it is asked again after ERR_RETRY. */
typedef int seckill_ask_fn(struct redis *redis, void *arg, struct err *err);

/* Ask, over a connection of its own, and again for timeout_msecs at most or
   until a signal says to stop. Returns what ask does, or -1 with the class of
   redis_open(). */
int seckill_ask(const struct settings_redis *set, int64_t timeout_msecs,
		seckill_ask_fn *ask, void *arg, struct err *err);

#endif
