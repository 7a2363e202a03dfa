#ifndef OMQ_AUDIT_EXPECTED_H
#define OMQ_AUDIT_EXPECTED_H

#include <jansson.h>

#include <stddef.h>

struct arena;
struct redis;
struct settings;

/* What must be found when all orders of the stream are settled: worked out from
   the stream alone, by other code than that under test. */
struct expected {
	size_t entry_count;
	json_t *orders;   /* order number: true */
	json_t *events;   /* event key: "account\tamount\tpoints\t" */
	json_t *balances; /* account: points */
	json_t *pushes;   /* event key: true */
	json_t *letters;  /* "group id": part of the reason */
};

/* Read the whole stream. Ends the program when that cannot be done. */
void expected_read(const struct settings *settings, struct redis *redis,
		   struct arena *arena, struct expected *expected_r);
void expected_close(struct expected *expected);

#endif
