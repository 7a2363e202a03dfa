/* Holds the books of a group against the entries that it was due. verify.c
   calls it before the other parts, which build on these numbers. */

#include "config.h"

#include "supervisor/ctl/verify/verify_state.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "supervisor/common/json_line.h"

#include <inttypes.h>
#include <stdio.h>

/* Entries that one call counts. */
#define PAGE "1000"

static const char books_lua[] =
#include "supervisor/ctl/verify/verify_books.inc"
	;

static const char count_lua[] =
#include "supervisor/ctl/redis/count.inc"
	;

static void id_keep(char *buf, struct text id)
{
	(void)snprintf(buf, VERIFY_ID_BYTES, "%.*s", (int)id.length, id.data);
}

static const struct reply *books_ask(struct verify *verify)
{
	const char *stream = verify->settings->stream_key;
	const char *group = verify->group->name;
	char ledger[KEYS_BYTES], replay[KEYS_BYTES];
	struct keys keys;

	keys_make(stream, group, &keys);
	arena_reset(verify->arena);
	return redis_command(
		verify->redis, verify->arena, verify->err, "EVAL", books_lua,
		"5", keys.stream, keys.books, keys.start,
		keys_of_group(stream, group, "ledger", ledger),
		keys_of_group(stream, group, "replay", replay), group, NULL);
}

/* Count the entries behind the last delivered one, up to the one that was the
   newest. */
static int undelivered_count(struct verify *verify, const char *newest,
			     int64_t *count_r)
{
	char from[VERIFY_ID_BYTES + 1];
	const struct reply *reply;
	int64_t count = 0, got;

	(void)snprintf(from, sizeof(from), "(%s", verify->last);
	do {
		struct text id;

		arena_reset(verify->arena);
		reply = redis_command(verify->redis, verify->arena, verify->err,
				      "EVAL", count_lua, "1",
				      verify->settings->stream_key, from,
				      newest, PAGE, NULL);
		if (reply == NULL)
			return -1;
		got = reply_integer(reply_at(reply, 0), 0);
		id = reply_text(reply_at(reply, 1));
		(void)snprintf(from, sizeof(from), "(%.*s", (int)id.length,
			       id.data);
		count += got;
	} while (got > 0);
	*count_r = count;
	return 0;
}

/* This book counts entries that are to be settled once more. */
#define REPLAYED "replayed"

/* Take the books and return their sum. Every book counts, also one that only
   another version knows. */
static int64_t books_take(struct verify *verify, const struct reply *reply)
{
	json_t *books = json_object();
	int64_t sum = 0;

	for (enum outcome o = 0; o < OUTCOME_COUNT; o++) {
		verify->books[o] =
			reply_integer(reply_field(reply, outcome_book(o)), 0);
		(void)json_object_set_new(books, outcome_book(o),
					  json_integer(verify->books[o]));
	}
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
		int64_t count = reply_integer(reply_at(reply, i + 1), 0);

		(void)json_object_set_new(books,
					  reply_text(reply_at(reply, i)).data,
					  json_integer(count));
		if (!text_is(reply_text(reply_at(reply, i)), REPLAYED))
			sum += count;
	}
	(void)json_object_set_new(verify->record, "books", books);
	return sum;
}

/* The number of entries that were to be settled since the books exist; -1 when
   it is not noted where they begin. */
static int64_t due_of(const struct reply *reply)
{
	const struct reply *start = reply_field(reply, "start");
	int64_t added = reply_integer(reply_field(start, "added"), -1);
	int64_t due = reply_integer(reply_field(start, "due"), -1);
	int64_t settled = reply_integer(reply_field(start, "settled"), -1);

	if (added < 0 || due < 0 || settled < 0)
		return -1;
	return settled + due + reply_integer(reply_field(reply, "added"), 0) -
	       added +
	       reply_integer(reply_field(reply_field(reply, "books"), REPLAYED),
			     0);
}

/* Tell that entries are missing, or too many, and where they went as far as
   Redis knows. */
static void missing_tell(struct verify *verify, int64_t missing,
			 const char *first, const char *deleted)
{
	if (missing > 0)
		verify_off(
			verify,
			"%" PRId64
			" entries were due and are nowhere: removed from the "
			"stream before they were delivered, or acknowledged "
			"or taken from their consumer by somebody else "
			"(first in the stream: %s, last deleted one by one: "
			"%s, last delivered: %s)",
			missing, first, deleted, verify->last);
	else if (missing < 0)
		verify_off(verify,
			   "%" PRId64
			   " more than were due: somebody else set the group "
			   "back or made it again, or changed the books",
			   -missing);
}

int verify_books(struct verify *verify)
{
	const struct reply *reply = books_ask(verify);
	char newest[VERIFY_ID_BYTES], first[VERIFY_ID_BYTES],
		deleted[VERIFY_ID_BYTES];
	int64_t settled, pending, replay, undelivered;

	if (reply == NULL)
		return -1;
	if (reply_count(reply) == 0)
		return err_set(verify->err, ERR_REJECT,
			       "%s: no such group on the stream %s",
			       verify->group->name,
			       verify->settings->stream_key);
	id_keep(newest, reply_text(reply_field(reply, "generated")));
	id_keep(first, reply_text(reply_field(reply, "first")));
	id_keep(deleted, reply_text(reply_field(reply, "deleted")));
	id_keep(verify->last, reply_text(reply_field(reply, "last")));
	id_keep(verify->start,
		reply_text(reply_field(reply_field(reply, "start"), "id")));
	verify->due = due_of(reply);
	verify->ledger_lines = reply_integer(reply_field(reply, "ledger"), 0);
	pending = reply_integer(reply_field(reply, "pending"), 0);
	replay = reply_integer(reply_field(reply, "replay"), 0);
	settled = books_take(verify, reply_field(reply, "books"));
	verify_losses(verify, reply_field(reply, "books"),
		      reply_field(reply, "start"));
	if (undelivered_count(verify, newest, &undelivered) < 0)
		return -1;

	verify->sum = settled + pending + replay + undelivered;
	verify_number(verify, "pending", pending);
	verify_number(verify, "replay", replay);
	verify_number(verify, "undelivered", undelivered);
	verify_number(verify, "sum", verify->sum);
	verify_number(verify, "due", verify->due);
	(void)json_object_set_new(verify->record, "since",
				  json_line_text_or_null(verify->start));
	if (verify->due >= 0)
		missing_tell(verify, verify->due - verify->sum, first, deleted);
	return 0;
}
