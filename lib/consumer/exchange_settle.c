/* What is decided about entries becomes calls: the handler's script, the
   acknowledgement, the dead letter, the note of a failure. Before this comes
   consumer_verdict.c, after it consumer_answer.c. */

#include "config.h"

#include "lib/consumer/exchange.h"

#include "lib/consumer/crash_point.h"
#include "lib/consumer/handler.h"
#include "lib/consumer/in_flight.h"
#include "lib/consumer/lease.h"
#include "lib/settings/settings.h"

#define EXCHANGE_KEYS_MAX 4

/* At most as many entries are noted in one call: each takes two numbers of a
   command. */
#define EXCHANGE_RETRIES_MAX 30

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

static int effect_send(struct exchange *exchange, struct call *call,
		       struct err *err)
{
	const struct handler_effect *effect = exchange->effect;
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
	return exchange_call_send(exchange, 0, err);
}

/* The answer to a single entry is final. That to several may be that some have
   to go alone, and then nothing behind them may have gone before: the first of
   two entries of one event counts. */
static int effects_send(struct exchange *exchange, struct err *err)
{
	while (!STAILQ_EMPTY(&exchange->in_flight->effect)) {
		struct call *call = exchange_call_begin(exchange, CALL_EFFECT);

		if (effect_send(exchange, call, err) < 0)
			return -1;
		if (call->count > 1)
			break;
	}
	return 0;
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
	struct call *call = exchange_call_begin(exchange, CALL_SETTLE);
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
	return exchange_call_send(exchange, 0, err);
}

static int dead_send(struct exchange *exchange, struct err *err)
{
	struct command *command = &exchange->lease->command;
	struct call *call = exchange_call_begin(exchange, CALL_DEAD);
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
	return exchange_call_send(exchange, 0, err);
}

static int retry_send(struct exchange *exchange, struct err *err)
{
	struct command *command = &exchange->lease->command;
	struct call *call = exchange_call_begin(exchange, CALL_RETRY);
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
	return exchange_call_send(exchange, 0, err);
}

int exchange_settle(struct exchange *exchange, struct err *err)
{
	if (in_flight_has_decided(exchange->in_flight))
		crash_point("before-settle");
	if (effects_send(exchange, err) < 0)
		return -1;
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
