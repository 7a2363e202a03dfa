#ifndef OMQ_ORDER_LAG_H
#define OMQ_ORDER_LAG_H

struct err;
struct job;

/* Wait until the window that was filled may go, so that --max-lag holds.
   Returns 0; or -1 with err and the status set. */
int job_wait_groups(struct job *job, struct err *err);

#endif
