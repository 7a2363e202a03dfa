#ifndef OMQ_CONSUMER_ANSWER_H
#define OMQ_CONSUMER_ANSWER_H

#include "lib/consumer/consumer_state.h"

struct call;
struct reply;

/* Obey one answer of Redis. Returns 0; or -1 with the connection closed. */
int consumer_answer(struct consumer *consumer, struct call *call,
		    const struct reply *reply);

#endif
