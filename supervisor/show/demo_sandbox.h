#ifndef OMQ_DEMO_SANDBOX_H
#define OMQ_DEMO_SANDBOX_H

#include "lib/settings/settings.h"
#include "supervisor/show/sandbox.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/* The sandbox of the demo: one with an ordermqd of its own. */

#define DEMO_PATH_BYTES SANDBOX_PATH_BYTES

/* Where the programs are. */
struct demo_programs {
	char ordermqd[DEMO_PATH_BYTES];
	char ordermq_order[DEMO_PATH_BYTES];
	char consumers[DEMO_PATH_BYTES]; /* the folder */
};

struct demo_sandbox {
	struct sandbox base;
	const struct demo_programs *programs;
	char config[DEMO_PATH_BYTES];
	pid_t ordermqd; /* 0: does not run */
	pid_t ordermq_order;
	struct settings settings; /* of the configuration in config */
};

/* Open the sandbox and write the configuration. Returns 0; or -1 with
   ERR_RETRY, and the sandbox must be closed all the same. */
int demo_sandbox_open(struct demo_sandbox *sandbox,
		      const struct demo_programs *programs, struct err *err);

/* End the processes that still run, and remove the directory; keep: leave the
   directory for a look. */
void demo_sandbox_close(struct demo_sandbox *sandbox, bool keep);

/* Start ordermqd, or ordermq-order with count orders, rate of them a second. */
int demo_sandbox_start_ordermqd(struct demo_sandbox *sandbox, struct err *err);
int demo_sandbox_start_order(struct demo_sandbox *sandbox, const char *count,
			     const char *rate, struct err *err);

/* Wait for ordermq-order to be done, or ask ordermqd to drain and wait for
   that. Return its exit status, or -1. */
int demo_sandbox_wait_order(struct demo_sandbox *sandbox);
int demo_sandbox_stop_ordermqd(struct demo_sandbox *sandbox);

/* Call is_so every few milliseconds until it says 1. Returns 0; or -1 with
   ERR_RETRY when sandbox_wait() has, or ordermqd ends. */
int demo_sandbox_wait(struct demo_sandbox *sandbox,
		      int (*is_so)(struct demo_sandbox *sandbox, void *context,
				   struct err *err),
		      void *context, int64_t timeout_msecs, struct err *err);

/* The integer that a command of C strings, ended by NULL, answers; -1 with
   ERR_RETRY. */
int64_t demo_sandbox_integer(struct demo_sandbox *sandbox, struct err *err,
			     const char *command, const char *key);

#endif
