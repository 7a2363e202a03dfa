#ifndef OMQ_SECKILL_PLAIN_H
#define OMQ_SECKILL_PLAIN_H

#include "lib/text.h"

#include <stdbool.h>
#include <stddef.h>

/* A flat JSON object of the plainest kind, as programs write it:

       {"voucher":"phone-11", "user":42}

   Its members have some of count names, each once; values are strings of
   printable ASCII without an escape, or whole numbers that are not negative, of
   up to 18 digits. It is read where it lies, which takes a fraction of the time
   that a JSON reader needs, and as that would read it.

   Returns true with the text of each member, whose data is NULL when it is not
   there; or false: this is another kind of object, or none at all. */
bool seckill_plain_read(struct text line, const char *const *names,
			size_t count, struct text *values_r);

#endif
