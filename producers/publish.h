#ifndef OMQ_PUBLISH_H
#define OMQ_PUBLISH_H

#include "lib/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct settings_redis;

/* Orders on their way into the stream: gathered into a window, sent in one go,
   and done with when Redis has answered every XADD of it with an entry id.
   Between windows nothing is under way. Not for sharing. */
struct publisher;

struct publish_settings {
	const struct settings_redis *redis; /* borrowed */
	const char *stream;                 /* the key; borrowed */
	size_t batch_count;                 /* most orders in a window */
	bool atomic; /* a window is published as a whole or not at all */
	int wake_fd; /* readable: stop trying to connect; -1: none */
};

/* Connect. Returns 0 and a publisher that the caller must publish_close(); or
   -1 with ERR_RETRY (Redis is away) or ERR_FATAL (it refuses us). */
int publish_open(const struct publish_settings *set,
		 struct publisher **publisher_r, struct err *err);

/* Close the connection and set *publisher to NULL. NULL is fine. What was not
   flushed is not published. */
void publish_close(struct publisher **publisher);

/* Put one order of pair_count pairs (copied) into the window, which must not be
   full. line says where it came from. Returns 0, or -1 with ERR_RETRY: out of
   memory. */
int publish_add(struct publisher *publisher, const struct text *pairs,
		size_t pair_count, uint64_t line, struct err *err);

/* Full: batch_count orders, or 1 MiB, whichever comes first. */
bool publish_is_full(const struct publisher *publisher);

/* Publish the window. Returns
    0 when all of it is published; the window is empty then;
    1 with the reason in err when Redis cannot take it now (OOM, LOADING, ...):
      call again, and only those orders are sent that were refused, so that
      orders of one window may change places;
   -1 with ERR_RETRY when the connection broke or stayed silent, or ERR_FATAL
      when Redis refuses us: look at the runs, and close. */
int publish_flush(struct publisher *publisher, struct err *err);

enum publish_state {
	PUBLISH_WAITING, /* not sent */
	PUBLISH_SENT,    /* sent, no answer: in doubt */
	PUBLISH_REFUSED, /* answered with an error: not published */
	PUBLISH_DONE,    /* published */
};

/* Neighbours in the window that fared alike. */
struct publish_run {
	enum publish_state state;
	uint64_t first_line;
	uint64_t last_line;
	size_t count;
};

/* The run that begins with order number *i of the window, counted from 0.
   Returns true and moves *i behind it, or false at the end of the window. */
bool publish_run(const struct publisher *publisher, size_t *i,
		 struct publish_run *run_r);

/* How many orders Redis has answered with an id. */
uint64_t publish_count(const struct publisher *publisher);

/* The line of the last order that is surely published together with all that
   were added before it; 0: there is none. */
uint64_t publish_sure_line(const struct publisher *publisher);

/* The entry id that was answered last, "" before the first. */
const char *publish_last_id(const struct publisher *publisher);

#endif
