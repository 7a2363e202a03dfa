/* The source of made-up orders, for trials and measurements. order_setup.c
   opens it; order_job.c asks it. */

#include "config.h"

#include "producers/sources/generate.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "producers/sources/source.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GENERATE_GUEST_EVERY 50
#define GENERATE_REFUND_EVERY 25
#define GENERATE_AMOUNT_MIN 100 /* minor units */
#define GENERATE_AMOUNT_SPAN 19900
#define GENERATE_FIRST_SECS 1767225600 /* 2026-01-01T00:00:00Z */

/* orderno, userid, type, currency, ts, and the factors of the amount. */
#define GENERATE_FIELDS_MAX (5 + SETTINGS_FACTORS_MAX)

struct generate {
	struct source source; /* first */
	struct generate_settings set;
	struct text pairs[2 * GENERATE_FIELDS_MAX];
	size_t pair_count;
	char orderno[2 * NUM_BYTES + 4]; /* with "G<seed>-" already there */
	size_t orderno_begin;            /* where the number goes */
	char userid[NUM_BYTES + 1];      /* with "u" already there */
	char amount[NUM_BYTES];
	char ts[32];
	time_t ts_minute; /* that of ts; 0: none yet */
};

/* A number for each (seed, i, what): the finalizer of splitmix64 (Steele, Lea
   and Flood, 2014) over a sum in which the three do not mix. */
static uint64_t scatter(uint64_t seed, uint64_t i, uint64_t what)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15u + i * 0xd1342543de82ef95u +
		     what * 0xaf251af3b0f025b5u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

enum { OF_REFUND, OF_GUEST, OF_USER, OF_AMOUNT };

static void pair_add(struct generate *gen, const char *name, const char *value)
{
	gen->pairs[2 * gen->pair_count] = text_of(name);
	gen->pairs[2 * gen->pair_count + 1] = text_of(value);
	gen->pair_count++;
}

/* All numbers are below 2^63, as the options are. */
static void generate_number_put(uint64_t number, char *buf)
{
	(void)num_format((int64_t)number, buf);
}

static void add_userid(struct generate *gen, uint64_t i)
{
	const uint64_t seed = gen->set.seed;

	if (scatter(seed, i, OF_GUEST) % GENERATE_GUEST_EVERY == 0)
		return;
	generate_number_put(scatter(seed, i, OF_USER) % gen->set.users + 1,
			    gen->userid + 1);
	pair_add(gen, gen->set.fields->userid, gen->userid);
}

static void add_amount(struct generate *gen, uint64_t i)
{
	const struct settings_fields *fields = gen->set.fields;

	generate_number_put(scatter(gen->set.seed, i, OF_AMOUNT) %
					    GENERATE_AMOUNT_SPAN +
				    GENERATE_AMOUNT_MIN,
			    gen->amount);
	for (int64_t f = 0; f < fields->amount_factor_count; f++)
		pair_add(gen, fields->amount[f], f == 0 ? gen->amount : "1");
}

/* Write the time of that minute. Returns false when its year has no four
   digits. */
static bool minute_put(struct generate *gen, time_t minute)
{
	time_t secs = minute * 60;
	struct tm tm;

	if (minute == gen->ts_minute)
		return true;
	if (gmtime_r(&secs, &tm) == NULL ||
	    strftime(gen->ts, sizeof(gen->ts), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return false;
	gen->ts_minute = minute;
	return true;
}

/* One order a second: as a rule only the seconds differ from the order
   before. */
static void add_ts(struct generate *gen, uint64_t i)
{
	time_t secs = (time_t)(GENERATE_FIRST_SECS + i);
	char *end;

	if (!minute_put(gen, secs / 60))
		return;
	end = strchr(gen->ts, 'Z');
	end[-2] = (char)('0' + secs % 60 / 10);
	end[-1] = (char)('0' + secs % 10);
	pair_add(gen, "ts", gen->ts);
}

/* Make event number i, counted from 1, about the order of event number of. */
static void event_make(struct generate *gen, uint64_t i, uint64_t of)
{
	gen->pair_count = 0;
	generate_number_put(of, gen->orderno + gen->orderno_begin);
	pair_add(gen, gen->set.fields->orderno, gen->orderno);
	add_userid(gen, of);
	pair_add(gen, gen->set.fields->type, i == of ? "paid" : "refunded");
	add_amount(gen, of);
	pair_add(gen, "currency", "EUR");
	add_ts(gen, i);
}

static enum source_event generate_next(struct source *source,
				       struct source_item *item_r,
				       struct err *err)
{
	struct generate *gen = (struct generate *)source;
	uint64_t i = source->done + 1;
	uint64_t of = i;

	(void)err;
	if (source->done == gen->set.count)
		return SOURCE_END;
	source->done = i;
	if (i % GENERATE_REFUND_EVERY == 0)
		of -= scatter(gen->set.seed, i, OF_REFUND) %
			      (GENERATE_REFUND_EVERY - 1) +
		      1;
	event_make(gen, i, of);
	*item_r = (struct source_item){
		.pairs = gen->pairs,
		.pair_count = gen->pair_count,
		.line = i,
	};
	return SOURCE_ORDER;
}

static void generate_close(struct source *source)
{
	free(source);
}

int generate_open(const struct generate_settings *set, struct source **source_r,
		  struct err *err)
{
	struct generate *gen = calloc(1, sizeof(*gen));

	if (gen == NULL)
		return err_set(err, ERR_RETRY, "generate: out of memory");
	gen->set = *set;
	gen->orderno_begin = (size_t)snprintf(
		gen->orderno, sizeof(gen->orderno), "G%" PRIu64 "-", set->seed);
	gen->userid[0] = 'u';
	gen->source = (struct source){
		.next = generate_next,
		.close = generate_close,
		.name = "generator",
		.fd = -1,
		.total = set->count,
	};
	*source_r = &gen->source;
	return 0;
}
