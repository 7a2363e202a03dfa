#ifndef OMQ_BARE_H
#define OMQ_BARE_H

#include <stdbool.h>
#include <stdint.h>

/* What the options of bench/bare say. */
struct bare {
	const char *redis;    /* address of wire_open() */
	const char *group;    /* that a worker reads for */
	const char *consumer; /* its name there */
	const char *effect;   /* "ledger", "settle", "xack-hincrby", "xack" */
	const char *log;      /* file for a line an entry, or NULL */
	const char *latency;  /* file for a histogram, or NULL */
	uint64_t batch;       /* entries a read; orders in one go */
	uint64_t first;       /* order to publish */
	uint64_t count;       /* orders to publish */
	uint64_t users;
	uint64_t rate; /* orders a second; 0: as fast as it goes */
	bool overlap;  /* keep two batches on the way, not one */
};

/* The stream, and what lies beside it for a group: the names of ordermq(7). */
#define BARE_STREAM "ordermq"

/* Read, do and acknowledge until killed. */
void bare_work(const struct bare *bare);

/* Publish orders, each with the microsecond (CLOCK_MONOTONIC) for which it was
   due as its ts, and say how long that took. */
void bare_publish(const struct bare *bare);

/* Write the same orders as CSV to standard output. */
void bare_csv(const struct bare *bare);

/* Ask for a decision of the flash sale of voucher "bench" for each order, as
   fast as it goes. Its terms are there. */
void bare_sale(const struct bare *bare);

/* Write the same requests as JSON Lines to standard output. */
void bare_requests(const struct bare *bare);

/* Print what the balances must be in the end: the sum of all points, and of
   points times account number. */
void bare_sums(const struct bare *bare);

#endif
