#ifndef OMQ_COMPARE_WAY_H
#define OMQ_COMPARE_WAY_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;

/* The ways from an order to a worker that "ordermqctl compare" holds against
   each other. The name of a way is also the key, or the channel, that it has in
   Redis. */
enum compare_way {
	COMPARE_LIST,   /* LPUSH, BRPOP */
	COMPARE_PUBSUB, /* PUBLISH, SUBSCRIBE */
	COMPARE_XREAD,  /* XADD, XREAD from a place the reader notes itself */
	COMPARE_GROUP,  /* XADD, XREADGROUP, XACK */
	COMPARE_WAYS,
};

const char *compare_way_name(enum compare_way way);

/* Returns the way, or -1. */
int compare_way_find(const char *name);

/* Send the order of that number on its way. Returns 0, or -1 with ERR_RETRY or
   ERR_FATAL. */
int compare_way_publish(enum compare_way way, int64_t order,
			struct redis *redis, struct arena *arena,
			struct err *err);

/* Send what tells a worker that a round is over. A worker ends with the first
   one of its round; in a list and in a group each worker takes one, so one for
   each must be sent. Returns as above. */
int compare_way_publish_end(enum compare_way way, int64_t round,
			    struct redis *redis, struct arena *arena,
			    struct err *err);

/* Tell an order from the end of a round, with its number, by the text that was
   sent. Returns 0, or -1 when it is neither. */
enum compare_kind {
	COMPARE_ORDER,
	COMPARE_END,
};
int compare_way_parse(const char *text, size_t length,
		      enum compare_kind *kind_r, int64_t *number_r);

#endif
