/* The main loop of every consumer process: options and settings come from
   lib/process/, the connection is consumer_link.c's, the handler is called by
   consumer_handle.c. README.md beside this has the layers. */

#include "config.h"

#include "lib/consumer/consumer.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/consumer/consumer_handle.h"
#include "lib/consumer/consumer_link.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

/* First wait after Redis went away; the longest is a setting. */
#define CONSUMER_RETRY_MSECS 50

/* Memory that one batch may keep: a full one of ordinary orders. */
#define CONSUMER_BATCH_BYTES (512 * 1024)

/* Descriptors of a handler. */
#define CONSUMER_FDS_MAX 64

/* Nothing under way that could still be finished. What waits for a retry is
   left pending. */
static bool is_drained(const struct consumer *consumer)
{
	return consumer->drain == DRAIN_FINISHING &&
	       !exchange_is_busy(&consumer->exchange) &&
	       !in_flight_has_decided(&consumer->in_flight) &&
	       consumer->in_flight.handler_count == 0;
}

static bool is_over(const struct consumer *consumer)
{
	return consumer->lease.taken || is_drained(consumer) ||
	       (consumer->drain != DRAIN_NOT &&
		clock_msecs() >= consumer->drain_deadline_msecs);
}

/* The descriptors and the time that end the next wait. */
static nfds_t wait_prepare(struct consumer *consumer, struct pollfd *fds,
			   int64_t *deadline_r)
{
	const struct handler *handler = consumer->handler;
	int64_t handler_deadline = -1;
	nfds_t count = 2;

	fds[0] = (struct pollfd){ .fd = consumer->process.wake_fd,
				  .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = -1 };
	if (consumer->lease.redis != NULL) {
		fds[1].fd = redis_fd(consumer->lease.redis);
		fds[1].events = redis_events(consumer->lease.redis);
	}
	if (handler->poll != NULL)
		count += handler->poll(consumer->state, fds + 2,
				       CONSUMER_FDS_MAX, &handler_deadline);
	*deadline_r =
		clock_earlier(clock_earlier(consumer_link_deadline(consumer),
					    handler_deadline),
			      process_beat_deadline(&consumer->process));
	if (consumer->drain != DRAIN_NOT)
		*deadline_r = clock_earlier(*deadline_r,
					    consumer->drain_deadline_msecs);
	return count;
}

static void wait_turn(struct consumer *consumer)
{
	struct pollfd fds[2 + CONSUMER_FDS_MAX];
	int64_t deadline;
	nfds_t count = wait_prepare(consumer, fds, &deadline);

	consumer_time_pass(consumer);
	process_rest(&consumer->process);
	/* A failure is EINTR, or for lack of memory: the next turn sees. */
	(void)poll(fds, count, clock_until(deadline));
	consumer_time_pass(consumer);
	process_beat(&consumer->process);
	if (fds[0].revents != 0)
		process_woken(&consumer->process);
	consumer_wake(consumer, fds + 2, count - 2);
}

static int consumer_run(struct consumer *consumer)
{
	while (!is_over(consumer)) {
		consumer_link_turn(consumer);
		consumer_handle(consumer);
		consumer_link_begin(consumer);
		consumer_show_entries(consumer);
		/* Whoever was told while it connected is not woken again. */
		if (consumer->process.stop)
			consumer_drain_begin(consumer);
		if (is_over(consumer))
			break;
		wait_turn(consumer);
		if (consumer->process.stop) {
			consumer_drain_begin(consumer);
			consumer_drain_turn(consumer);
		}
	}
	if (consumer->lease.taken && !consumer->process.stop)
		return EX_CONFIG;
	consumer_leave(consumer);
	return EX_OK;
}

/* What the process before us left on the board: did it die with a read in
   flight, which may have been too large to be borne? */
static void portion_begin(struct consumer *consumer)
{
	const struct settings_group *group = consumer->process.group;
	struct board *board = consumer->process.board;
	struct portion *portion = &consumer->portion;
	int signal = consumer->process.suspect.signal;

	portion_open(portion, (size_t)group->batch, (size_t)group->batch_bytes,
		     group->owner_ttl_msecs * 1000 / 3,
		     (unsigned int)board_get(&board->halvings));
	if (board_get(&board->in_flight_bytes) < PORTION_LARGE_BYTES ||
	    (signal != 0 && signal != SIGBUS))
		return;
	portion_halve(portion);
	log_line(LOG_NOTICE,
		 "killed with a read in flight: reading at most "
		 "%zu entries at once",
		 portion_count(portion));
	board_set(&board->halvings, portion->halvings);
}

static int memory_open(struct consumer *consumer, struct err *err)
{
	size_t batch = (size_t)consumer->process.group->batch;

	consumer->list = calloc(BATCH_ENTRIES_MAX, sizeof(struct delivery *));
	consumer->due = calloc(batch, sizeof(*consumer->due));
	if (consumer->list == NULL || consumer->due == NULL ||
	    in_flight_open(&consumer->in_flight, CONSUMER_BATCH_BYTES,
			   (CONSUMER_STALL_BATCHES + IN_FLIGHT_BATCHES_MAX) *
				   batch) < 0)
		return err_set(err, ERR_RETRY, "out of memory");
	return 0;
}

static void state_begin(struct consumer *consumer)
{
	const struct process *process = &consumer->process;

	consumer->window =
		(size_t)process->group->batch * IN_FLIGHT_BATCHES_MAX;
	(void)snprintf(consumer->last_id, sizeof(consumer->last_id), "%s",
		       process->group->start);
	consumer->trouble = CONSUMER_WELL;
	consumer->next_beat_msecs = -1;
	consumer->linger.until_msecs = -1;
	consumer->backoff = (struct backoff){
		.first_msecs = CONSUMER_RETRY_MSECS,
		.max_msecs = process->settings.redis.retry_max_msecs,
	};
}

static int parts_open(struct consumer *consumer, struct err *err)
{
	const struct process *process = &consumer->process;
	const struct handler_effect *effect = consumer->handler->effect;
	const struct lease_settings lease = {
		.settings = &process->settings,
		.group = process->group,
		.groupless = consumer->handler->groupless,
		.consumer = process->consumer,
		.node_id = process->node_id,
		.effect_script = effect == NULL ? NULL : effect->script,
		.wake_fd = process->wake_fd,
	};

	if (memory_open(consumer, err) < 0)
		return -1;
	state_begin(consumer);
	portion_begin(consumer);
	if (lease_open(&consumer->lease, &lease, err) < 0)
		return -1;
	return exchange_open(&consumer->exchange, &consumer->lease,
			     &consumer->in_flight, effect, err);
}

static int handler_open(struct consumer *consumer, struct err *err)
{
	const struct handler_setup setup = {
		.consumer = consumer,
		.settings = &consumer->process.settings,
		.group = consumer->process.group,
		.instance = consumer->process.name,
	};

	if (consumer->handler->open == NULL)
		consumer->state = consumer;
	else if (consumer->handler->open(&setup, &consumer->state, err) < 0)
		return -1;
	consumer->exchange.handler_state = consumer->state;
	return 0;
}

static int consumer_work(struct consumer *consumer)
{
	struct err err;

	if (parts_open(consumer, &err) == 0 &&
	    handler_open(consumer, &err) == 0)
		return consumer_run(consumer);
	log_line(LOG_ERR, "%s", err.text);
	return err_exit_status(&err);
}

static void consumer_close(struct consumer *consumer)
{
	if (consumer->state != NULL && consumer->handler->close != NULL)
		consumer->handler->close(&consumer->state);
	exchange_close(&consumer->exchange);
	lease_close(&consumer->lease);
	in_flight_close(&consumer->in_flight);
	free(consumer->list);
	free(consumer->due);
	if (consumer->process.board != NULL)
		board_set(&consumer->process.board->in_flight_bytes, 0);
	process_close(&consumer->process);
}

int consumer_main(int argc, char **argv, const struct handler *handler)
{
	static struct consumer consumer;
	const struct process_kind kind = { .program = handler->name };
	int status;

	consumer.handler = handler;
	status = process_open(&consumer.process, &kind, argc, argv);
	status = status < 0 ? -1 - status : consumer_work(&consumer);
	consumer_close(&consumer);
	return status;
}
