#ifndef OMQ_ORDER_JOB_H
#define OMQ_ORDER_JOB_H

struct err;
struct job;

/* The work of ordermq-order. */

/* Publish everything that the source has. Returns 0; or -1 with err and the
   status set. What could not be finished is in the windows. */
int job_publish(struct job *job, struct err *err);

#endif
