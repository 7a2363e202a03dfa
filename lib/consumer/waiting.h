#ifndef OMQ_WAITING_H
#define OMQ_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The entries that wait for their retry: only their ids and when they are due.
   Their content is read again then, so that many can wait for long. */
struct waiting_entry {
	int64_t id_msecs;
	uint64_t id_seq;
	bool replays;      /* of P:<group>:replay */
	int64_t due_msecs; /* of clock_msecs(); -1: when it can be alone */
};

struct waiting {
	struct waiting_entry *entries; /* in no order */
	size_t count;
	size_t size;
	int64_t next_due_msecs; /* the least of all; -1: none is due */
	size_t alone_count;     /* of the entries that are to be alone */
};

/* Room for size entries. Returns 0, or -1 when out of memory. */
int waiting_open(struct waiting *waiting, size_t size);
void waiting_close(struct waiting *waiting);

/* Put one entry in, which must not be there; there must be room. */
void waiting_put(struct waiting *waiting, const struct waiting_entry *entry);

bool waiting_has(const struct waiting *waiting, int64_t id_msecs,
		 uint64_t id_seq, bool replays);

/* Take out up to size entries that are due, into list, all of one stream.
   Returns how many. */
size_t waiting_take(struct waiting *waiting, int64_t now_msecs,
		    struct waiting_entry *list, size_t size);

/* Take out one entry that is to be alone. Returns 1, or 0 when there is none.
 */
size_t waiting_take_alone(struct waiting *waiting,
			  struct waiting_entry *entry_r);

/* Forget all. */
void waiting_clear(struct waiting *waiting);

#endif
