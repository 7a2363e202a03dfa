/* The bare XADD loop, and the load of the runs that measure latency. */

#include "config.h"

#include "bench/bare.h"
#include "bench/sample.h"
#include "bench/wire.h"
#include "lib/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

/* Orders that are due within so long are sent together. */
#define PUBLISH_TICK_USECS 200

/* At most so many in one go, by one who has fallen behind. */
#define PUBLISH_AT_ONCE 4096

/* Of the orders that nobody times. */
#define PUBLISH_TS 1700000000

static void put_order(struct wire *wire, const struct bare *bare, uint64_t i,
		      int64_t due_usecs)
{
	char orderno[SAMPLE_ORDERNO_BYTES];

	wire_command(wire, 13);
	wire_word(wire, "XADD");
	wire_word(wire, BARE_STREAM);
	wire_word(wire, "*");
	wire_word(wire, "orderno");
	wire_word(wire, sample_orderno(i, orderno));
	wire_word(wire, "userid");
	wire_number(wire, sample_user(i, bare->users));
	wire_word(wire, "amount");
	wire_number(wire, sample_amount(i));
	wire_word(wire, "product");
	wire_word(wire, sample_product(i));
	wire_word(wire, "ts");
	wire_number(wire, (uint64_t)due_usecs);
}

/* As fast as it goes: a batch, its answers, and the next; with overlap the
   next one is sent before the answers to the last are waited for. */
static void publish_batches(struct wire *wire, const struct bare *bare)
{
	uint64_t most = bare->overlap ? 2 * bare->batch : bare->batch;
	uint64_t sent = 0, answered = 0;

	while (answered < bare->count) {
		int64_t now = clock_usecs();

		for (uint64_t n = 0; n < bare->batch && sent < bare->count; n++)
			put_order(wire, bare, bare->first + sent++, now);
		wire_flush(wire);
		wire_forget(wire);
		while (answered < sent &&
		       (sent == bare->count ||
			sent - answered > most - bare->batch)) {
			wire_skip(wire);
			answered++;
		}
	}
}

static void sleep_until(int64_t usecs)
{
	const struct timespec time = {
		.tv_sec = usecs / 1000000,
		.tv_nsec = usecs % 1000000 * 1000,
	};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static int64_t due_of(const struct bare *bare, int64_t start, uint64_t i)
{
	return start + (int64_t)(i * 1000000 / bare->rate);
}

/* Put what is due by now, and return when the next order is. */
static int64_t put_due(struct wire *wire, const struct bare *bare,
		       int64_t start, uint64_t *sent)
{
	int64_t end = clock_usecs() + PUBLISH_TICK_USECS / 4;
	int64_t due = due_of(bare, start, *sent);

	for (int n = 0;
	     n < PUBLISH_AT_ONCE && *sent < bare->count && due <= end; n++) {
		put_order(wire, bare, bare->first + (*sent)++, due);
		due = due_of(bare, start, *sent);
	}
	return due;
}

/* Each order at its time, whatever the answers do: who falls behind makes the
   orders wait, and that counts. */
static void publish_evenly(struct wire *wire, const struct bare *bare)
{
	int64_t start = clock_usecs();
	uint64_t sent = 0, answered = 0;

	(void)prctl(PR_SET_TIMERSLACK, 1);
	while (sent < bare->count) {
		int64_t due = due_of(bare, start, sent);

		if (clock_usecs() < due)
			sleep_until(due);
		due = put_due(wire, bare, start, &sent);
		wire_flush(wire);
		answered += wire_skip_ready(wire);
		if (sent < bare->count && due >= clock_usecs() &&
		    due < clock_usecs() + PUBLISH_TICK_USECS)
			sleep_until(clock_usecs() + PUBLISH_TICK_USECS);
	}
	for (; answered < sent; answered++) {
		if (wire->in_start > WIRE_BYTES / 2)
			wire_forget(wire);
		wire_skip(wire);
	}
}

void bare_publish(const struct bare *bare)
{
	struct wire wire;
	int64_t start;

	wire_open(&wire, bare->redis);
	start = clock_usecs();
	if (bare->rate > 0)
		publish_evenly(&wire, bare);
	else
		publish_batches(&wire, bare);
	(void)printf("{\"usecs\": %" PRId64 "}\n", clock_usecs() - start);
	wire_close(&wire);
}

void bare_csv(const struct bare *bare)
{
	char orderno[SAMPLE_ORDERNO_BYTES];

	(void)printf("orderno,userid,amount,product,ts\n");
	for (uint64_t i = bare->first; i < bare->first + bare->count; i++)
		(void)printf("%s,%" PRIu64 ",%" PRIu64 ",%s,%d\n",
			     sample_orderno(i, orderno),
			     sample_user(i, bare->users), sample_amount(i),
			     sample_product(i), PUBLISH_TS);
}

void bare_sums(const struct bare *bare)
{
	uint64_t points = 0, weighted = 0;

	for (uint64_t i = bare->first; i < bare->first + bare->count; i++) {
		points += sample_points(i);
		weighted += sample_points(i) * sample_user(i, bare->users);
	}
	(void)printf("{\"points\": %" PRIu64 ", \"weighted\": %" PRIu64 "}\n",
		     points, weighted);
}
