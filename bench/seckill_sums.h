#ifndef OMQ_SECKILL_SUMS_H
#define OMQ_SECKILL_SUMS_H

#include <stdint.h>

struct err;
struct race;
struct race_tally;

/* Are the sums of a race right? Everything is held against what is in Redis:
   the stream behind the entry begin ("": from its beginning), the buyers, the
   stock. total is all tallies in one; sold_r is how many entries the sale has.
   Returns 0; or -1 with ERR_REJECT (what is wrong), or ERR_RETRY or ERR_FATAL:
   Redis did not tell. */
int sums_check(const struct race *race, const struct race_tally *total,
	       int64_t items, const char *begin, uint64_t *sold_r,
	       struct err *err);

#endif
