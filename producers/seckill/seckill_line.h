#ifndef OMQ_SECKILL_LINE_H
#define OMQ_SECKILL_LINE_H

#include "producers/seckill/seckill.h"

#include <stddef.h>
#include <stdint.h>

struct seckill_queue_entry;
struct err;

/* What ordermq-seckill reads and writes: one JSON object a line. */

/* Read a request: an object with the members voucher and user, and orderno if
   the caller gives one, else orderno is left empty. Each is a string or an
   integer; orderno may be null. Returns 0, or -1 with ERR_REJECT: what is wrong
   with the line. */
int seckill_line_read(const char *line, size_t bytes,
		      struct seckill_request *request_r, struct err *err);

/* The longest line of seckill_line_write(): a byte of the reason may take six,
   one of another text two. */
#define SECKILL_LINE_BYTES 3072

/* Write what came of a request as a line with its end, to buf. Returns its
   length. */
size_t seckill_line_write(const struct seckill_queue_entry *entry, char *buf);

/* For other lines: put text (UTF-8) as a JSON string with its quotes to out, at
   most 6 bytes for each of its own and 2. Returns where it ends. */
char *seckill_line_quote(const char *text, char *out);

#endif
