#ifndef OMQ_ORDERNO_H
#define OMQ_ORDERNO_H

#include "lib/process/node_id.h"

#include <stdint.h>

/* Order numbers that no other process, host or restart makes, roughly in the
   sequence of their time: "1795239001123-5f3a9c0e1b2d4c6e-1", the milliseconds
   since 1970, 16 random hex digits of this process, and a counter. The last two
   make it unique, whatever the clock does; within a process the time never goes
   back. Not for sharing; to be begun after a fork(). */
struct orderno {
	char node[NODE_ID_BYTES];
	int64_t last_msecs;
	uint64_t count;
};

/* Room for the longest number, with its end. */
#define ORDERNO_BYTES (3 * 20 + NODE_ID_BYTES)

void orderno_begin(struct orderno *orderno);

/* Write the next number into buf, ORDERNO_BYTES long. Returns buf. */
const char *orderno_next(struct orderno *orderno, char *buf);

#endif
