#ifndef OMQ_DEMO_COUNT_H
#define OMQ_DEMO_COUNT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct demo_sandbox;
struct err;

/* The deliveries to each group, measured: deliveries as the instances counted
   them, distinct orders by the records that the service left behind. */

#define DEMO_INSTANCES_MAX 8

struct demo_instance {
	char name[80];
	int64_t delivered;
};

struct demo_group {
	const char *name;
	int64_t orders;     /* in the stream */
	int64_t deliveries; /* to all instances together */
	int64_t distinct;   /* orders of these */
	struct demo_instance instances[DEMO_INSTANCES_MAX];
	size_t instance_count;
};

/* Points, recomputed from the stream, beside the credited ones. */
struct demo_points {
	int64_t accounts;
	int64_t expected;
	int64_t credited;
	int64_t wrong_accounts; /* accounts with a wrong balance */
};

/* Fill in one group from the instances in status, an answer of ordermqd. With
   a file, distinct is how many different first words or "key" members of its
   lines there are; without, what the group has settled. Returns 0, or -1 with
   ERR_RETRY. */
int demo_count_group(struct demo_sandbox *sandbox, const json_t *status,
		     const char *name, const char *file,
		     struct demo_group *group_r, struct err *err);

/* Recompute all balances from the orders in the stream and compare. Returns 0,
   or -1 with ERR_RETRY. */
int demo_count_points(struct demo_sandbox *sandbox,
		      struct demo_points *points_r, struct err *err);

#endif
