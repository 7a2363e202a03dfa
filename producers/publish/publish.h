#ifndef OMQ_PUBLISH_H
#define OMQ_PUBLISH_H

#include "producers/publish/publish_settings.h"

struct err;
struct lag;
struct window;

/* Carries orders into the stream: a window is sent in one go, and it is done
   when Redis has answered for every order of it. At most one window is under
   way. Not for sharing. */
struct publisher;

/* Connect, unless that is left to the first flush. Returns 0 and a
   publisher that the caller must publish_close(); or -1 with ERR_RETRY (Redis
   is away) or ERR_FATAL (it refuses us). */
int publish_open(const struct publish_settings *set,
		 struct publisher **publisher_r, struct err *err);

/* Close the connection and set *publisher to NULL. NULL is fine. */
void publish_close(struct publisher **publisher);

/* Publish the orders of the window that are not done yet, and note in each
   order how it fared. Returns
    0 when all of it is published;
    1 with the reason in err when Redis cannot take it now (OOM, LOADING, ...):
      call again, and only the refused orders are sent, so that the orders of
      one window may change places;
   -1 with ERR_RETRY when the connection broke or stayed silent, or ERR_FATAL
      when Redis refuses us: look at the runs, and close.
   To publish once, a connection that broke is no failure but 1: what is in
   doubt is sent again, and Redis knows whether it has it. */
int publish_flush(struct publisher *publisher, struct window *window,
		  struct err *err);

/* publish_flush() in two steps, for callers that work while Redis does: the
   first sends what can be sent without waiting, the second waits for the
   answers. The window is borrowed from one to the other. Each may return what
   publish_flush() returns; unless that is 0, the window is not under way any
   more. With no window under way publish_finish() returns 0. */
int publish_begin(struct publisher *publisher, struct window *window,
		  struct err *err);
int publish_finish(struct publisher *publisher, struct err *err);

/* Encode the commands of the window that begins next, while another one is
   under way. The window must not change before it begins. When another window
   begins instead, the work was in vain. It only saves time. */
void publish_prepare(struct publisher *publisher, struct window *window);

/* How far the groups are behind, as Redis said along with one of the last
   windows. The caller waits before it begins a window that the lag holds up. */
const struct lag *publish_lag(const struct publisher *publisher);

/* Ask for the lag now, while no window is under way; what publish_prepare() did
   is given up. Returns 0; 1 with the reason when Redis cannot tell now; or -1
   with ERR_FATAL when it refuses us. */
int publish_look(struct publisher *publisher, struct err *err);

#endif
