#ifndef OMQ_OUTBOX_RECORD_H
#define OMQ_OUTBOX_RECORD_H

#include "lib/base/text.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

/* One order as it lies in a segment of an outbox. Numbers are little-endian:

       4 bytes  "OMQ1"
       4 bytes  length of the body
       4 bytes  checksum of the place, and of the above
       4 bytes  checksum of the body, which goes on from the one before
       body     4 bytes: how many pairs; for each name and each value its
		length in 4 bytes, and it
       4 bytes  length of the body once more, to find the last record

   The checksums are CRC-32C. The place, the number of the segment and the
   offset in it, makes a record that stands elsewhere none. */

struct outbox_record_place {
	uint64_t segment;
	uint64_t offset;
};

/* How many bytes an order takes. */
size_t outbox_record_bytes(const struct text *pairs, size_t pair_count);

/* Write it to out, which has room for it. */
void outbox_record_write(struct outbox_record_place place,
			 const struct text *pairs, size_t pair_count,
			 char *out);

/* How many bytes the record takes that data (bytes long, at place) begins with;
   0: no whole record begins there. */
size_t outbox_record_check(struct outbox_record_place place, const char *data,
			   size_t bytes);

/* How many bytes the record takes that ends with these, if one does. */
#define OUTBOX_RECORD_TAIL_BYTES ((size_t)4)
size_t outbox_record_last_bytes(const char *tail);

/* The pairs of a record that outbox_record_check() found good, in arena: texts
   borrow from data. Returns 0; 1 when the record holds something else, which no
   bad disk did; or -1 when out of memory. */
int outbox_record_read(const char *data, struct arena *arena,
		       const struct text **pairs_r, size_t *pair_count_r);

/* The longest record of an order that is one (lib/stream/order.h). */
#define OUTBOX_RECORD_BYTES_MAX ((size_t)300 * 1024)

/* Where, as a distance from data, the next record may begin, behind the first
   byte; bytes: nowhere. */
size_t outbox_record_search(const char *data, size_t bytes);

#endif
