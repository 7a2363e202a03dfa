#ifndef OMQ_SECKILL_LINE_H
#define OMQ_SECKILL_LINE_H

#include "producers/seckill/seckill.h"

#include <stddef.h>
#include <stdint.h>

struct seckill_queue_entry;
struct err;

/* The lines that ordermq-seckill reads and writes: each is one JSON object. */

/* Read a request: an object with the members voucher and user, and perhaps
   orderno, which is left empty otherwise. Each is a string or an integer;
   orderno may be null. Returns 0, or -1 with ERR_REJECT and what is wrong with
   the line. */
int seckill_line_read(const char *line, size_t bytes,
		      struct seckill_request *request_r, struct err *err);

/* At most that long is a line of seckill_line_write(): a byte of the reason
   takes up to six, one of another text two. */
#define SECKILL_LINE_BYTES 3072

/* Write the result of a request to buf, as a line with its end. Returns its
   length. */
size_t seckill_line_write(const struct seckill_queue_entry *entry, char *buf);

/* For other lines: write text (UTF-8) to out as a JSON string with its quotes,
   with at most 6 bytes for each byte, and 2. Returns where it ends. */
char *seckill_line_quote(const char *text, char *out);

#endif
