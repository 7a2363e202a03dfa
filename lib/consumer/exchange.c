#include "config.h"

#include "lib/consumer/exchange.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/consumer/crash_point.h"
#include "lib/base/err.h"
#include "lib/consumer/in_flight.h"
#include "lib/consumer/handler.h"
#include "lib/redis/redis.h"
#include "lib/consumer/lease.h"
#include "lib/settings/settings.h"
#include "lib/consumer/waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define EXCHANGE_KEYS_MAX 4

/* As many entries are noted in one call: each takes two numbers of a command.
 */
#define EXCHANGE_RETRIES_MAX 30

/* What the other answers of a round trip may have of redis.max_reply. */
#define EXCHANGE_ANSWERS_BYTES (256 * 1024)

int exchange_open(struct exchange *exchange, struct lease *lease,
		  struct in_flight *in_flight,
		  const struct handler_effect *effect, struct err *err)
{
	size_t size = IN_FLIGHT_BATCHES_MAX * HANDLER_ENTRIES_MAX + 8;

	*exchange = (struct exchange){
		.lease = lease,
		.in_flight = in_flight,
		.effect = effect,
		.calls = calloc(size, sizeof(*exchange->calls)),
		.ids = calloc(HANDLER_ENTRIES_MAX, sizeof(*exchange->ids)),
		.call_size = size,
	};
	return exchange->calls == NULL || exchange->ids == NULL
		       ? err_set(err, ERR_RETRY, "out of memory")
		       : 0;
}

void exchange_close(struct exchange *exchange)
{
	free(exchange->calls);
	free(exchange->ids);
	exchange->ids = NULL;
	exchange->calls = NULL;
}

bool exchange_is_busy(const struct exchange *exchange)
{
	return exchange->answered_count < exchange->call_count;
}

bool exchange_only_reads(const struct exchange *exchange)
{
	const struct call *last = &exchange->calls[exchange->answered_count];

	return exchange->answered_count + 1 == exchange->call_count &&
	       last->kind == CALL_READ && !last->replays;
}

/* A new call, the first one of a round trip when the last one is over. */
static struct call *call_add(struct exchange *exchange, enum call_kind kind)
{
	struct call *call;

	if (!exchange_is_busy(exchange)) {
		exchange->call_count = 0;
		exchange->answered_count = 0;
	}
	call = &exchange->calls[exchange->call_count++];
	*call = (struct call){ .kind = kind };
	STAILQ_INIT(&call->deliveries);
	return call;
}

static int call_send(struct exchange *exchange, int64_t block_msecs,
		     struct err *err)
{
	const struct settings *set = exchange->lease->set.settings;

	exchange->deadline_msecs =
		clock_msecs() + block_msecs + set->redis.reply_timeout_msecs;
	return lease_append(exchange->lease, err);
}

/* May the first entry of a queue go into a script call? All in a call are of
   one stream, and some have to be alone. */
static bool goes_with(const struct delivery_queue *from, size_t most,
		      const struct call *call)
{
	const struct delivery *next = STAILQ_FIRST(from);
	const struct delivery *first = STAILQ_FIRST(&call->deliveries);

	if (next == NULL || first == NULL)
		return next != NULL;
	return call->count < most && !next->alone && !first->alone &&
	       next->replays == first->replays;
}

/* Move the first entry of a queue into a call. */
static void entry_move(struct delivery_queue *from, struct call *call)
{
	struct delivery *delivery = delivery_queue_take(from);

	STAILQ_INSERT_TAIL(&call->deliveries, delivery, next);
	call->count++;
}

static void entries_move(struct delivery_queue *from, size_t most,
			 struct call *call)
{
	while (goes_with(from, most, call))
		entry_move(from, call);
}

/* Move what goes into one call there, and begin to put its arguments together.
 */
static void effect_gather(struct exchange *exchange, struct call *call)
{
	const struct handler_effect *effect = exchange->effect;
	struct delivery_queue *from = &exchange->in_flight->effect;

	if (effect->begin != NULL)
		effect->begin(exchange->handler_state);
	while (goes_with(from, HANDLER_ENTRIES_MAX, call) &&
	       (effect->add == NULL || effect->add(exchange->handler_state,
						   STAILQ_FIRST(from)->effect)))
		entry_move(from, call);
}

static void effect_write(struct exchange *exchange,
			 const struct delivery_queue *deliveries)
{
	struct command *command = &exchange->lease->command;
	const struct delivery *d;

	if (exchange->effect->write != NULL) {
		exchange->effect->write(exchange->handler_state, command);
		return;
	}
	STAILQ_FOREACH (d, deliveries, next) {
		const struct handler_words *words = d->effect;

		for (size_t i = 0; i < words->count; i++)
			command_text(command, words->words[i]);
	}
}

static int effect_send(struct exchange *exchange, struct err *err)
{
	const struct handler_effect *effect = exchange->effect;
	struct call *call = call_add(exchange, CALL_EFFECT);
	char names[EXCHANGE_KEYS_MAX][KEYS_BYTES];
	const char *keys[EXCHANGE_KEYS_MAX];
	size_t count = 0;

	for (; effect->keys[count] != NULL; count++)
		keys[count] = keys_of_group(exchange->lease->keys.stream,
					    exchange->lease->set.group->name,
					    effect->keys[count], names[count]);
	effect_gather(exchange, call);
	lease_begin_on(exchange->lease, SCRIPT_EFFECT,
		       STAILQ_FIRST(&call->deliveries)->replays, keys, count);
	effect_write(exchange, &call->deliveries);
	return call_send(exchange, 0, err);
}

/* Entries of one outcome, one behind the other: book, how many, ids. */
static void outcome_add(struct command *command,
			const struct delivery_queue *deliveries,
			enum outcome outcome, int64_t count)
{
	const struct delivery *d;

	command_word(command, outcome_book(outcome));
	command_number(command, count);
	STAILQ_FOREACH (d, deliveries, next) {
		if (d->outcome == outcome)
			command_text(command, d->id);
	}
}

static int done_send(struct exchange *exchange, struct err *err)
{
	struct call *call = call_add(exchange, CALL_SETTLE);
	int64_t counts[OUTCOME_COUNT] = { 0 };
	const struct delivery *d;

	entries_move(&exchange->in_flight->done, HANDLER_ENTRIES_MAX, call);
	STAILQ_FOREACH (d, &call->deliveries, next)
		counts[d->outcome]++;
	lease_begin_on(exchange->lease, SCRIPT_SETTLE,
		       STAILQ_FIRST(&call->deliveries)->replays, NULL, 0);
	for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
		if (counts[outcome] > 0)
			outcome_add(&exchange->lease->command,
				    &call->deliveries, outcome,
				    counts[outcome]);
	}
	return call_send(exchange, 0, err);
}

static int dead_send(struct exchange *exchange, struct err *err)
{
	struct command *command = &exchange->lease->command;
	struct call *call = call_add(exchange, CALL_DEAD);
	const char *key = exchange->lease->keys.dead;
	const struct delivery *delivery;

	entry_move(&exchange->in_flight->reject, call);
	delivery = STAILQ_FIRST(&call->deliveries);
	lease_begin_on(exchange->lease, SCRIPT_DEAD, delivery->replays, &key,
		       1);
	command_text(command, delivery->id);
	command_word(command, delivery->reason);
	command_word(command, delivery->class);
	command_word(command, outcome_book(delivery->outcome));
	command_word(command, delivery->contentless ? "0" : "1");
	command_number(command, delivery->attempts);
	return call_send(exchange, 0, err);
}

static int retry_send(struct exchange *exchange, struct err *err)
{
	struct command *command = &exchange->lease->command;
	struct call *call = call_add(exchange, CALL_RETRY);
	const struct delivery *d;

	entries_move(&exchange->in_flight->retry, EXCHANGE_RETRIES_MAX, call);
	lease_begin_on(exchange->lease, SCRIPT_RETRY,
		       STAILQ_FIRST(&call->deliveries)->replays, NULL, 0);
	STAILQ_FOREACH (d, &call->deliveries, next) {
		command_text(command, d->id);
		command_number(command, d->attempts);
		command_number(command, d->wait_msecs);
		command_word(command, d->reason);
	}
	return call_send(exchange, 0, err);
}

int exchange_settle(struct exchange *exchange, struct err *err)
{
	if (in_flight_has_decided(exchange->in_flight))
		crash_point("before-settle");
	while (!STAILQ_EMPTY(&exchange->in_flight->effect)) {
		if (effect_send(exchange, err) < 0)
			return -1;
	}
	while (!STAILQ_EMPTY(&exchange->in_flight->done)) {
		if (done_send(exchange, err) < 0)
			return -1;
	}
	while (!STAILQ_EMPTY(&exchange->in_flight->reject)) {
		if (dead_send(exchange, err) < 0)
			return -1;
	}
	while (!STAILQ_EMPTY(&exchange->in_flight->retry)) {
		if (retry_send(exchange, err) < 0)
			return -1;
	}
	return 0;
}

int exchange_beat(struct exchange *exchange, bool replays, struct err *err)
{
	struct call *call = call_add(exchange, CALL_BEAT);

	call->replays = replays;
	lease_begin_beat(exchange->lease, replays);
	return call_send(exchange, 0, err);
}

int exchange_read_replay(struct exchange *exchange, struct batch *batch,
			 size_t count, struct err *err)
{
	struct command *command = &exchange->lease->command;
	const struct lease *lease = exchange->lease;
	struct call *call = call_add(exchange, CALL_READ);

	call->replays = true;
	exchange->batch = batch;
	command_begin(command, "XREADGROUP");
	command_word(command, "GROUP");
	command_word(command, lease->set.group->name);
	command_word(command, lease->set.consumer);
	command_word(command, "COUNT");
	command_number(command, (int64_t)count);
	command_word(command, "STREAMS");
	command_word(command, lease->keys.replay);
	command_word(command, ">");
	return call_send(exchange, 0, err);
}

int exchange_read(struct exchange *exchange, struct batch *batch, size_t count,
		  int64_t block_msecs, const char *last_id, struct err *err)
{
	struct command *command = &exchange->lease->command;
	const struct lease *lease = exchange->lease;

	(void)call_add(exchange, CALL_READ);
	exchange->batch = batch;
	command_begin(command, lease->set.groupless ? "XREAD" : "XREADGROUP");
	if (!lease->set.groupless) {
		command_word(command, "GROUP");
		command_word(command, lease->set.group->name);
		command_word(command, lease->set.consumer);
	}
	command_word(command, "COUNT");
	command_number(command, (int64_t)count);
	command_word(command, "BLOCK");
	command_number(command, block_msecs);
	command_word(command, "STREAMS");
	command_word(command, lease->keys.stream);
	command_word(command, lease->set.groupless ? last_id : ">");
	return call_send(exchange, block_msecs, err);
}

int exchange_history(struct exchange *exchange, struct batch *batch,
		     bool replays, size_t count, const char *after_id,
		     struct err *err)
{
	struct command *command = &exchange->lease->command;
	const struct settings *set = exchange->lease->set.settings;

	call_add(exchange, CALL_HISTORY)->replays = replays;
	exchange->batch = batch;
	lease_begin_on(exchange->lease, SCRIPT_HISTORY, replays, NULL, 0);
	command_word(command, after_id);
	command_number(command, (int64_t)count);
	command_number(command,
		       set->redis.max_reply_bytes - EXCHANGE_ANSWERS_BYTES);
	return call_send(exchange, 0, err);
}

int exchange_fetch(struct exchange *exchange, struct batch *batch,
		   const struct waiting_entry *entries, size_t count,
		   struct err *err)
{
	struct command *command = &exchange->lease->command;
	const struct settings *set = exchange->lease->set.settings;

	call_add(exchange, CALL_FETCH)->replays = entries[0].replays;
	exchange->batch = batch;
	lease_begin_on(exchange->lease, SCRIPT_FETCH, entries[0].replays, NULL,
		       0);
	command_number(command,
		       set->redis.max_reply_bytes - EXCHANGE_ANSWERS_BYTES);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(exchange->ids[i], sizeof(exchange->ids[i]),
			       "%" PRId64 "-%" PRIu64, entries[i].id_msecs,
			       entries[i].id_seq);
		command_word(command, exchange->ids[i]);
	}
	return call_send(exchange, 0, err);
}

int exchange_next(struct exchange *exchange, struct call **call_r,
		  const struct reply **reply_r, struct err *err)
{
	struct call *call = &exchange->calls[exchange->answered_count];
	struct arena *arena = call_is_read(call->kind) ? exchange->batch->arena
						       : exchange->lease->arena;
	int whole = redis_next(exchange->lease->redis, arena, reply_r, err);

	if (whole <= 0)
		return whole;
	exchange->answered_count++;
	*call_r = call;
	return 1;
}

void exchange_abort(struct exchange *exchange)
{
	while (exchange->answered_count < exchange->call_count) {
		struct call *call = &exchange->calls[--exchange->call_count];

		in_flight_restore(exchange->in_flight, &call->deliveries);
		if (call_is_read(call->kind))
			arena_reset(exchange->batch->arena);
	}
	exchange->call_count = 0;
	exchange->answered_count = 0;
}
