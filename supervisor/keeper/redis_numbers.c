/* Asks Redis how one group stands: its lag, what is pending, its books, its
   dead letters. keep_round.c asks once a round, ordermqctl where no keeper
   runs. */

#include "config.h"

#include "supervisor/keeper/redis_numbers.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <stdio.h>
#include <string.h>

static const char lag_lua[] =
#include "supervisor/keeper/redis_numbers.inc"
#include "supervisor/keeper/group_lag.inc"
	;

struct question {
	struct redis *redis;
	struct arena *arena;
	const char *key;
	const char *group;
	int64_t now_msecs; /* of Redis */
	struct err *err;
};

/* See keep_round.lua, which judges alike. */
#define AHEAD_MSECS 10000
#define LEAST_MSECS INT64_C(1000000000000)

bool redis_numbers_is_of_now(int64_t id_msecs, int64_t now_msecs)
{
	return id_msecs >= LEAST_MSECS && id_msecs <= now_msecs + AHEAD_MSECS;
}

static int64_t secs_since(const struct question *question, int64_t msecs)
{
	return msecs > question->now_msecs
		       ? 0
		       : (question->now_msecs - msecs) / 1000;
}

/* The age of an entry, by the milliseconds before the "-" of its id. */
static int64_t age_secs(const struct question *question, struct text id)
{
	const char *dash =
		id.length == 0 ? NULL : memchr(id.data, '-', id.length);
	int64_t msecs;

	if (dash == NULL ||
	    num_parse(id.data, (size_t)(dash - id.data), &msecs) < 0 ||
	    !redis_numbers_is_of_now(msecs, question->now_msecs))
		return -1;
	return secs_since(question, msecs);
}

static int read_clock(struct question *question)
{
	const struct reply *time = redis_command(
		question->redis, question->arena, question->err, "TIME", NULL);

	if (time == NULL)
		return -1;
	question->now_msecs = reply_integer(reply_at(time, 0), 0) * 1000 +
			      reply_integer(reply_at(time, 1), 0) / 1000;
	return 0;
}

static void read_lag(const struct question *question,
		     struct redis_numbers *numbers)
{
	const struct reply *lag = redis_command(
		question->redis, question->arena, question->err, "EVAL_RO",
		lag_lua, "1", question->key, question->group, NULL);
	struct text first;

	if (lag == NULL || reply_count(lag) == 0)
		return;
	first = reply_text(reply_at(lag, 1));
	numbers->lag = reply_integer(reply_at(lag, 0), -1);
	numbers->lag_secs = first.length == 0 ? 0 : age_secs(question, first);
}

static void read_pending(const struct question *question,
			 struct redis_numbers *numbers)
{
	const struct reply *summary =
		redis_command(question->redis, question->arena, question->err,
			      "XPENDING", question->key, question->group, NULL);

	if (summary == NULL)
		return;
	numbers->pending = reply_integer(reply_at(summary, 0), -1);
	numbers->oldest_pending_secs =
		numbers->pending == 0
			? 0
			: age_secs(question, reply_text(reply_at(summary, 1)));
}

/* Does this book count entries that became dead letters? */
static bool is_dead(struct text book)
{
	return text_is(book, "dead") || text_is(book, "rejected");
}

/* Does this book count entries that were settled with an effect, or that need
   none? */
static bool is_handled(struct text book)
{
	return !is_dead(book) && !text_is(book, "lost") &&
	       !text_is(book, "dropped") && !text_is(book, "skipped") &&
	       !text_is(book, "replayed");
}

static void read_books(const struct question *question,
		       struct redis_numbers *numbers)
{
	const struct reply *books;
	struct keys keys;

	keys_make(question->key, question->group, &keys);
	books = redis_command(question->redis, question->arena, question->err,
			      "HGETALL", keys.books, NULL);
	if (books == NULL)
		return;
	numbers->handled = 0;
	numbers->dead = 0;
	numbers->dropped = 0;
	numbers->skipped = 0;
	for (size_t i = 0; i + 1 < reply_count(books); i += 2) {
		struct text book = reply_text(reply_at(books, i));
		int64_t count = reply_integer(reply_at(books, i + 1), 0);

		if (is_dead(book))
			numbers->dead += count;
		else if (text_is(book, "dropped"))
			numbers->dropped += count;
		else if (text_is(book, "skipped"))
			numbers->skipped += count;
		else if (is_handled(book))
			numbers->handled += count;
	}
}

static const char letters_lua[] =
#include "supervisor/keeper/dead_letters.inc"
	;

/* Redis estimates the memory of all dead letters from a few of them; this
   group's part is taken as its share of their number. */
static int64_t bytes_of(const struct question *question, const char *dead,
			int64_t count, int64_t all)
{
	const struct reply *bytes =
		redis_command(question->redis, question->arena, question->err,
			      "MEMORY", "USAGE", dead, "SAMPLES", "5", NULL);

	if (bytes == NULL || all <= 0)
		return -1;
	return (int64_t)((double)reply_integer(bytes, -1) / (double)all *
			 (double)count);
}

static void read_letters(const struct question *question,
			 struct redis_numbers *numbers)
{
	char index[KEYS_BYTES];
	const struct reply *letters;
	struct keys keys;

	keys_make(question->key, NULL, &keys);
	letters = redis_command(
		question->redis, question->arena, question->err, "EVAL_RO",
		letters_lua, "2", keys.dead,
		keys_of_group(question->key, question->group, "dead", index),
		NULL);
	if (letters == NULL)
		return;
	numbers->letters = reply_integer(reply_at(letters, 0), -1);
	numbers->letters_bytes = 0;
	numbers->oldest_letter_secs = 0;
	if (numbers->letters == 0)
		return;
	numbers->oldest_letter_secs = secs_since(
		question, reply_integer(reply_at(letters, 1), INT64_MAX));
	numbers->letters_bytes =
		bytes_of(question, keys.dead, numbers->letters,
			 reply_integer(reply_at(letters, 2), -1));
}

int redis_numbers_read(struct redis *redis, struct arena *arena,
		       const struct settings *settings,
		       const struct settings_group *group,
		       struct redis_numbers *numbers_r, struct err *err)
{
	struct question question = {
		.redis = redis,
		.arena = arena,
		.key = settings->stream_key,
		.group = group->name,
		.err = err,
	};
	struct redis_numbers numbers;

	redis_numbers_clear(&numbers);
	arena_reset(arena);
	if (!settings_is_groupless(group) && read_clock(&question) == 0) {
		if (redis_is_open(redis))
			read_lag(&question, &numbers);
		if (redis_is_open(redis))
			read_pending(&question, &numbers);
		if (redis_is_open(redis))
			read_books(&question, &numbers);
		if (redis_is_open(redis))
			read_letters(&question, &numbers);
	}
	if (!redis_is_open(redis))
		return -1;
	*numbers_r = numbers;
	return 0;
}
