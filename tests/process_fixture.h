#ifndef OMQ_PROCESS_FIXTURE_H
#define OMQ_PROCESS_FIXTURE_H

#include "tests/redis_fixture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Real consumer processes on a private redis-server, with a configuration of
   their own and their log in a file. Every wait is for a fact, with a deadline
   that fails the test. Whatever still runs at the end of a test is killed. */

#define SHOP_PATH_BYTES 128

/* A stream, what is configured for it, and the processes that work on it. */
struct shop {
	struct redis_fixture *redis;
	const char *owner_ttl; /* "1s" at first */
	const char *drain;     /* "10s" at first */
	const char *url;       /* of Redis; NULL at first: its own socket */
	char dir[64];          /* of the configuration, the boards, the logs */
	char run_dir[SHOP_PATH_BYTES];
	char conf[SHOP_PATH_BYTES];
	char push[SHOP_PATH_BYTES]; /* more for "push: { ... }" */
	char push_file[SHOP_PATH_BYTES];
	char xread_file[SHOP_PATH_BYTES];
};

/* One consumer process. */
struct worker {
	const struct shop *shop;
	pid_t pid; /* 0: not running */
	char log[2 * SHOP_PATH_BYTES];
};

/* For cmocka: *state becomes a struct shop with an empty Redis and the default
   configuration. */
int shop_open(void **state);
int shop_close(void **state);

/* Write the configuration anew. redis is what stands in "redis: { ... }" beside
   the address, group what stands in each group beside its own settings, rest
   what stands at the end of the file; each may be "". The groups are points,
   push, xread and trial, with short pauses. */
void shop_configure(const struct shop *shop, const char *redis,
		    const char *group, const char *rest);

/* From now on configurations name another runtime directory: as on another
   host. */
void shop_move(struct shop *shop);

/* Start consumers/ordermq-<program>, or the trial_worker.c of the tests for
   "trial": instance slot of its group on node; slot 0 for "keeper". The worker
   must stand still in memory until shop_close(). */
void worker_start(struct worker *worker, const struct shop *shop,
		  const char *program, int slot, const char *node);

/* Kill it as by kill -9 and wait for its end. */
void worker_kill(struct worker *worker);

/* Send SIGTERM and wait; the exit status, or minus the signal that ended it. */
int worker_stop(struct worker *worker);

/* Wait for its end by itself; the same returns. */
int worker_wait(struct worker *worker);

bool worker_is_alive(struct worker *worker);

/* Stop it in the middle of whatever it does, and let it go on. */
void worker_pause(const struct worker *worker);
void worker_resume(const struct worker *worker);

/* Its log so far, as a C string until the next call, and how often text stands
   in it. */
const char *worker_log(const struct worker *worker);
size_t worker_said(const struct worker *worker, const char *text);
void worker_await(const struct worker *worker, const char *text);

/* Milliseconds of processor time it has used. */
int64_t worker_cpu_msecs(const struct worker *worker);

/* Wait until fact(data) is true; what is told when it does not become so. */
void until(bool (*fact)(void *data), void *data, const char *what);

/* Publish the orders first to first + count - 1, "A-<n>", each of 1000 minor
   units for account n % 10. */
void shop_orders(const struct shop *shop, int first, int count);

/* Publish such orders and have them read at once, as by a consumer that then
   died: nobody else can read them in between. */
void shop_orders_read_by(const struct shop *shop, int first, int count,
			 const char *group, const char *consumer);

/* Publish one entry of C strings, ended by NULL; its id until the next one. */
const char *shop_publish(const struct shop *shop, ...)
	__attribute__((sentinel));

/* Wait until the group has nothing to read and nothing pending. */
void shop_await_done(const struct shop *shop, const char *group);

/* Entries pending in the group; -1: no such group. */
int64_t shop_pending(const struct shop *shop, const char *group);

/* The number in P:<group>:<what>, field; 0 when it is not there. */
int64_t shop_number(const struct shop *shop, const char *group,
		    const char *what, const char *field);

/* The ledger has exactly the orders 1 to count of shop_orders(), and the
   balances are those of them. */
void shop_check_points(const struct shop *shop, int count);

/* Every line of the push log parses; each of the orders 1 to count is there.
   Returns how many lines there are beyond one each. */
size_t shop_check_push(const struct shop *shop, int count);
/* How many consumers the group has. */
int64_t shop_consumers(const struct shop *shop, const char *group);

#endif
