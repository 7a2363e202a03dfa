#ifndef OMQ_ORDER_FAIL_H
#define OMQ_ORDER_FAIL_H

#include <stdint.h>

struct backoff;
struct err;
struct job;

/* How a job fails: which exit status each cause has, and when it is tried again
   instead. */

/* Set the status and return -1. */
int job_fail(struct job *job, int status);

/* Set the status for what Redis did, as the class of err says, and return -1.
 */
int job_fail_redis(struct job *job, const struct err *err);

/* The exit status after the signal that asked to stop. */
int job_signal_status(void);

/* A signal asked to stop: set err and the status, and return -1. */
int job_fail_signal(struct job *job, struct err *err);

/* The shortest and the longest wait between two attempts. */
#define JOB_BACKOFF_FIRST_MSECS 50
#define JOB_BACKOFF_MAX_MSECS 2000

/* Redis cannot do it now, for the reason in err: wait until it is to be tried
   again. *deadline_msecs is negative at first. Returns 0; or -1 with the status
   set when a signal or --timeout ends the trying. */
int job_wait_again(struct job *job, struct backoff *backoff,
		   int64_t *deadline_msecs, const struct err *err);

#endif
