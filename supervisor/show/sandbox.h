#ifndef OMQ_SANDBOX_H
#define OMQ_SANDBOX_H

#include "lib/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;
struct err;
struct redis;

/* A temporary directory with a redis-server of its own in it, for a show with
   real processes. Nothing of it outlives us: every child is killed when we die.
   At most one sandbox in a process, since it handles SIGINT and SIGTERM, and
   ignores SIGPIPE. */

#define SANDBOX_DIR_BYTES 40
#define SANDBOX_PATH_BYTES 256

struct sandbox {
	char dir[SANDBOX_DIR_BYTES];       /* "/tmp/ordermq-NAME-XXXXXX" */
	struct settings_redis at;          /* where its redis-server is */
	const char *const *server_options; /* ended by NULL */
	pid_t redis_server;                /* 0: does not run */
	struct redis *redis;               /* a connection to it */
	struct arena *arena;               /* of replies */
};

/* Make the directory, and start redis-server in it with these options, which
   are borrowed. Returns 0; or -1 with ERR_RETRY, and the sandbox must be closed
   all the same. */
int sandbox_open(struct sandbox *sandbox, const char *name,
		 const char *const *server_options, struct err *err);

/* End redis-server and remove the directory; keep: leave it for a look. Other
   children must be ended before. */
void sandbox_close(struct sandbox *sandbox, bool keep);

/* Kill redis-server with kill -9, start it again in the same directory with the
   same options, and connect anew. Returns 0, or -1 with ERR_RETRY. */
int sandbox_restart_redis(struct sandbox *sandbox, struct err *err);

/* Start a program; its output goes to <name>.log in the directory. A program
   that is not there has the exit status SANDBOX_EXEC_FAILED. Returns 0, or -1
   with ERR_RETRY. */
#define SANDBOX_EXEC_FAILED 127
int sandbox_start(struct sandbox *sandbox, const char *name, char *const *argv,
		  pid_t *pid_r, struct err *err);

/* Wait until a child has ended, and set *pid to 0. Returns its exit status, or
   -1 when it died of a signal, or does not run. */
int sandbox_await(pid_t *pid);

/* As sandbox_await(), after sending the child a signal. A child that does not
   run is fine. */
void sandbox_end(pid_t *pid, int signal_number);

/* Returns 0; or -1 with ERR_RETRY when the user has interrupted, or
   redis-server has ended. */
int sandbox_check(struct sandbox *sandbox, struct err *err);

/* Call is_so every few milliseconds until it says 1. Returns 0; or -1 with
   ERR_RETRY when that takes longer than timeout_msecs, is_so says -1 (and has
   filled in err), or sandbox_check() does. */
int sandbox_wait(struct sandbox *sandbox,
		 int (*is_so)(struct sandbox *sandbox, void *context,
			      struct err *err),
		 void *context, int64_t timeout_msecs, struct err *err);

#endif
