#ifndef OMQ_SECKILL_TERMS_H
#define OMQ_SECKILL_TERMS_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct redis;
struct settings_fields;
struct settings_redis;

/* The terms of a sale. Moments are milliseconds since 1970 by the clock of
   Redis, -1: none. A plain value. */
struct seckill_terms {
	int64_t stock; /* all that is ever sold */
	int64_t begins_msecs;
	int64_t ends_msecs;
	int64_t expires_msecs; /* when all of it is forgotten */
	int64_t amount;        /* minor units of each order; -1: none */
};

#define SECKILL_STOCK_MAX INT64_C(1000000000)

/* Set the terms; with replace also where the voucher has others. The entries
   have the fields that fields names, and "voucher". Returns 0 with how many are
   sold; or -1 with ERR_REJECT (the voucher has others, or more is sold than the
   stock), ERR_FATAL (no order can be made with such fields, or Redis refuses),
   or ERR_RETRY: then it may be asked again, over a new connection unless
   redis_is_open(). */
int seckill_load(struct redis *redis, const char *stream,
		 const struct settings_fields *fields, const char *voucher,
		 const struct seckill_terms *terms, bool replace,
		 int64_t *sold_r, struct err *err);

/* How a sale stands. A plain value. */
struct seckill_standing {
	struct seckill_terms terms;
	int64_t now_msecs;
	int64_t sold;
	int64_t left;
};

/* Ask how the sale stands. Returns 0; or -1 with ERR_REJECT (no such voucher,
   or its terms are damaged), ERR_FATAL or ERR_RETRY. */
int seckill_status(struct redis *redis, const char *stream, const char *voucher,
		   struct seckill_standing *standing_r, struct err *err);

/* A question to Redis that does no harm when it is asked twice. Returns 0; or
   -1, and after ERR_RETRY it is asked again. */
typedef int seckill_ask_fn(struct redis *redis, void *arg, struct err *err);

/* Ask over a connection of its own, and again for at most timeout_msecs or
   until a signal says to stop. Returns what ask returns, or -1 with the class
   of redis_open(). */
int seckill_ask(const struct settings_redis *set, int64_t timeout_msecs,
		seckill_ask_fn *ask, void *arg, struct err *err);

#endif
