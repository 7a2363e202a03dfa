/* Order numbers for requests without one. ordermq-seckill makes one before a
   request is sent for the first time. */

#include "config.h"

#include "producers/seckill/orderno.h"

#include "lib/base/clock.h"

#include <inttypes.h>
#include <stdio.h>

void orderno_begin(struct orderno *orderno)
{
	*orderno = (struct orderno){ 0 };
	node_id_make(orderno->node);
}

const char *orderno_next(struct orderno *orderno, char *buf)
{
	int64_t now = clock_wall_msecs();

	if (now > orderno->last_msecs)
		orderno->last_msecs = now;
	orderno->count++;
	(void)snprintf(buf, ORDERNO_BYTES, "%" PRId64 "-%s-%" PRIu64,
		       orderno->last_msecs, orderno->node, orderno->count);
	return buf;
}
