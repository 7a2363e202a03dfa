/* One process of the race: it waits for the gate, sends its users' requests
   through the queue of ordermq-seckill, and counts the answers. seckill.c forks
   it; seckill_sums.c compares the answers of all. */

#include "config.h"

#include "bench/seckill_race.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "producers/common/stop.h"
#include "producers/seckill/orderno.h"
#include "producers/seckill/seckill_queue.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>

#define RACE_QUEUE_SIZE 128

/* One process: the users it sends, in a sequence of its own. */
struct runner {
	const struct race *race;
	struct race_tally *tally;
	struct orderno orderno;
	struct seckill_queue *queue;
	int64_t *users;
	int64_t count;
	int64_t sent;
	int64_t answered;
};

/* The users of process n, and those of the one behind it. */
static int users_choose(struct runner *runner, int64_t n)
{
	const struct race *race = runner->race;
	const int64_t next = (n + 1) % race->process_count;
	const int64_t most = 2 * (race->user_count / race->process_count + 1);

	runner->users = calloc((size_t)most, sizeof(*runner->users));
	if (runner->users == NULL)
		return -1;
	for (int64_t user = n; user < race->user_count;
	     user += race->process_count)
		runner->users[runner->count++] = user;
	for (int64_t user = next; user < race->user_count;
	     user += race->process_count)
		runner->users[runner->count++] = user;
	return 0;
}

static void users_shuffle(struct runner *runner)
{
	unsigned int seed = 1;
	struct random_data state = { 0 };
	char buf[64] = { 0 };
	int32_t number;

	(void)!getrandom(&seed, sizeof(seed), 0);
	(void)initstate_r(seed, buf, sizeof(buf), &state);
	for (int64_t i = runner->count - 1; i > 0; i--) {
		int64_t other, user = runner->users[i];

		(void)random_r(&state, &number);
		other = number % (i + 1);
		runner->users[i] = runner->users[other];
		runner->users[other] = user;
	}
}

static void request_put(struct runner *runner)
{
	const int64_t user = runner->users[runner->sent++];
	struct seckill_queue_entry *entry = seckill_queue_put(runner->queue);
	char number[ORDERNO_BYTES];

	entry->owner = &runner->race->users[user];
	(void)snprintf(entry->request.voucher, sizeof(entry->request.voucher),
		       "%s", runner->race->voucher);
	(void)num_format(user + 1, entry->request.user);
	(void)snprintf(entry->request.orderno, sizeof(entry->request.orderno),
		       "%s", orderno_next(&runner->orderno, number));
}

static void accepted_note(struct runner *runner,
			  const struct seckill_queue_entry *entry)
{
	struct race_user *user = entry->owner;

	if (strcmp(entry->decision.orderno, entry->request.orderno) != 0)
		runner->tally->wrong++;
	runner->tally->accepted++;
	if (atomic_fetch_add(&user->accepted, 1) > 0)
		return;
	memcpy(user->orderno, entry->decision.orderno, sizeof(user->orderno));
	memcpy(user->id, entry->decision.id, sizeof(user->id));
}

static void answer_note(struct runner *runner,
			const struct seckill_queue_entry *entry)
{
	struct race_tally *tally = runner->tally;

	runner->answered++;
	if (entry->state == SECKILL_QUEUE_FAILED) {
		if (tally->failed++ == 0)
			memcpy(tally->reason, entry->reason,
			       sizeof(tally->reason));
		return;
	}
	switch (entry->decision.result) {
	case SECKILL_ACCEPTED:
		accepted_note(runner, entry);
		break;
	case SECKILL_BOUGHT:
		tally->bought++;
		break;
	case SECKILL_SOLD_OUT:
		tally->sold_out++;
		break;
	default:
		tally->wrong++;
	}
}

/* Returns false when it was stopped. */
static bool runner_wait(struct runner *runner)
{
	struct pollfd fds[] = {
		{ .fd = stop_fd(), .events = POLLIN },
		{ .fd = seckill_queue_fd(runner->queue),
		  .events = seckill_queue_events(runner->queue) },
	};

	(void)poll(fds, 2, (int)seckill_queue_wait_msecs(runner->queue));
	return fds[0].revents == 0;
}

static void requests_put(struct runner *runner)
{
	while (!seckill_queue_is_full(runner->queue) &&
	       runner->sent < runner->count)
		request_put(runner);
}

static void runner_race(struct runner *runner)
{
	const struct seckill_queue_entry *entry;

	do {
		requests_put(runner);
		seckill_queue_work(runner->queue);
		while ((entry = seckill_queue_take(runner->queue)) != NULL)
			answer_note(runner, entry);
		/* Send what has room now, before the wait. */
		requests_put(runner);
	} while (runner->answered < runner->count && runner_wait(runner));
	/* A request that was stopped has no answer. */
	runner->tally->failed += (uint64_t)(runner->count - runner->answered);
}

static int runner_open(struct runner *runner, int64_t n)
{
	const struct seckill_queue_settings set = {
		.redis = &runner->race->settings->redis,
		.stream = runner->race->settings->stream_key,
		.size = RACE_QUEUE_SIZE,
		.timeout_msecs = runner->race->timeout_msecs,
		.wake_fd = stop_fd(),
	};
	struct err err;

	orderno_begin(&runner->orderno);
	if (users_choose(runner, n) < 0)
		return -1;
	users_shuffle(runner);
	runner->queue = seckill_queue_open(&set, &err);
	return runner->queue == NULL ? -1 : 0;
}

int race_run(const struct race *race, int64_t n)
{
	struct runner runner = { .race = race, .tally = &race->tallies[n] };
	int status = EX_TEMPFAIL;

	if (runner_open(&runner, n) == 0) {
		stop_wait(race->gate, -1);
		runner_race(&runner);
		status = 0;
	}
	seckill_queue_close(&runner.queue);
	free(runner.users);
	return status;
}
