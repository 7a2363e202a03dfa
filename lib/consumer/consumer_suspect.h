#ifndef OMQ_CONSUMER_SUSPECT_H
#define OMQ_CONSUMER_SUSPECT_H

#include "lib/consumer/consumer_state.h"

struct err;

/* Note on which entry the process before us died, and dead-letter it when it
   was one too many. Returns 0, or -1 with ERR_RETRY. */
int consumer_suspect_note(struct consumer *consumer, struct err *err);

#endif
