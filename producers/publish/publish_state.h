#ifndef OMQ_PUBLISH_STATE_H
#define OMQ_PUBLISH_STATE_H

#include "lib/base/err.h"
#include "lib/redis/command.h"
#include "lib/redis/redis_error.h"
#include "producers/publish/lag.h"
#include "producers/publish/once.h"
#include "producers/publish/publish_settings.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct redis;
struct reply;
struct window;

/* The inside of a publisher, only for publish.c and publish_reply.c. */

struct publisher {
	struct publish_settings set;
	struct once once;
	struct redis *redis;   /* NULL: to be opened again */
	struct arena *replies; /* of the reply that is being read */
	struct command command;

	const struct window *prepared; /* its commands are held; NULL: none */
	struct window *window;         /* under way; NULL: none */
	size_t sent_count;
	size_t replies_awaited;
	size_t next_order; /* that a reply belongs to */

	struct lag lag;
	struct err lag_err; /* why it is not known */
	size_t lag_awaited; /* replies, behind those of the window */

	/* The worst error reply to the window, and the first of its kind. */
	bool failed;
	enum redis_class failed_class;
	char failed_text[256];
};

static inline bool publisher_is_once(const struct publisher *publisher)
{
	return publisher->set.once_msecs > 0;
}

/* Note in the orders under way what the next reply says. Returns 0; or -1 with
   ERR_RETRY: the reply does not answer what was sent. */
int publisher_settle(struct publisher *publisher, const struct reply *reply,
		     struct err *err);

#endif
