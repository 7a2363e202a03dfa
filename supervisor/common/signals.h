#ifndef OMQ_SIGNALS_H
#define OMQ_SIGNALS_H

struct err;

/* Turn the signals ordermqd obeys into a descriptor: SIGTERM, SIGINT, SIGHUP.
   SIGPIPE is ignored. Returns a descriptor that is readable when one has come
   and that the caller owns; or -1 with ERR_RETRY. */
int signals_open(struct err *err);

/* The next signal that has come, or 0. */
int signals_next(int fd);

#endif
