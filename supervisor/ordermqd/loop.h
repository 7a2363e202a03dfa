#ifndef OMQ_LOOP_H
#define OMQ_LOOP_H

#include <stdint.h>

struct err;

/* The one place where ordermqd waits: for descriptors and for one deadline.
   Each turn handles one event, so no event can be left over for a descriptor
   that was closed in the same turn. Without a deadline it sleeps until a
   descriptor is ready. Not to be shared between processes. */
struct loop;

/* A descriptor and the function to call when it is ready. Part of its owner,
   and must not move while it is watched. */
struct loop_watch {
	int fd;
	void (*ready)(void *owner, uint32_t events); /* of epoll(7) */
	void *owner;
};

/* Returns 0, or -1 with ERR_RETRY. The caller must loop_close(). */
int loop_open(struct loop **loop_r, struct err *err);
void loop_close(struct loop **loop);

/* Wait for events (EPOLLIN, ...) of watch->fd, level triggered. EPOLLHUP and
   EPOLLERR always come too; on one of them the owner must remove the watch, or
   the loop spins. Returns 0, or -1 with ERR_RETRY: out of descriptors or
   memory. */
int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events,
	     struct err *err);

/* From now on wait for these events instead. */
void loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* Stop watching, and set watch->fd to -1 without closing it. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/* Stop watching, close the descriptor and set it to -1. Does nothing when it is
   -1 already. */
void loop_drop(struct loop *loop, struct loop_watch *watch);

/* Handle one event, or return at deadline_msecs of clock_msecs() (-1: none).
   Returns 0, or -1 with ERR_RETRY when it cannot wait. */
int loop_turn(struct loop *loop, int64_t deadline_msecs, struct err *err);

#endif
