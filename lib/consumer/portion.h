#ifndef OMQ_PORTION_H
#define OMQ_PORTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much one read may ask for. XREADGROUP has only COUNT, so it follows the
   largest of the entries seen lately: COUNT times its size is at most
   groups.batch_bytes. It also follows what went wrong: a reply over
   redis.max_reply, a death with a read in hand (most often for lack of memory),
   and a handler that takes long for each entry. A plain value. */
struct portion {
	/* Settings. */
	size_t most_count;
	size_t most_bytes;
	int64_t most_usecs; /* that the handler may take for a portion */

	/* After a reply over redis.max_reply, at most as many entries; 0: one
	   entry alone was too large. It doubles with smaller replies. */
	size_t giant_count;
	/* Deaths with a read in hand: each halves count and bytes. */
	unsigned int halvings;
	unsigned int well_count; /* portions settled since the last change */
	/* Sizes of the largest entry in the last PORTION_SEEN entries or more,
	   and in those before. */
	size_t largest_bytes;
	size_t former_largest_bytes;
	size_t seen_count;
	int64_t entry_usecs; /* that the handler takes for one; 0: unknown */
};

#define PORTION_FIRST 16 /* entries, before any size is known */
#define PORTION_LARGE_BYTES                                                    \
	(64 * 1024)         /* a death with less in flight is none             \
			       for lack of memory */
#define PORTION_SEEN 1000   /* entries: the largest of these counts */
#define PORTION_WELL 64     /* portions settled, to take back one halving */
#define PORTION_HALVINGS 10 /* from the largest groups.batch down to 1 */

/* halvings: what portion_halve() had come to in the process before us. */
void portion_open(struct portion *portion, size_t most_count, size_t most_bytes,
		  int64_t most_usecs, unsigned int halvings);

/* How many entries to ask for, at least 1, and how many bytes of them an answer
   may have where the server can count them. */
size_t portion_count(const struct portion *portion);
size_t portion_bytes(const struct portion *portion);

/* A reply brought count entries, the largest of that size. */
void portion_seen(struct portion *portion, size_t count, size_t largest_bytes);

/* A reply was over redis.max_reply. */
void portion_too_large(struct portion *portion);

/* Even one entry alone was: it has been dealt with, read on. */
void portion_step_over(struct portion *portion);

/* handle() took so long for count entries. */
void portion_handled(struct portion *portion, size_t count, int64_t usecs);

/* The process died with a portion in hand. */
void portion_halve(struct portion *portion);

/* Everything that was read is settled. Returns true when a halving is taken
   back. */
bool portion_settled(struct portion *portion);

#endif
