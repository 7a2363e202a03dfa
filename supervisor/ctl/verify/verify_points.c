/* Adds up every account from its ledger lines, and holds the ledger against the
   books. verify_books.c comes before; verify_walk.c finds missing events. */

#include "config.h"

#include "supervisor/ctl/verify/verify_state.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/redis/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE "1000"

/* At most this many pending entries are told apart; all behind them count as
   pending. */
#define PENDING_MAX 10000
#define PENDING_TEXT "10000"

/* At most this many faults of one kind are named; the others are counted. */
#define NAMED_MAX 10

/* The sums of one account. */
enum account_number {
	ACCOUNT_BEFORE, /* balance before the ledger was read */
	ACCOUNT_LEDGER, /* sum of its lines */
	ACCOUNT_AFTER,  /* balance after */
	ACCOUNT_FRESH,  /* it has lines that may be newer than the first */
};

struct entry_id {
	int64_t msecs;
	uint64_t seq;
};

struct points_check {
	struct verify *verify;
	struct tally *accounts;
	int64_t line_count;
	int64_t bad_count;
	enum account_number balance; /* which one is read now */

	/* The entries that were not settled when we began: these, and all
	   behind last. The line of such an entry may have come while the ledger
	   was read. */
	struct tally *pending;
	struct entry_id last;
};

/* Points as the ledger writes them. */
static int number_take(struct text text, int64_t *number_r)
{
	bool minus = text.length > 0 && text.data[0] == '-';

	if (num_parse(text.data + minus, text.length - minus, number_r) < 0)
		return -1;
	if (minus)
		*number_r = -*number_r;
	return 0;
}

/* Show a name from Redis, which may hold any byte. */
static const char *shown(struct text text)
{
	static char buf[512];

	return text_show(text, buf, sizeof(buf));
}

static int balance_take(struct points_check *check, struct text account,
			struct text value)
{
	struct tally_row *row = tally_at(check->accounts, account);

	if (row == NULL)
		return -1;
	if (number_take(value, &row->numbers[check->balance]) < 0 &&
	    check->balance == ACCOUNT_AFTER)
		verify_off(check->verify, "balance of %s is no number",
			   shown(account));
	return 0;
}

/* The part of a line before its next tab; *rest becomes the part behind it. */
static struct text line_part(struct text *rest)
{
	const char *tab = rest->length == 0
				  ? NULL
				  : memchr(rest->data, '\t', rest->length);
	struct text part = *rest;

	if (tab != NULL)
		part.length = (size_t)(tab - part.data);
	rest->data += part.length + (tab != NULL);
	rest->length -= part.length + (tab != NULL);
	return part;
}

static bool is_fresh(const struct points_check *check, struct text id)
{
	const struct entry_id *last = &check->last;
	struct entry_id entry;

	return delivery_parse_id(id, &entry.msecs, &entry.seq) < 0 ||
	       entry.msecs > last->msecs ||
	       (entry.msecs == last->msecs && entry.seq > last->seq) ||
	       tally_find(check->pending, id) != NULL;
}

static int line_take(struct points_check *check, struct text event,
		     struct text line)
{
	struct text account = line_part(&line);
	struct tally_row *row;
	int64_t points;

	check->line_count++;
	(void)line_part(&line); /* the amount */
	if (number_take(line_part(&line), &points) < 0) {
		if (check->bad_count++ < NAMED_MAX)
			verify_off(check->verify,
				   "ledger line of %s cannot be read",
				   shown(event));
		return 0;
	}
	row = tally_at(check->accounts, account);
	if (row == NULL)
		return -1;
	/* Unsigned sums may wrap on the way and still end right. */
	row->numbers[ACCOUNT_LEDGER] =
		(int64_t)((uint64_t)row->numbers[ACCOUNT_LEDGER] +
			  (uint64_t)points);
	(void)line_part(&line); /* the rule */
	if (is_fresh(check, line_part(&line)))
		row->numbers[ACCOUNT_FRESH] = 1;
	return 0;
}

typedef int hash_take(struct points_check *check, struct text name,
		      struct text value);

static int hash_walk(struct points_check *check, const char *what,
		     hash_take *take)
{
	struct verify *verify = check->verify;
	char key[KEYS_BYTES], cursor[32] = "0";
	const struct reply *reply, *pairs;

	(void)keys_of_group(verify->settings->stream_key, verify->group->name,
			    what, key);
	do {
		arena_reset(verify->arena);
		reply = redis_command(verify->redis, verify->arena, verify->err,
				      "HSCAN", key, cursor, "COUNT", PAGE,
				      NULL);
		if (reply == NULL)
			return -1;
		(void)snprintf(cursor, sizeof(cursor), "%s",
			       reply_text(reply_at(reply, 0)).data);
		pairs = reply_at(reply, 1);
		for (size_t i = 0; i + 1 < reply_count(pairs); i += 2)
			if (take(check, reply_text(reply_at(pairs, i)),
				 reply_text(reply_at(pairs, i + 1))) < 0)
				return err_set(verify->err, ERR_RETRY,
					       "out of memory");
	} while (strcmp(cursor, "0") != 0);
	return 0;
}

/* The sum of an account that was credited while the ledger was read may lack
   some lines, even when its balance is as before, after an order and its
   refund. It is not compared, and that is told. */
static bool is_moving(const int64_t *numbers)
{
	return numbers[ACCOUNT_BEFORE] != numbers[ACCOUNT_AFTER] ||
	       (numbers[ACCOUNT_FRESH] != 0 &&
		numbers[ACCOUNT_LEDGER] != numbers[ACCOUNT_AFTER]);
}

static void accounts_compare(struct points_check *check)
{
	const struct tally_row *row = NULL;
	int64_t moving = 0, wrong = 0;

	while ((row = tally_next(check->accounts, row)) != NULL) {
		const int64_t *numbers = row->numbers;

		if (is_moving(numbers))
			moving++;
		else if (numbers[ACCOUNT_LEDGER] != numbers[ACCOUNT_AFTER] &&
			 wrong++ < NAMED_MAX)
			verify_off(
				check->verify,
				"account %s has %" PRId64
				" points, and by the ledger %" PRId64,
				shown((struct text){ row->name, row->length }),
				numbers[ACCOUNT_AFTER],
				numbers[ACCOUNT_LEDGER]);
	}
	if (wrong > NAMED_MAX)
		verify_off(check->verify, "%" PRId64 " more such accounts",
			   wrong - NAMED_MAX);
	if (moving > 0)
		verify_tell(check->verify,
			    "%" PRId64 " accounts were credited meanwhile and "
			    "are not compared",
			    moving);
	verify_number(check->verify, "accounts",
		      (int64_t)tally_count(check->accounts));
	verify_number(check->verify, "moving", moving);
}

/* Runs after verify_books() and before the first balance is read. */
static int pending_take(struct points_check *check)
{
	struct verify *verify = check->verify;
	const struct reply *rows;
	struct text id = text_of(verify->last);

	arena_reset(verify->arena);
	rows = redis_command(verify->redis, verify->arena, verify->err,
			     "XPENDING", verify->settings->stream_key,
			     verify->group->name, "-", "+", PENDING_TEXT, NULL);
	if (rows == NULL)
		return -1;
	for (size_t i = 0; i < reply_count(rows); i++)
		if (tally_at(check->pending,
			     reply_text(reply_at(reply_at(rows, i), 0))) ==
		    NULL)
			return err_set(verify->err, ERR_RETRY, "out of memory");
	if (reply_count(rows) == PENDING_MAX)
		id = reply_text(reply_at(reply_at(rows, PENDING_MAX - 1), 0));
	if (delivery_parse_id(id, &check->last.msecs, &check->last.seq) < 0)
		return err_set(verify->err, ERR_RETRY, "%s: no entry id",
			       id.data);
	return 0;
}

static int balances_check(struct points_check *check)
{
	if (pending_take(check) < 0)
		return -1;
	check->balance = ACCOUNT_BEFORE;
	if (hash_walk(check, "balance", balance_take) < 0 ||
	    hash_walk(check, "ledger", line_take) < 0)
		return -1;
	check->balance = ACCOUNT_AFTER;
	if (hash_walk(check, "balance", balance_take) < 0)
		return -1;
	accounts_compare(check);
	return 0;
}

/* Which events are in the ledger? */
static int ledger_look(struct verify *verify, void *state,
		       struct verify_event *events, size_t count)
{
	char key[KEYS_BYTES];
	struct text words[2 + VERIFY_EVENTS_MAX] = { text_of("HMGET") };
	const struct reply *reply;

	(void)state;
	words[1] = text_of(keys_of_group(verify->settings->stream_key,
					 verify->group->name, "ledger", key));
	for (size_t i = 0; i < count; i++)
		words[2 + i] = text_of(events[i].key);
	arena_reset(verify->arena);
	reply = redis_call(verify->redis, verify->arena, words, 2 + count, 0,
			   verify->err);
	if (reply == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		events[i].known = reply_at(reply, i)->type == REPLY_STRING;
	return 0;
}

/* Something is off: find the orders that have no points. */
static int lines_find(struct verify *verify)
{
	const struct verify_marks marks = { .look = ledger_look };
	json_t *missing = json_array();
	int ret = verify_walk(verify, &marks, missing);
	size_t count = json_array_size(missing);

	for (size_t i = 0; ret == 0 && i < count && i < NAMED_MAX; i++)
		verify_off(
			verify,
			"entry %s is neither pending nor in the ledger nor a "
			"dead letter",
			json_string_value(json_array_get(missing, i)));
	if (ret == 0 && count > NAMED_MAX)
		verify_off(verify, "%zu more such entries", count - NAMED_MAX);
	json_decref(missing);
	return ret;
}

int verify_points(struct verify *verify)
{
	struct points_check check = { .verify = verify,
				      .accounts = tally_open(),
				      .pending = tally_open() };
	int64_t applied = verify->books[OUTCOME_APPLIED];
	int ret;

	verify_number(verify, "ledger", verify->ledger_lines);
	if (verify->ledger_lines != applied)
		verify_off(verify,
			   "the ledger has %" PRId64 " lines, and %" PRId64
			   " entries were applied",
			   verify->ledger_lines, applied);
	ret = check.accounts == NULL || check.pending == NULL
		      ? err_set(verify->err, ERR_RETRY, "out of memory")
		      : balances_check(&check);
	tally_close(&check.accounts);
	tally_close(&check.pending);
	if (ret == 0 && verify_is_off(verify))
		ret = lines_find(verify);
	return ret;
}
