/* The demo: starts everything, publishes, kills, waits, counts, judges.
   ordermq_demo.c calls it; demo_sandbox.c has the processes. */

#include "config.h"

#include "supervisor/show/demo.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "supervisor/common/ask.h"
#include "supervisor/show/demo_count.h"
#include "supervisor/show/demo_sandbox.h"
#include "supervisor/show/demo_table.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define DEMO_ORDERS 3000
#define DEMO_ORDERS_TEXT "3000"
#define DEMO_RATE_TEXT "1200"

#define DEMO_WAIT_MSECS 15000
#define DEMO_STOP_LOOKS 20 /* for what a stopped instance was given */
#define DEMO_ASK_MSECS 2000

/* An instance that is killed, and its successor. */
struct victim {
	const char *name;
	const char *group;
	int64_t pid;     /* before */
	int64_t new_pid; /* after */
	int64_t held;    /* entries it had in flight */
	int looks;       /* for them, since it was stopped first */
};

/* The answer of ordermqd to "status"; NULL while it is not there. */
static json_t *status_ask(struct demo_sandbox *sandbox)
{
	char path[DEMO_PATH_BYTES];
	struct err err;

	(void)snprintf(path, sizeof(path), "%s/status.sock", sandbox->base.dir);
	return ask(path, "status\n", DEMO_ASK_MSECS, &err);
}

static const char *text_of_member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static int64_t number_of_member(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* How many instances there are, and how many of them are ready. */
static void instances_count(const json_t *status, int *all_r, int *ready_r)
{
	const json_t *object;
	size_t i;

	*all_r = 0;
	*ready_r = 0;
	json_array_foreach(status, i, object)
	{
		if (strcmp(text_of_member(object, "kind"), "instance") != 0)
			continue;
		*all_r += 1;
		*ready_r +=
			strcmp(text_of_member(object, "state"), "ready") == 0;
	}
}

static int all_ready(struct demo_sandbox *sandbox, void *context,
		     struct err *err)
{
	int *all = context;
	json_t *status = status_ask(sandbox);
	int ready;

	(void)err;
	instances_count(status, all, &ready);
	json_decref(status);
	return *all > 0 && ready == *all;
}

static int half_published(struct demo_sandbox *sandbox, void *context,
			  struct err *err)
{
	int64_t length = demo_sandbox_integer(sandbox, err, "XLEN",
					      sandbox->settings.stream_key);

	(void)context;
	return length < 0 ? -1 : length >= DEMO_ORDERS / 2;
}

static const json_t *instance_find(const json_t *status, const char *name)
{
	const json_t *object;
	size_t i;

	json_array_foreach(status, i, object)
	{
		if (strcmp(text_of_member(object, "name"), name) == 0 &&
		    strcmp(text_of_member(object, "kind"), "instance") == 0)
			return object;
	}
	return NULL;
}

/* How many entries are pending for a stopped instance. */
static int holds_some(struct demo_sandbox *sandbox, void *context,
		      struct err *err)
{
	struct victim *victim = context;
	const struct reply *consumers;
	char wanted[80];

	(void)snprintf(wanted, sizeof(wanted), "%s@demo", victim->name);
	arena_reset(sandbox->base.arena);
	consumers = redis_command(sandbox->base.redis, sandbox->base.arena, err,
				  "XPENDING", sandbox->settings.stream_key,
				  victim->group, NULL);
	if (consumers == NULL)
		return -1;
	consumers = reply_at(consumers, 3);
	for (size_t i = 0; i < reply_count(consumers); i++) {
		const struct reply *row = reply_at(consumers, i);

		if (text_is(reply_text(reply_at(row, 0)), wanted))
			victim->held = reply_integer(reply_at(row, 1), 0);
	}
	return victim->held > 0;
}

static int is_back(struct demo_sandbox *sandbox, void *context, struct err *err)
{
	struct victim *victim = context;
	json_t *status = status_ask(sandbox);
	const json_t *instance = instance_find(status, victim->name);

	(void)err;
	victim->new_pid = number_of_member(instance, "pid");
	if (strcmp(text_of_member(instance, "state"), "ready") != 0)
		victim->new_pid = 0;
	json_decref(status);
	return victim->new_pid != 0 && victim->new_pid != victim->pid;
}

/* An instance that was stopped between two reads is given nothing: it goes on
   until the next look, and is stopped once more. */
static int is_stopped_with_some(struct demo_sandbox *sandbox, void *context,
				struct err *err)
{
	struct victim *victim = context;
	int look = victim->looks++ % DEMO_STOP_LOOKS;
	int held;

	if (look == 0)
		(void)kill((pid_t)victim->pid, SIGSTOP);
	held = holds_some(sandbox, victim, err);
	if (held == 0 && look == DEMO_STOP_LOOKS - 1)
		(void)kill((pid_t)victim->pid, SIGCONT);
	return held;
}

/* Stop an instance, so that it surely has orders in flight, then kill it. */
static int victim_kill(struct demo_sandbox *sandbox, struct victim *victim,
		       struct err *err)
{
	json_t *status = status_ask(sandbox);
	int64_t since;

	victim->pid =
		number_of_member(instance_find(status, victim->name), "pid");
	json_decref(status);
	if (victim->pid <= 0)
		return err_set(err, ERR_RETRY, "%s: does not run",
			       victim->name);
	if (demo_sandbox_wait(sandbox, is_stopped_with_some, victim,
			      DEMO_WAIT_MSECS, err) < 0)
		return err_wrap(err, "%s gets no orders", victim->name);
	since = clock_msecs();
	(void)kill((pid_t)victim->pid, SIGKILL);
	if (demo_sandbox_wait(sandbox, is_back, victim, DEMO_WAIT_MSECS, err) <
	    0)
		return err_wrap(err, "%s does not come back", victim->name);
	demo_say("kill -9",
		 "%s dies with %" PRId64
		 " order%s in hand; ready again after %" PRId64 " ms",
		 victim->name, victim->held, victim->held == 1 ? "" : "s",
		 clock_msecs() - since);
	return 0;
}

static int64_t group_settled(struct demo_sandbox *sandbox, const char *group,
			     struct err *err)
{
	struct demo_group counted;

	return demo_count_group(sandbox, NULL, group, NULL, &counted, err) < 0
		       ? -1
		       : counted.distinct;
}

static int64_t xread_delivered(struct demo_sandbox *sandbox)
{
	struct demo_group counted;
	struct err err;
	json_t *status = status_ask(sandbox);
	int64_t delivered = -1;

	if (demo_count_group(sandbox, status, "xread", "xread.txt", &counted,
			     &err) == 0)
		delivered = counted.deliveries;
	json_decref(status);
	return delivered;
}

/* Both groups have settled everything, and the plain readers have read it. */
static int all_done(struct demo_sandbox *sandbox, void *context,
		    struct err *err)
{
	int64_t points = group_settled(sandbox, "points", err);
	int64_t push = group_settled(sandbox, "push", err);

	(void)context;
	if (points < 0 || push < 0)
		return -1;
	return points >= DEMO_ORDERS && push >= DEMO_ORDERS &&
	       xread_delivered(sandbox) >= 3 * DEMO_ORDERS;
}

static int story_tell(struct demo_sandbox *sandbox, struct err *err)
{
	struct victim victims[] = {
		{ .name = "points-2", .group = "points" },
		{ .name = "push-1", .group = "push" },
	};
	int64_t since = clock_msecs();
	int all;

	demo_say("redis-server", "a private one in %s", sandbox->base.dir);
	if (demo_sandbox_start_ordermqd(sandbox, err) < 0 ||
	    demo_sandbox_wait(sandbox, all_ready, &all, DEMO_WAIT_MSECS, err) <
		    0)
		return err_wrap(err, "ordermqd");
	demo_say("ordermqd",
		 "points x 3, push x 2, xread x 3: all %d ready after %" PRId64
		 " ms",
		 all, clock_msecs() - since);
	demo_say("ordermq-order",
		 "publishes " DEMO_ORDERS_TEXT " orders, " DEMO_RATE_TEXT
		 " a second, with XADD");
	if (demo_sandbox_start_order(sandbox, DEMO_ORDERS_TEXT, DEMO_RATE_TEXT,
				     err) < 0 ||
	    demo_sandbox_wait(sandbox, half_published, NULL, DEMO_WAIT_MSECS,
			      err) < 0)
		return err_wrap(err, "ordermq-order");
	for (size_t i = 0; i < 2; i++) {
		if (victim_kill(sandbox, &victims[i], err) < 0)
			return -1;
	}
	if (demo_sandbox_wait_order(sandbox) != 0)
		return err_set(err, ERR_RETRY, "ordermq-order failed");
	if (demo_sandbox_wait(sandbox, all_done, NULL, DEMO_WAIT_MSECS, err) <
	    0)
		return err_wrap(err, "not all is settled");
	demo_say("done", "all is published, delivered and acknowledged");
	return 0;
}

struct result {
	struct demo_group points;
	struct demo_group push;
	struct demo_group xread;
	struct demo_points credit;
};

static int result_count(struct demo_sandbox *sandbox, struct result *result,
			struct err *err)
{
	json_t *status = status_ask(sandbox);
	int ret = -1;

	if (status == NULL)
		return err_set(err, ERR_RETRY, "ordermqd does not answer");
	if (demo_count_group(sandbox, status, "points", NULL, &result->points,
			     err) == 0 &&
	    demo_count_group(sandbox, status, "push", "push.jsonl",
			     &result->push, err) == 0 &&
	    demo_count_group(sandbox, status, "xread", "xread.txt",
			     &result->xread, err) == 0)
		ret = demo_count_points(sandbox, &result->credit, err);
	json_decref(status);
	return ret;
}

static bool xread_is_right(const struct demo_group *xread)
{
	bool right = xread->distinct == DEMO_ORDERS;

	for (size_t i = 0; i < xread->instance_count; i++)
		right = right && xread->instances[i].delivered == DEMO_ORDERS;
	return right;
}

/* Returns whether every count is right. */
static bool verdict_say(const struct result *result, int ended)
{
	const struct demo_points *credit = &result->credit;
	bool points = result->points.distinct == DEMO_ORDERS &&
		      credit->wrong_accounts == 0 && credit->accounts > 0;
	bool push = result->push.distinct == DEMO_ORDERS;
	bool xread = xread_is_right(&result->xread);

	demo_title("Checked");
	demo_verdict(points,
		     "points  %" PRId64 " credited, %" PRId64
		     " expected, in %" PRId64 " accounts",
		     credit->credited, credit->expected, credit->accounts);
	demo_verdict(push,
		     "push    every order notified at least once, %" PRId64
		     " more than once",
		     result->push.deliveries - result->push.distinct);
	demo_verdict(xread, "xread   every instance saw every order");
	demo_verdict(ended == 0, "stop    ordermqd drained and ended");
	return points && push && xread && ended == 0;
}

static void result_show(const struct result *result)
{
	demo_title("Consumer groups: each service gets each order, shared "
		   "among its instances");
	demo_table_head();
	demo_table_group(&result->points);
	demo_table_group(&result->push);
	demo_title("Plain XREAD: every instance gets every order");
	demo_table_head();
	demo_table_group(&result->xread);
}

static void programs_find(const char *build_dir, struct demo_programs *where)
{
	bool built = build_dir != NULL;

	(void)snprintf(where->ordermqd, sizeof(where->ordermqd),
		       "%s%s/ordermqd", built ? build_dir : SBINDIR,
		       built ? "/bin" : "");
	(void)snprintf(where->ordermq_order, sizeof(where->ordermq_order),
		       "%s%s/ordermq-order", built ? build_dir : BINDIR,
		       built ? "/bin" : "");
	(void)snprintf(where->consumers, sizeof(where->consumers), "%s%s",
		       built ? build_dir : PKGLIBEXECDIR, built ? "/bin" : "");
}

static int demo_play(struct demo_sandbox *sandbox,
		     const struct demo_programs *programs, struct err *err)
{
	struct result result;

	if (demo_sandbox_open(sandbox, programs, err) < 0 ||
	    story_tell(sandbox, err) < 0 ||
	    result_count(sandbox, &result, err) < 0)
		return EX_UNAVAILABLE;
	result_show(&result);
	return verdict_say(&result, demo_sandbox_stop_ordermqd(sandbox))
		       ? EX_OK
		       : EX_SOFTWARE;
}

int demo_run(const char *build_dir)
{
	struct demo_programs programs;
	struct demo_sandbox sandbox;
	struct err err;
	int status;

	programs_find(build_dir, &programs);
	demo_table_open();
	demo_title("ordermq demo: " DEMO_ORDERS_TEXT
		   " orders, two services, real processes");
	status = demo_play(&sandbox, &programs, &err);
	demo_sandbox_close(&sandbox, status != EX_OK);
	if (status == EX_UNAVAILABLE)
		fprintf(stderr, "ordermq-demo: %s\n", err.text);
	if (status != EX_OK)
		fprintf(stderr, "The logs are in %s\n", sandbox.base.dir);
	return status;
}
