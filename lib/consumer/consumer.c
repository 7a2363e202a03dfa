#include "config.h"

#include "lib/consumer/consumer.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/consumer/consumer_state.h"
#include "lib/base/err.h"
#include "lib/process/lifeline.h"
#include "lib/base/log.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* First wait after Redis went away; the longest is a setting. */
#define CONSUMER_RETRY_MSECS 50

/* Memory that one batch may keep: a full one of ordinary orders. */
#define CONSUMER_BATCH_BYTES (512 * 1024)

/* Descriptors of a handler. */
#define CONSUMER_FDS_MAX 64

/* A retry is told about at most this often. */
#define CONSUMER_SAY_MSECS 1000

/* Part of supervisor.drain that we take for finishing; then what is left is
   left to others, before ordermqd loses its patience. */
#define CONSUMER_DRAIN_PERCENT 80

void consumer_accept(struct consumer *consumer, bool may_repeat)
{
	struct board *board = consumer->process.board;
	int64_t read_usecs = clock_usecs();
	size_t count;

	consumer->has_entries = true;
	consumer->exchange.batch->read_usecs = read_usecs;
	board_add(board, BOARD_DELIVERED, consumer->exchange.batch->count);
	count = in_flight_accept(&consumer->in_flight, consumer->exchange.batch,
				 may_repeat, consumer->list);
	if (count > 0)
		consumer->handler->handle(consumer->state, consumer->list,
					  count);
	if (!consumer->handler->groupless)
		return;
	/* Without a group there is nothing to settle. */
	count = in_flight_drop(&consumer->in_flight);
	board_add(board, BOARD_HANDLED, count);
	recent_done(&board->recent, clock_usecs(), clock_usecs() - read_usecs,
		    count);
}

void consumer_done(struct consumer *consumer, struct delivery *delivery,
		   enum outcome outcome)
{
	delivery->state = DELIVERY_DONE;
	delivery->outcome = outcome;
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_apply(struct consumer *consumer, struct delivery *delivery,
		    void *effect)
{
	delivery->state = DELIVERY_EFFECT;
	delivery->effect = effect;
	in_flight_finish(&consumer->in_flight, delivery);
}

/* A copy that lives as long as the delivery. */
static const char *text_keep(struct delivery *delivery, const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = consumer_memory(delivery, bytes);

	return copy == NULL ? "out of memory" : memcpy(copy, text, bytes);
}

static void dead_letter(struct consumer *consumer, struct delivery *delivery,
			enum outcome outcome, const char *class,
			const char *reason)
{
	delivery->state = DELIVERY_REJECT;
	delivery->outcome = outcome;
	delivery->class = text_keep(delivery, class);
	delivery->reason = text_keep(delivery, reason);
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_reject(struct consumer *consumer, struct delivery *delivery,
		     const char *class, const char *reason)
{
	dead_letter(consumer, delivery, OUTCOME_REJECTED, class, reason);
}

/* Say now and then that something is tried again, and count it. */
static void retry_say(struct consumer *consumer,
		      const struct delivery *delivery, const char *reason)
{
	int64_t now = clock_msecs();

	board_add(consumer->process.board, BOARD_RETRIED, 1);
	if (now < consumer->retry_said_msecs + CONSUMER_SAY_MSECS)
		return;
	consumer->retry_said_msecs = now;
	log_line(LOG_WARNING, "entry %.*s: %s: again later",
		 (int)delivery->id.length, delivery->id.data, reason);
}

void consumer_retry(struct consumer *consumer, struct delivery *delivery,
		    int64_t wait_msecs, const char *reason)
{
	const struct settings_group *group = consumer->process.group;
	struct backoff backoff = {
		.first_msecs = group->retry_base_msecs,
		.max_msecs = group->retry_max_msecs,
		.step_count = (unsigned int)delivery->attempts,
	};

	delivery->attempts++;
	if (delivery->attempts >= group->max_deliveries) {
		dead_letter(consumer, delivery, OUTCOME_DEAD, "exhausted",
			    reason);
		return;
	}
	retry_say(consumer, delivery, reason);
	delivery->state = DELIVERY_RETRY;
	delivery->reason = text_keep(delivery, reason);
	delivery->wait_msecs =
		wait_msecs >= 0 ? wait_msecs : backoff_next_spread(&backoff);
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_postpone(struct consumer *consumer, struct delivery *delivery,
		       int64_t wait_msecs, const char *reason)
{
	retry_say(consumer, delivery, reason);
	delivery->state = DELIVERY_WAITING;
	delivery->wait_msecs = wait_msecs;
	in_flight_finish(&consumer->in_flight, delivery);
}

void consumer_touch(struct consumer *consumer, const struct delivery *delivery)
{
	struct board *board = consumer->process.board;

	board_set(&board->touching_seq,
		  delivery == NULL ? 0 : delivery->id_seq);
	board_set(&board->touching_msecs,
		  delivery == NULL ? 0 : (uint64_t)delivery->id_msecs);
}

void consumer_beat(struct consumer *consumer)
{
	process_beat(&consumer->process);
}

void consumer_window(struct consumer *consumer, size_t count)
{
	consumer->window = count;
}

void *consumer_memory(struct delivery *delivery, size_t bytes)
{
	return arena_take(delivery->batch->arena, bytes);
}

/* Nothing under way that could still be finished. What waits for a retry is
   left pending. */
static bool is_drained(const struct consumer *consumer)
{
	return !consumer->cut_off && !exchange_is_busy(&consumer->exchange) &&
	       !in_flight_has_decided(&consumer->in_flight) &&
	       consumer->in_flight.handler_count == 0;
}

static void stop_begin(struct consumer *consumer)
{
	const struct settings *set = &consumer->process.settings;

	consumer->drain_deadline_msecs =
		clock_msecs() +
		set->supervisor.drain_msecs * CONSUMER_DRAIN_PERCENT / 100;
	board_set(&consumer->process.board->state, BOARD_STOPPING);
	lifeline_notify(consumer->process.supervised,
			"STOPPING=1\nSTATUS=finishing");
	log_line(LOG_INFO, "stopping");
}

/* A read may be left alone only after what was sent before it is answered. */
static void stop_turn(struct consumer *consumer)
{
	if (consumer->drain_deadline_msecs == 0)
		stop_begin(consumer);
	consumer_link_stop(consumer);
}

static bool is_over(const struct consumer *consumer)
{
	return consumer->node_taken ||
	       (consumer->drain_deadline_msecs != 0 &&
		(is_drained(consumer) ||
		 clock_msecs() >= consumer->drain_deadline_msecs));
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
	if (consumer->drain_deadline_msecs != 0)
		*deadline_r = clock_earlier(*deadline_r,
					    consumer->drain_deadline_msecs);
	return count;
}

/* The time since it was counted last: busy is what passed with entries in hand,
   whether we worked on them or waited, for a gateway or for Redis. */
static void time_pass(struct consumer *consumer)
{
	int64_t now_usecs = clock_usecs();

	if (consumer->has_entries)
		recent_busy(&consumer->process.board->recent, now_usecs,
			    now_usecs - consumer->counted_usecs);
	consumer->counted_usecs = now_usecs;
	consumer->has_entries = consumer->in_flight.open_count > 0;
}

static void wait_turn(struct consumer *consumer)
{
	struct pollfd fds[2 + CONSUMER_FDS_MAX];
	int64_t deadline;
	nfds_t count = wait_prepare(consumer, fds, &deadline);

	time_pass(consumer);
	process_rest(&consumer->process);
	/* A failure is EINTR, or for lack of memory: the next turn sees. */
	(void)poll(fds, count, clock_until(deadline));
	time_pass(consumer);
	process_beat(&consumer->process);
	if (fds[0].revents != 0)
		process_woken(&consumer->process);
	if (consumer->handler->wake != NULL)
		consumer->handler->wake(consumer->state, fds + 2, count - 2);
}

static int consumer_run(struct consumer *consumer)
{
	while (!is_over(consumer)) {
		consumer_link_turn(consumer);
		board_set(&consumer->process.board->in_flight,
			  consumer->in_flight.open_count);
		if (is_over(consumer))
			break;
		wait_turn(consumer);
		if (consumer->process.stop)
			stop_turn(consumer);
	}
	if (consumer->node_taken)
		return EX_CONFIG;
	consumer_leave(consumer);
	return EX_OK;
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
	size_t batch = (size_t)process->group->batch;

	consumer->list = calloc(batch, sizeof(*consumer->list));
	consumer->due = calloc(batch, sizeof(*consumer->due));
	if (consumer->list == NULL || consumer->due == NULL ||
	    in_flight_open(&consumer->in_flight, CONSUMER_BATCH_BYTES,
			   (CONSUMER_STALL_BATCHES + IN_FLIGHT_BATCHES_MAX) *
				   batch) < 0)
		return err_set(err, ERR_RETRY, "out of memory");
	consumer->read_count = batch;
	consumer->window = batch * IN_FLIGHT_BATCHES_MAX;
	(void)snprintf(consumer->last_id, sizeof(consumer->last_id), "%s",
		       process->group->start);
	consumer->next_beat_msecs = -1;
	consumer->linger.until_msecs = -1;
	consumer->held = true;
	consumer->backoff = (struct backoff){
		.first_msecs = CONSUMER_RETRY_MSECS,
		.max_msecs = process->settings.redis.retry_max_msecs,
	};
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
