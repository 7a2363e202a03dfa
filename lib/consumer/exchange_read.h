#ifndef OMQ_EXCHANGE_READ_H
#define OMQ_EXCHANGE_READ_H

#include "lib/consumer/exchange.h"

struct waiting_entry;

/* What a round trip reads, at most one of these, and behind its other calls.
   The answer goes into exchange->batch. They return 0, or -1 with ERR_RETRY. */

/* Read up to count new entries, waiting for them up to
   block_msecs; 0: not at all. last_id: for a lease without group. */
int exchange_read(struct exchange *exchange, size_t count, int64_t block_msecs,
		  const char *last_id, struct err *err);

/* Read up to count entries that came back and nobody has, without waiting. */
int exchange_read_replay(struct exchange *exchange, size_t count,
			 struct err *err);

/* Read up to count entries pending for us behind after_id ("-": the first), of
   about that many bytes at most: see lib/scripts/history.lua. */
int exchange_history(struct exchange *exchange, bool replays, size_t count,
		     size_t bytes, const char *after_id, struct err *err);

/* Read count entries that are due, likewise. */
int exchange_fetch(struct exchange *exchange,
		   const struct waiting_entry *entries, size_t count,
		   size_t bytes, struct err *err);

#endif
