#ifndef OMQ_GENERATE_H
#define OMQ_GENERATE_H

#include <stdint.h>

struct err;
struct settings_fields;
struct source;

/* Made-up orders for trials and measurements. Everything about order number i
   follows from the seed and i alone: a seed always gives equal orders, and two
   seeds never give equal order numbers ("G<seed>-<i>").

   One order in 50 is a guest's, without an account. Each 25th event refunds in
   full one of the 24 orders before it; no order is refunded twice. The names
   are those of fields; where amount is a product, its first factor varies and
   the others are 1. */
struct generate_settings {
	const struct settings_fields *fields; /* borrowed */
	uint64_t count;                       /* how many events */
	uint64_t users;                       /* accounts "u1" ... "u<users>" */
	uint64_t seed;
};

/* Returns 0 and a source that the caller must source_close(); or -1 with
   ERR_RETRY: out of memory. */
int generate_open(const struct generate_settings *set, struct source **source_r,
		  struct err *err);

#endif
