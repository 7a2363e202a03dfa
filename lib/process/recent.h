#ifndef OMQ_RECENT_H
#define OMQ_RECENT_H

#include <stdatomic.h>
#include <stdint.h>

/* What an instance did in each of the last seconds: a part of its board, with
   one writer and atomic words. No timer is needed: a second without work leaves
   no trace and counts as nothing. */

/* A reader looks at that many whole seconds, without the one that still
   runs. */
#define RECENT_SECS 10

/* Beside those one runs, and one is emptied for the next second. */
#define RECENT_SPANS (RECENT_SECS + 2)

/* The time that an entry took, in buckets, four for each doubling: below 64 us,
   then up to 67 s, then beyond. */
#define RECENT_BUCKETS 82

struct recent_span {
	_Atomic uint64_t second; /* of clock_usecs(), plus one; 0: none yet */
	_Atomic uint64_t done;   /* entries settled */
	_Atomic uint64_t busy_usecs; /* with entries in flight */
	_Atomic uint64_t took[RECENT_BUCKETS];
};

struct recent {
	struct recent_span spans[RECENT_SPANS];
};

/* For the writer. recent_done(): count entries were settled, took_usecs after
   they were read; recent_busy(): usecs have passed with entries in flight.
   now_usecs is that of clock_usecs(). */
void recent_done(struct recent *recent, int64_t now_usecs, int64_t took_usecs,
		 uint64_t count);
void recent_busy(struct recent *recent, int64_t now_usecs, int64_t usecs);

/* What instances did in the last RECENT_SECS. A zeroed sum is empty. */
struct recent_sum {
	uint64_t done;
	uint64_t busy_usecs;
	uint64_t took[RECENT_BUCKETS];
};

/* For the reader: add what one instance did, as of now_usecs. */
void recent_add(const struct recent *recent, int64_t now_usecs,
		struct recent_sum *sum);

/* Entries a second. */
double recent_rate(const struct recent_sum *sum);

/* The time within which that percentage of the entries was settled, at most a
   quarter too long; -1: there was none. */
int64_t recent_usecs(const struct recent_sum *sum, unsigned int percent);

#endif
