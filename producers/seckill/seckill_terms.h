#ifndef OMQ_SECKILL_TERMS_H
#define OMQ_SECKILL_TERMS_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct redis;
struct settings_fields;

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

/* Set them; replace: also where there are others. The entries have the fields
   that fields names, and "voucher". Returns 0 with how many are sold; or -1
   with ERR_REJECT (others are there, or do not allow for these), ERR_FATAL (no
   order can be made with such fields, or Redis refuses), or ERR_RETRY: then it
   may be asked again, over a new connection unless redis_is_open(). */
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

/* Ask for it. Returns 0; or -1 with ERR_REJECT (no such voucher, or what is
   there are no terms), ERR_FATAL or ERR_RETRY. */
int seckill_status(struct redis *redis, const char *stream, const char *voucher,
		   struct seckill_standing *standing_r, struct err *err);

#endif
