/* Are the sums of a race right? The stream, the buyers and the stock in Redis
   are compared with what the users were told. seckill.c calls it at the end. */

#include "config.h"

#include "bench/seckill_sums.h"

#include "bench/seckill_race.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "lib/stream/order.h"
#include "producers/seckill/seckill_terms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUMS_PAGE "1000"

/* The sums so far; they begin anew each time seckill_ask() asks again. */
struct sums {
	const struct race *race;
	const char *begin;
	struct arena *arena;
	bool *seen; /* a user has an entry */
	uint64_t entries;
	struct seckill_standing standing;
};

/* One entry of the sale: it must be what its user was told. */
static int sale_check(struct sums *sums, const struct order *order,
		      struct text id, struct err *err)
{
	const struct race *race = sums->race;
	const struct race_user *user;
	int64_t number;

	if (num_parse(order->userid.data, order->userid.length, &number) < 0 ||
	    number < 1 || number > race->user_count)
		return err_set(err, ERR_REJECT,
			       "an entry of user %.*s, who is none",
			       (int)order->userid.length, order->userid.data);
	user = &race->users[number - 1];
	if (sums->seen[number - 1])
		return err_set(err, ERR_REJECT,
			       "user %" PRId64 " has two entries", number);
	if (!text_is(order->orderno, user->orderno) || !text_is(id, user->id))
		return err_set(err, ERR_REJECT,
			       "user %" PRId64 " was not told of entry %.*s",
			       number, (int)id.length, id.data);
	sums->seen[number - 1] = true;
	sums->entries++;
	return 0;
}

static int entry_check(struct sums *sums, const struct reply *entry,
		       struct err *err)
{
	struct order order;
	struct err none;

	/* The stream may have entries of others, and of any kind. */
	if (order_parse_entry(&sums->race->settings->fields, reply_at(entry, 1),
			      &order, &none) < 0 ||
	    !text_is(order_field(&order, text_of("voucher")),
		     sums->race->voucher))
		return 0;
	return sale_check(sums, &order, reply_text(reply_at(entry, 0)), err);
}

/* Look at one page behind the entry id, and move it. Returns how many there
   were, or -1. */
static int page_check(struct sums *sums, struct redis *redis, char *id,
		      struct err *err)
{
	const char *stream = sums->race->settings->stream_key;
	const struct reply *page;
	size_t count;

	arena_reset(sums->arena);
	page = redis_command(redis, sums->arena, err, "XRANGE", stream, id, "+",
			     "COUNT", SUMS_PAGE, NULL);
	if (page == NULL)
		return -1;
	count = reply_count(page);
	for (size_t i = 0; i < count; i++) {
		const struct reply *entry = reply_at(page, i);
		struct text text = reply_text(reply_at(entry, 0));

		if (entry_check(sums, entry, err) < 0)
			return -1;
		(void)snprintf(id, SECKILL_ID_BYTES + 1, "(%.*s",
			       (int)text.length, text.data);
	}
	return (int)count;
}

static int sums_ask(struct redis *redis, void *arg, struct err *err)
{
	struct sums *sums = arg;
	const struct race *race = sums->race;
	char id[SECKILL_ID_BYTES + 1] = "-";
	int got;

	sums->entries = 0;
	memset(sums->seen, 0, (size_t)race->user_count * sizeof(*sums->seen));
	if (sums->begin[0] != '\0')
		(void)snprintf(id, sizeof(id), "(%s", sums->begin);
	do {
		got = page_check(sums, redis, id, err);
	} while (got > 0);
	if (got < 0)
		return -1;
	return seckill_status(redis, race->settings->stream_key, race->voucher,
			      &sums->standing, err);
}

static int same(const char *what, uint64_t found, uint64_t expected,
		struct err *err)
{
	if (found == expected)
		return 0;
	return err_set(err, ERR_REJECT, "%s %" PRIu64 ", expected %" PRIu64,
		       what, found, expected);
}

/* Each user asks twice. A user who has bought is told so the second time; the
   others are told twice that all is sold. */
static int sums_compare(const struct sums *sums, const struct race_tally *total,
			uint64_t items, struct err *err)
{
	const uint64_t users = (uint64_t)sums->race->user_count;
	const uint64_t sold = users < items ? users : items;

	for (uint64_t i = 0; i < users; i++) {
		if (sums->race->users[i].accepted > 1)
			return err_set(err, ERR_REJECT,
				       "user %" PRIu64 " was accepted twice",
				       i + 1);
	}
	if (same("accepted", total->accepted, sold, err) < 0 ||
	    same("already bought", total->bought, sold, err) < 0 ||
	    same("sold out", total->sold_out, 2 * (users - sold), err) < 0 ||
	    same("other answers", total->wrong, 0, err) < 0 ||
	    same("entries", sums->entries, sold, err) < 0 ||
	    same("buyers", (uint64_t)sums->standing.sold, sold, err) < 0)
		return -1;
	return same("left", (uint64_t)sums->standing.left, items - sold, err);
}

int sums_check(const struct race *race, const struct race_tally *total,
	       int64_t items, const char *begin, uint64_t *sold_r,
	       struct err *err)
{
	struct sums sums = {
		.race = race,
		.begin = begin,
		.arena = arena_open((size_t)1024 * 1024),
		.seen = calloc((size_t)race->user_count, sizeof(*sums.seen)),
	};
	int ret = -1;

	if (sums.arena == NULL || sums.seen == NULL)
		(void)err_set(err, ERR_RETRY, "out of memory");
	else if (seckill_ask(&race->settings->redis, race->timeout_msecs,
			     sums_ask, &sums, err) == 0)
		ret = sums_compare(&sums, total, (uint64_t)items, err);
	*sold_r = sums.entries;
	arena_close(&sums.arena);
	free(sums.seen);
	return ret;
}
