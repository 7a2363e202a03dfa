#ifndef OMQ_ORDER_JOB_H
#define OMQ_ORDER_JOB_H

#include "lib/settings/settings.h"
#include "producers/order/order_options.h"
#include "producers/order/pace.h"
#include "producers/order/progress.h"
#include "producers/order/order_state.h"
#include "producers/publish/window.h"

#include <stdbool.h>
#include <stdint.h>

struct backoff;
struct err;
struct outbox;
struct publisher;
struct source;

/* One run of ordermq-order: orders from a source, through a window, into the
   stream or an outbox. While one window is under way the next one is filled; it
   goes when all of the first is settled. What main() opened. */
struct job {
	struct order_options options;
	struct settings settings;
	struct source *source;
	struct publisher *publisher; /* or else: */
	struct outbox *outbox;
	struct window windows[2];
	struct window *window; /* of these: being filled */
	struct window *sent;   /* under way, or how that fared */
	struct pace pace;
	struct progress progress;

	struct order_state_file order_state_file; /* path NULL: none is kept */
	struct order_state
		resumed; /* what the file said: its orders are skipped */
	struct order_state given;  /* every order that the source gave */
	struct order_state behind; /* of these, up to the end of sent */
	struct order_state done;   /* of these, what is surely published */
	struct order_state saved;  /* what the file says now */
	int64_t save_msecs;        /* when it is to be written again */

	uint64_t published; /* as new entries */
	uint64_t known;     /* whose event key had an entry */
	uint64_t others;    /* of these: with other fields */
	uint64_t rejected;
	uint64_t bad;       /* rejected or others, when last settled */
	uint64_t sure_line; /* 0: none */
	char last_id[WINDOW_ID_BYTES];
	int status; /* to exit with, when something failed */
};

/* Publish everything. Returns 0; or -1 with err, and the status is set. What
   could not be finished is in the windows. */
int job_publish(struct job *job, struct err *err);

/* Redis cannot do it now, for the reason in err: wait until it is to be tried
   again. *deadline_msecs is negative at first. Returns 0; or -1 with the status
   set when a signal or --timeout ends the trying. */
int job_wait_again(struct job *job, struct backoff *backoff,
		   int64_t *deadline_msecs, const struct err *err);

/* Wait until the window being filled may go, so that --max-lag holds. Returns
   0, or -1 with err and the status set. */
int job_wait_groups(struct job *job, struct err *err);

/* Set the status and return -1. */
int job_fail(struct job *job, int status);

/* The same when Redis refused or was lost, as err says. */
int job_fail_redis(struct job *job, const struct err *err);

/* The exit status after the signal that asked to stop. */
int job_signal_status(void);

/* Such a signal has come: set err and the status, and return -1. */
int job_fail_signal(struct job *job, struct err *err);

/* Between two attempts, in milliseconds. */
#define JOB_BACKOFF_FIRST_MSECS 50
#define JOB_BACKOFF_MAX_MSECS 2000

/* A line on stderr: "ordermq-order: ...". */
void job_say(struct job *job, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* One order that nobody could use: say where it is, and count it. */
void job_reject(struct job *job, uint64_t line, const char *reason);

/* One order whose event key has an entry with other fields. */
void job_report_other(struct job *job, const struct window_order *order);

/* Where it ended before its end, so that nobody has to guess what to publish
   again. */
void job_report_failure(struct job *job, const struct err *err);

/* The last line: how many of what, and how fast. */
void job_summarize(struct job *job);

#endif
