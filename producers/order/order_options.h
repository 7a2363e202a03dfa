#ifndef OMQ_ORDER_OPTIONS_H
#define OMQ_ORDER_OPTIONS_H

#include "producers/order/progress.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

/* What the command line of ordermq-order says. A plain value; the strings are
   those of argv. */

enum order_mode {
	ORDER_FROM_ARGS,
	ORDER_FROM_CSV,
	ORDER_FROM_JSONL,
	ORDER_FROM_GENERATOR,
	ORDER_FROM_OUTBOX,
};

struct order_options {
	const char *conf;   /* NULL: the default file, if it is there */
	const char *redis;  /* NULL: what the configuration says */
	const char *stream; /* NULL: what the configuration says */
	enum order_mode mode;
	const char *path; /* of CSV, JSON Lines, or the outbox to drain */
	bool follow;      /* wait at the end of the outbox for more */
	int64_t count;    /* of the generator */
	int64_t users;
	int64_t seed;      /* -1: none is given */
	char *const *args; /* FIELD=VALUE */
	int arg_count;
	int64_t rate_millis; /* orders per 1,000 seconds; 0: no limit */
	int64_t batch;
	int64_t max_lag; /* entries; 0: no limit */
	bool atomic;
	int64_t once_msecs; /* 0: not once */
	const char *state;  /* NULL: none is kept */
	const char *outbox; /* to put the orders into; NULL: the stream */
	int64_t timeout_msecs;
	bool quiet;
	enum progress_mode progress;
};

/* Read the command line. Returns 0; 1 when --help or --version was asked for,
   and is printed; or -1 with ERR_REJECT: wrong usage. */
int order_options_parse(int argc, char **argv, struct order_options *options_r,
			struct err *err);

#endif
