#ifndef OMQ_ORDER_REPORT_H
#define OMQ_ORDER_REPORT_H

#include <stdint.h>

struct err;
struct job;
struct window_order;

/* What ordermq-order writes to stderr. Each function first wipes the line of
   the progress. */

/* A line "ordermq-order: ...". */
void job_say(struct job *job, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The record at that line of the source is no order: say where and why, and
   count it. */
void job_reject(struct job *job, uint64_t line, const char *reason);

/* The event key of that order has an entry with other fields. */
void job_report_other(struct job *job, const struct window_order *order);

/* The job ended before its end: say why, and which orders are published, not
   sent or in doubt, so that it is known what to publish again. */
void job_report_failure(struct job *job, const struct err *err);

/* The last line: how many orders became what, and how fast. */
void job_summarize(struct job *job);

#endif
