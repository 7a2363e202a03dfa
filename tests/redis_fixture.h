#ifndef OMQ_REDIS_FIXTURE_H
#define OMQ_REDIS_FIXTURE_H

#include "lib/redis/reply.h"

#include <stdbool.h>
#include <sys/types.h>

struct settings;

/* A redis-server of our own: empty, on a Unix socket in a new directory. It
   opens no TCP port, so that any number of tests can run at the same time, and
   it dies with the test even when the test crashes. ORDERMQ_TEST_REDIS in the
   environment is the path of another program to start in its place, such as
   /usr/bin/valkey-server. */
struct redis_fixture;

/* True when there is no redis-server to start; the TAP line that skips the
   whole program is then on stdout. Call it before the first test: cmocka 1.1.5
   prints "not ok ... # SKIP" for skip(), which Automake counts as a failure. */
bool redis_fixture_skip_all(void);

/* Start a server and wait until it answers. Fails the test when it does not in
   time. The caller must stop it. */
struct redis_fixture *redis_fixture_start(void);

/* Stop the server, wait for it, remove its directory. NULL is fine. */
void redis_fixture_stop(struct redis_fixture **fixture);

/* End the server as by kill -9, or start it again (empty, unless it kept an
   append-only file: see redis_fixture_append_only()). */
void redis_fixture_kill(struct redis_fixture *fixture);
void redis_fixture_restart(struct redis_fixture *fixture);

/* Start again, empty, with an append-only file that is synced at every
   write. */
void redis_fixture_append_only(struct redis_fixture *fixture);

/* Its private directory, its socket, its process. */
const char *redis_fixture_dir(const struct redis_fixture *fixture);
const char *redis_fixture_socket(const struct redis_fixture *fixture);
pid_t redis_fixture_pid(const struct redis_fixture *fixture);

/* Default settings that lead to this server. */
void redis_fixture_settings(const struct redis_fixture *fixture,
			    struct settings *settings_r);

/* Run one command of C strings, ended by NULL, and fail the test if Redis does
   not like it. The reply lives until the next command. */
const struct reply *redis_fixture_command(struct redis_fixture *fixture,
					  const char *command, ...)
	__attribute__((sentinel));

/* The same with texts, which may hold any byte; an error reply is returned. */
const struct reply *redis_fixture_call(struct redis_fixture *fixture,
				       const struct text *words, size_t count);

/* The integer that such a command answers. */
#define redis_fixture_integer(...)                                             \
	reply_integer(redis_fixture_command(__VA_ARGS__), -1)

#endif
