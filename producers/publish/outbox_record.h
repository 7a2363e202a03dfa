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
       body     4 bytes: number of pairs; then each name and each value, behind
		its length in 4 bytes
       4 bytes  length of the body once more, to find the last record

   The checksums are CRC-32C. The place is the number of the segment and the
   offset in it: with it in the checksum, a record that stands elsewhere is
   none. */

struct outbox_record_place {
	uint64_t segment;
	uint64_t offset;
};

/* The number of bytes that an order takes. */
size_t outbox_record_bytes(const struct text *pairs, size_t pair_count);

/* Write the record to out, which has room for it. */
void outbox_record_write(struct outbox_record_place place,
			 const struct text *pairs, size_t pair_count,
			 char *out);

/* The length of the record with which data (bytes long, at place) begins; 0: no
   whole record begins there. */
size_t outbox_record_check(struct outbox_record_place place, const char *data,
			   size_t bytes);

/* The length of a record that ends with these bytes, if one does. */
#define OUTBOX_RECORD_TAIL_BYTES ((size_t)4)
size_t outbox_record_last_bytes(const char *tail);

/* The pairs of a record that outbox_record_check() accepted, in arena; the
   texts borrow from data. Returns 0; 1 when the record holds no pairs, which is
   no damage but another version; or -1 when out of memory. */
int outbox_record_read(const char *data, struct arena *arena,
		       const struct text **pairs_r, size_t *pair_count_r);

/* At most that long is the record of a valid order (lib/stream/order.h). */
#define OUTBOX_RECORD_BYTES_MAX ((size_t)300 * 1024)

/* The distance from data at which the next record may begin, behind the first
   byte; bytes: there is none. */
size_t outbox_record_search(const char *data, size_t bytes);

#endif
