#ifndef OMQ_PUBLISH_H
#define OMQ_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct lag;
struct settings_names;
struct settings_redis;
struct window;

/* The way of orders into the stream: a window is sent in one go, and is done
   with when Redis has answered for every order of it. One window at most is
   under way. Not for sharing. */
struct publisher;

struct publish_settings {
	const struct settings_redis *redis; /* borrowed */
	const char *stream;                 /* the key; borrowed */
	bool atomic; /* a window is published as a whole or not at all */
	/* Milliseconds for which what has the same event key is published
	   once: the orders need keys. 0: each order is a new entry. */
	int64_t once_msecs;
	bool is_lazy; /* connect at the first flush; once, it is always so */
	int wake_fd;  /* readable: stop trying to connect; -1: none */
	/* See producers/publish/lag.h; 0: the groups are not looked at. */
	int64_t max_lag;
	const struct settings_names *ignore; /* groups; borrowed */
};

/* Connect, unless that is left to the first flush. Returns 0 and a
   publisher that the caller must publish_close(); or -1 with ERR_RETRY (Redis
   is away) or ERR_FATAL (it refuses us). */
int publish_open(const struct publish_settings *set,
		 struct publisher **publisher_r, struct err *err);

/* Close the connection and set *publisher to NULL. NULL is fine. */
void publish_close(struct publisher **publisher);

/* Publish what is not done yet of the window, and note in each order how it
   fared. Returns
    0 when all of it is published;
    1 with the reason in err when Redis cannot take it now (OOM, LOADING, ...):
      call again, and only those orders are sent that were refused, so that
      orders of one window may change places;
   -1 with ERR_RETRY when the connection broke or stayed silent, or ERR_FATAL
      when Redis refuses us: look at the runs, and close.
   To publish once, a connection that broke is no failure but 1: what is in
   doubt is sent again, and Redis knows whether it has it. */
int publish_flush(struct publisher *publisher, struct window *window,
		  struct err *err);

/* The same in two steps, for who has something to do while Redis works: send
   what can be sent without waiting, and wait for the answers. The window is
   borrowed from the one to the other. Each may return what publish_flush()
   does; after another than 0 the window is not under way any more. With no
   window under way publish_finish() returns 0. */
int publish_begin(struct publisher *publisher, struct window *window,
		  struct err *err);
int publish_finish(struct publisher *publisher, struct err *err);

/* Make ready what is to be sent of a window that may begin next, while another
   is under way. It stays as it is until it has begun or is given up: another
   window begins. It only saves time. */
void publish_prepare(struct publisher *publisher, struct window *window);

/* How far the groups are behind, as it was seen along with some window; the
   caller waits before it begins one that this holds. */
const struct lag *publish_lag(const struct publisher *publisher);

/* Look now, with no window under way; what was prepared is given up. Returns 0;
   1 with the reason when Redis cannot tell now; or -1 with ERR_FATAL when it
   refuses us. */
int publish_look(struct publisher *publisher, struct err *err);

#endif
