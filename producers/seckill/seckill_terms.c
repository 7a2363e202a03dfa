/* The terms of a sale, set and looked at by the two scripts below. The verbs
   load and status call it; what it sets is what seckill.lua decides by. */

#include "config.h"

#include "producers/seckill/seckill_terms.h"

#include "lib/base/arena.h"
#include "lib/base/backoff.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "lib/stream/order.h"
#include "producers/common/stop.h"
#include "producers/seckill/seckill.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char load_lua[] =
#include "producers/seckill/seckill_load.inc"
	;
static const char status_lua[] =
#include "producers/seckill/seckill_status.inc"
	;

#define BACKOFF_FIRST_MSECS 50
#define BACKOFF_MAX_MSECS 2000

#define FIELDS_BYTES 1024
#define PAIRS_MAX (3 + SETTINGS_FACTORS_MAX)

/* A moment or an amount, or "" for none. */
static const char *number_write(int64_t number, char *buf)
{
	buf[0] = '\0';
	if (number >= 0)
		(void)num_format(number, buf);
	return buf;
}

#define DECIMAL_BYTES 64

/* amount / scale, which is a power of ten, in decimals, to buf, DECIMAL_BYTES
   long. */
static void decimal_write(int64_t amount, int64_t scale, char *buf)
{
	char digits[NUM_BYTES];

	/* A one with as many digits behind it as the scale has zeros. */
	(void)num_format(scale + amount % scale, digits);
	(void)snprintf(buf, DECIMAL_BYTES, "%" PRId64 "%s%s", amount / scale,
		       scale > 1 ? "." : "", digits + 1);
}

/* The fields of an entry. Number and user differ from entry to entry:
   seckill.lua fills them in. Where the amount is a product, the first factor
   has all of it. Returns the number of pairs. */
static size_t pairs_make(const struct settings_fields *fields,
			 const char *voucher, int64_t amount, char *amount_buf,
			 struct text *pairs)
{
	size_t count = 6;

	pairs[0] = text_of(fields->orderno);
	pairs[1] = text_of("-");
	pairs[2] = text_of(fields->userid);
	pairs[3] = text_of("-");
	pairs[4] = text_of("voucher");
	pairs[5] = text_of(voucher);
	if (amount < 0)
		return count / 2;
	decimal_write(amount, fields->amount_scale, amount_buf);
	for (int64_t i = 0; i < fields->amount_factor_count; i++) {
		pairs[count++] = text_of(fields->amount[i]);
		pairs[count++] = text_of(i == 0 ? amount_buf : "1");
	}
	return count / 2;
}

/* The fields as seckill.lua reads them: the two names, then names and values.
   What would be no order to the services is refused. */
static int fields_write(const struct settings_fields *fields,
			const char *voucher, int64_t amount, char *buf,
			struct err *err)
{
	struct text pairs[2 * PAIRS_MAX];
	char amount_buf[DECIMAL_BYTES];
	size_t count = pairs_make(fields, voucher, amount, amount_buf, pairs);
	struct order order;
	size_t used;

	if (order_parse(fields, pairs, count, &order, err) < 0) {
		err->class = ERR_FATAL;
		return err_wrap(err, "fields of the configuration");
	}
	used = (size_t)snprintf(buf, FIELDS_BYTES, "%s\t%s", fields->orderno,
				fields->userid);
	for (size_t i = 4; i < 2 * count; i++)
		used += (size_t)snprintf(buf + used, FIELDS_BYTES - used,
					 "\t%.*s", (int)pairs[i].length,
					 pairs[i].data);
	return 0;
}

/* Read the answer of the script to the terms. */
static int load_answer(const struct reply *reply, int64_t *sold_r,
		       struct err *err)
{
	struct text word = reply_text(reply_at(reply, 0));
	int64_t number = reply_integer(reply_at(reply, 1), -1);

	if (text_is(word, "loaded")) {
		*sold_r = number;
		return 0;
	}
	if (text_is(word, "other"))
		return err_set(err, ERR_REJECT,
			       "is loaded already, with a stock of %" PRId64
			       " or other terms: --replace changes them",
			       number);
	if (text_is(word, "sold"))
		return err_set(err, ERR_REJECT,
			       "has sold %" PRId64 " already, which is more",
			       number);
	if (text_is(word, "past"))
		return err_set(err, ERR_REJECT,
			       "would be forgotten at once: --ends and --keep "
			       "are over");
	return err_set(err, ERR_RETRY, "load: an answer that is none");
}

int seckill_load(struct redis *redis, const char *stream,
		 const struct settings_fields *fields, const char *voucher,
		 const struct seckill_terms *terms, bool replace,
		 int64_t *sold_r, struct err *err)
{
	char stock[NUM_BYTES], begins[NUM_BYTES], ends[NUM_BYTES];
	char expires[NUM_BYTES], amount[NUM_BYTES], entry[FIELDS_BYTES];
	struct seckill_keys keys;
	struct arena *arena;
	const struct reply *reply;
	int ret = -1;

	if (fields_write(fields, voucher, terms->amount, entry, err) < 0)
		return -1;
	seckill_keys_make(stream, voucher, &keys);
	arena = arena_open(0);
	if (arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	reply = redis_command(redis, arena, err, "EVAL", load_lua, "3",
			      keys.terms, keys.buyers, keys.orders,
			      replace ? "replace" : "new",
			      number_write(terms->stock, stock),
			      number_write(terms->begins_msecs, begins),
			      number_write(terms->ends_msecs, ends),
			      number_write(terms->expires_msecs, expires),
			      number_write(terms->amount, amount), entry, NULL);
	if (reply != NULL)
		ret = load_answer(reply, sold_r, err);
	arena_close(&arena);
	return ret;
}

static int64_t term(const struct reply *terms, const char *name)
{
	return reply_integer(reply_field(terms, name), -1);
}

static int standing_read(const struct reply *reply,
			 struct seckill_standing *standing_r, struct err *err)
{
	const struct reply *terms = reply_at(reply, 2);
	const struct seckill_standing standing = {
		.terms = {
			.stock = term(terms, "stock"),
			.begins_msecs = term(terms, "begins"),
			.ends_msecs = term(terms, "ends"),
			.expires_msecs = term(terms, "expires"),
			.amount = term(terms, "amount"),
		},
		.now_msecs = reply_integer(reply_at(reply, 0), -1),
		.sold = reply_integer(reply_at(reply, 1), -1),
		.left = term(terms, "left"),
	};

	if (reply_count(terms) == 0)
		return err_set(err, ERR_REJECT, "is not loaded");
	if (standing.terms.stock < 0 || standing.left < 0)
		return err_set(err, ERR_REJECT,
			       "has no stock: its terms are "
			       "damaged");
	*standing_r = standing;
	return 0;
}

int seckill_status(struct redis *redis, const char *stream, const char *voucher,
		   struct seckill_standing *standing_r, struct err *err)
{
	struct arena *arena = arena_open(0);
	struct seckill_keys keys;
	const struct reply *reply;
	int ret = -1;

	if (arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	seckill_keys_make(stream, voucher, &keys);
	reply = redis_command(redis, arena, err, "EVAL_RO", status_lua, "2",
			      keys.terms, keys.buyers, NULL);
	if (reply != NULL)
		ret = standing_read(reply, standing_r, err);
	arena_close(&arena);
	return ret;
}

static int ask_once(const struct settings_redis *set, seckill_ask_fn *ask,
		    void *arg, struct err *err)
{
	struct redis *redis;
	int ret;

	if (redis_open(set, stop_fd(), &redis, err) < 0)
		return -1;
	ret = ask(redis, arg, err);
	redis_close(&redis);
	return ret;
}

int seckill_ask(const struct settings_redis *set, int64_t timeout_msecs,
		seckill_ask_fn *ask, void *arg, struct err *err)
{
	struct backoff backoff = { BACKOFF_FIRST_MSECS, BACKOFF_MAX_MSECS, 0 };
	const int64_t deadline = clock_msecs() + timeout_msecs;

	while (ask_once(set, ask, arg, err) < 0) {
		if (err->class != ERR_RETRY || stop_signal() != 0 ||
		    clock_until(deadline) == 0)
			return -1;
		stop_wait(-1, clock_earlier(backoff_next(&backoff),
					    clock_until(deadline)));
	}
	return 0;
}
