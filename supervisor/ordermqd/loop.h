#ifndef OMQ_LOOP_H
#define OMQ_LOOP_H

#include <stdint.h>

struct err;

/* The one place where ordermqd waits: for descriptors and for one deadline.
   Each turn handles one event, so no event can be left over for a descriptor
   that an earlier one of the same turn has closed. With nothing to do and no
   deadline it sleeps for good. Not for sharing between processes. */
struct loop;

/* Who wants to know about a descriptor: part of its owner, who keeps it in
   place as long as it is watched. */
struct loop_watch {
	int fd;
	void (*ready)(void *owner, uint32_t events); /* of epoll(7) */
	void *owner;
};

/* Returns 0, or -1 with ERR_RETRY. The caller must loop_close(). */
int loop_open(struct loop **loop_r, struct err *err);
void loop_close(struct loop **loop);

/* Wait for events (EPOLLIN, ...) of watch->fd, level triggered. EPOLLHUP and
   EPOLLERR always come too: who gets one must remove the watch, or the loop
   spins. Returns 0, or -1 with ERR_RETRY: out of descriptors or memory. */
int loop_add(struct loop *loop, struct loop_watch *watch, uint32_t events,
	     struct err *err);

/* From now on wait for these events instead. */
void loop_change(struct loop *loop, struct loop_watch *watch, uint32_t events);

/* Stop to watch, and set the descriptor to -1; somebody else closes it. */
void loop_remove(struct loop *loop, struct loop_watch *watch);

/* Stop to watch, close the descriptor and set it to -1. Does nothing when it is
   -1 already. */
void loop_drop(struct loop *loop, struct loop_watch *watch);

/* Handle one event, or return when deadline_msecs (of clock_msecs(); -1: none)
   has come. Returns 0, or -1 with ERR_RETRY when it cannot wait. */
int loop_turn(struct loop *loop, int64_t deadline_msecs, struct err *err);

#endif
