/* One round trip: its calls, and their answers in order. Calls are put together
   in exchange_settle.c and exchange_read.c; what an answer means stands in
   consumer_answer.c. */

#include "config.h"

#include "lib/consumer/exchange.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/consumer/in_flight.h"
#include "lib/consumer/handler.h"
#include "lib/redis/redis.h"
#include "lib/consumer/lease.h"
#include "lib/settings/settings.h"

#include <stdlib.h>

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

struct call *exchange_call_begin(struct exchange *exchange, enum call_kind kind)
{
	struct call *call = &exchange->calls[exchange->call_count++];

	*call = (struct call){ .kind = kind };
	STAILQ_INIT(&call->deliveries);
	return call;
}

int exchange_call_send(struct exchange *exchange, int64_t block_msecs,
		       struct err *err)
{
	const struct settings *set = exchange->lease->set.settings;

	exchange->deadline_msecs =
		clock_msecs() + block_msecs + set->redis.reply_timeout_msecs;
	return lease_append(exchange->lease, err);
}

int exchange_beat(struct exchange *exchange, bool replays, struct err *err)
{
	struct call *call = exchange_call_begin(exchange, CALL_BEAT);

	call->replays = replays;
	lease_begin_beat(exchange->lease, replays);
	return exchange_call_send(exchange, 0, err);
}

int exchange_renew(struct exchange *exchange, struct err *err)
{
	(void)exchange_call_begin(exchange, CALL_RENEW);
	lease_begin_renew(exchange->lease);
	return exchange_call_send(exchange, 0, err);
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

void exchange_end(struct exchange *exchange)
{
	while (exchange->call_count > 0) {
		struct call *call = &exchange->calls[--exchange->call_count];

		in_flight_restore(exchange->in_flight, &call->deliveries);
		if (exchange->call_count >= exchange->answered_count &&
		    call_is_read(call->kind))
			arena_reset(exchange->batch->arena);
	}
	exchange->answered_count = 0;
}
