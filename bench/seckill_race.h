#ifndef OMQ_SECKILL_RACE_H
#define OMQ_SECKILL_RACE_H

#include "producers/seckill/seckill.h"

#include <stdatomic.h>
#include <stdint.h>

struct settings;

/* A race of many users for few items from several processes: what the answers
   say about it. Users are the accounts 1 to user_count. Each is sent by two
   processes, with two order numbers, so that it races against itself, too. */

/* What a user was told. */
struct race_user {
	atomic_uint accepted; /* how often */
	/* Of the first time. */
	char orderno[ORDER_NUMBER_BYTES_MAX + 1];
	char id[SECKILL_ID_BYTES];
};

/* How many answers of each kind a process has had. */
struct race_tally {
	uint64_t accepted;
	uint64_t bought;
	uint64_t sold_out;
	uint64_t wrong;   /* any other decision, or another's order number */
	uint64_t failed;  /* no decision */
	char reason[256]; /* of the first that failed */
};

/* Memory that all processes share: the tallies of all, and all users. */
struct race {
	const struct settings *settings;
	char voucher[SECKILL_VOUCHER_BYTES_MAX + 1];
	int64_t user_count;
	int64_t process_count;
	int64_t timeout_msecs;
	int gate; /* readable at the start */
	struct race_tally *tallies;
	struct race_user *users;
};

/* What process number n, counted from 0, does. Returns its exit status, which
   says nothing about the answers. */
int race_run(const struct race *race, int64_t n);

#endif
