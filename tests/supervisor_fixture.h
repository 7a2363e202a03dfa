#ifndef OMQ_SUPERVISOR_FIXTURE_H
#define OMQ_SUPERVISOR_FIXTURE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/* A real ordermqd in a directory of its own, with instances that do no work
   (fake_worker.c). Every wait is for a fact, with a deadline; one that does not
   come fails the test. */

#define FIXTURE_DEADLINE_MSECS 20000
#define FIXTURE_PATH_BYTES 512

/* A group of the configuration, whose name says how its instances behave. */
#define GROUP(name, count)                                                     \
	"{ name = \"" name "\"; program = \"points\"; instances = " count "; " \
	"}"
#define GROUP_BATCH(name, count, batch)                                        \
	"{ name = \"" name "\"; program = \"points\"; instances = " count      \
	"; batch = " batch "; }"

struct fixture {
	char dir[256];
	pid_t pid; /* of ordermqd; 0: none */
	const char
		*supervisor; /* more for "supervisor = { ... }"; NULL: none */
	const char *drain;   /* NULL: "300ms" */
	int stderr_fd;       /* its own; 0: the file "log" */
};

/* For cmocka: an empty directory; and its end, with whatever still runs. */
int fixture_open(void **state);
int fixture_close(void **state);

/* The same with something more in it. */
#define GROUP_WITH(name, count, more)                                          \
	"{ name = \"" name "\"; program = \"points\"; instances = " count      \
	"; " more " }"

/* Write the configuration: groups is what stands between "groups = (" and
   ")"; top is put before it. */
void fixture_configure(struct fixture *fixture, const char *top,
		       const char *groups);

/* Start ordermqd and wait until it answers; begin: with these groups, as the
   first thing of a test. */
void fixture_start(struct fixture *fixture);
struct fixture *fixture_begin(void **state, const char *groups);

/* Run ordermqd or ordermqctl (which is its path from the build directory) to
   its end, with up to four arguments; its output, cut, is left in text.
   Returns its exit status. */
int fixture_run(struct fixture *fixture, const char *which, const char *args[],
		char *text, size_t bytes);

/* Wait for the end of ordermqd; returns its exit status, or minus the number
   of the signal that ended it. */
int fixture_wait(struct fixture *fixture);

/* Send one line to a socket of ordermqd ("control.sock") and read the answer
   as an array of objects, which the caller must json_decref(). */
json_t *fixture_ask(struct fixture *fixture, const char *name,
		    const char *line);

/* Connect to it and send text, without waiting; returns the descriptor. */
int fixture_connect(struct fixture *fixture, const char *name,
		    const char *text);

/* Ask for a reload; returns the code of the answer and copies its text. */
int fixture_reload(struct fixture *fixture, char *text, size_t bytes);

/* Let these be the groups from now on. Returns what the reload says. */
const char *fixture_set_groups(struct fixture *fixture, const char *groups);

/* Wait until the instance of that name is in state ("absent" when it is not
   there); returns its pid, 0 if it has none. */
pid_t fixture_await(struct fixture *fixture, const char *instance,
		    const char *state);

/* What status says of the instance now; the caller must json_decref(). NULL
   when it is not there. */
json_t *fixture_instance(struct fixture *fixture, const char *instance);

/* One field of that as JSON text, "" when it is not there. It lives until the
   next call. */
const char *fixture_field(struct fixture *fixture, const char *instance,
			  const char *name);

/* Wait until it is ready with another pid than before. */
void fixture_await_renewal(struct fixture *fixture, const char *instance,
			   pid_t before);

/* Wait until fact(data) is true. */
void fixture_until(bool (*fact)(void *data), void *data);

/* Is the process gone? data is a pid_t. */
bool fixture_is_gone(void *data);

#endif
