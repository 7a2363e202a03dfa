/* A consumer on the same skeleton as points and push whose handler does to each
   order what the order's field "act" says: the tests' way to failures. In a
   group named "paced" it takes one order at a time, 20 ms each. */

#include "config.h"

#include "lib/base/clock.h"
#include "lib/consumer/consumer.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/num.h"
#include "lib/stream/order.h"
#include "lib/settings/settings.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOW_MSECS 5000
#define PACED_MSECS 20

/* Where effects are noted, a line each: O_APPEND, so that all may write. */
#define EFFECTS_VARIABLE "ORDERMQ_TRIAL_EFFECTS"

/* What eats memory stops here, should nobody stop it before: nothing is gained
   by a machine that dies of its tests. */
#define EAT_BYTES (1024 * 1024)
#define EAT_TIMES 1024

struct trial {
	struct consumer *consumer;
	bool is_paced;
	struct delivery *slow; /* in hand, until slow_msecs */
	int64_t slow_msecs;
};

static void act_fail(struct trial *trial, struct delivery *delivery)
{
	consumer_retry(trial->consumer, delivery, -1, "it always fails");
}

static void act_twice(struct trial *trial, struct delivery *delivery)
{
	if (delivery->attempts < 2)
		consumer_retry(trial->consumer, delivery, -1, "it fails twice");
	else
		consumer_done(trial->consumer, delivery, OUTCOME_APPLIED);
}

static void act_wish(struct trial *trial, struct delivery *delivery)
{
	if (delivery->attempts < 1)
		consumer_retry(trial->consumer, delivery, 1500,
			       "again in 1.5 s");
	else
		consumer_done(trial->consumer, delivery, OUTCOME_APPLIED);
}

/* Seven times, and then it works: more often than it could fail. */
static void act_postpone(struct trial *trial, struct delivery *delivery)
{
	static int times;

	if (times++ < 7)
		consumer_postpone(trial->consumer, delivery, 10, "not now");
	else
		consumer_done(trial->consumer, delivery, OUTCOME_APPLIED);
}

static void act_slow(struct trial *trial, struct delivery *delivery)
{
	trial->slow = delivery;
	trial->slow_msecs = clock_msecs() + SLOW_MSECS;
}

static void act_paced(struct trial *trial, struct delivery *delivery)
{
	trial->slow = delivery;
	trial->slow_msecs = clock_msecs() + PACED_MSECS;
}

static void act_crash(struct trial *trial, struct delivery *delivery)
{
	(void)trial;
	(void)delivery;
	(void)raise(SIGSEGV);
}

/* The sanitizers would be quicker than the processor. */
__attribute__((no_sanitize("undefined", "address"))) static void act_null(
	struct trial *trial, struct delivery *delivery)
{
	static volatile int *volatile nowhere;

	(void)trial;
	(void)delivery;
	*nowhere = 1;
}

/* Until the kernel kills it, or there is no more: then it does as others do. */
static void act_eat(struct trial *trial, struct delivery *delivery)
{
	for (int i = 0; i < EAT_TIMES; i++) {
		void *block = mmap(NULL, EAT_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (block == MAP_FAILED)
			abort();
		memset(block, 1, EAT_BYTES);
	}
	consumer_done(trial->consumer, delivery, OUTCOME_APPLIED);
}

/* As a request to a gateway that takes the milliseconds of the field "msecs":
   nothing else is done meanwhile, and the effect is there before we know. */
static void act_block(struct trial *trial, struct delivery *delivery)
{
	struct text field = order_field(&delivery->order, text_of("msecs"));
	const char *path = getenv(EFFECTS_VARIABLE);
	int64_t msecs = 0;
	int fd = path == NULL
			 ? -1
			 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
				0600);

	(void)num_parse(field.data, field.length, &msecs);
	(void)poll(NULL, 0, (int)msecs);
	(void)dprintf(fd, "%.*s\n", (int)delivery->order.orderno.length,
		      delivery->order.orderno.data);
	(void)close(fd);
	consumer_done(trial->consumer, delivery, OUTCOME_APPLIED);
}

static void act_loop(struct trial *trial, struct delivery *delivery)
{
	(void)delivery;
	for (volatile int on = 1; on;)
		trial->slow_msecs++;
}

static void act_kill(struct trial *trial, struct delivery *delivery)
{
	(void)trial;
	(void)delivery;
	(void)raise(SIGKILL);
}

/* As if what is wrong had been put right before it came back. */
static void act_mended(struct trial *trial, struct delivery *delivery)
{
	if (delivery->replays)
		consumer_done(trial->consumer, delivery, OUTCOME_APPLIED);
	else
		consumer_reject(trial->consumer, delivery, "reject",
				"not before it is mended");
}

static void act_nothing(struct trial *trial, struct delivery *delivery)
{
	consumer_done(trial->consumer, delivery, OUTCOME_APPLIED);
}

static const struct {
	const char *name;
	void (*run)(struct trial *trial, struct delivery *delivery);
} acts[] = {
	{ "fail", act_fail },     { "twice", act_twice },
	{ "wish", act_wish },     { "postpone", act_postpone },
	{ "slow", act_slow },     { "crash", act_crash },
	{ "mended", act_mended }, { "loop", act_loop },
	{ "kill", act_kill },     { "null", act_null },
	{ "eat", act_eat },       { "block", act_block },
};

static void act(struct trial *trial, struct delivery *delivery)
{
	struct text name = order_field(&delivery->order, text_of("act"));

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (text_is(name, acts[i].name)) {
			acts[i].run(trial, delivery);
			return;
		}
	}
	if (trial->is_paced)
		act_paced(trial, delivery);
	else
		act_nothing(trial, delivery);
}

static void trial_handle(void *state, struct delivery *const *deliveries,
			 size_t count)
{
	struct trial *trial = state;

	for (size_t i = 0;
	     i < count && consumer_touch(trial->consumer, deliveries[i]); i++)
		act(trial, deliveries[i]);
	(void)consumer_touch(trial->consumer, NULL);
}

static size_t trial_poll(void *state, struct pollfd *fds, size_t size,
			 int64_t *deadline_msecs_r)
{
	const struct trial *trial = state;

	(void)fds;
	(void)size;
	*deadline_msecs_r = trial->slow == NULL ? -1 : trial->slow_msecs;
	return 0;
}

static void trial_wake(void *state, const struct pollfd *fds, size_t count)
{
	struct trial *trial = state;

	(void)fds;
	(void)count;
	if (trial->slow == NULL || clock_msecs() < trial->slow_msecs)
		return;
	consumer_done(trial->consumer, trial->slow, OUTCOME_APPLIED);
	trial->slow = NULL;
}

static int trial_open(const struct handler_setup *setup, void **state_r,
		      struct err *err)
{
	struct trial *trial = calloc(1, sizeof(*trial));

	if (trial == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	trial->consumer = setup->consumer;
	trial->is_paced = strcmp(setup->group->name, "paced") == 0;
	if (trial->is_paced)
		consumer_window(trial->consumer, 1);
	*state_r = trial;
	return 0;
}

static void trial_close(void **state)
{
	free(*state);
	*state = NULL;
}

static const struct handler trial_handler = {
	.name = "trial",
	.open = trial_open,
	.handle = trial_handle,
	.poll = trial_poll,
	.wake = trial_wake,
	.close = trial_close,
};

int main(int argc, char **argv)
{
	return consumer_main(argc, argv, &trial_handler);
}
