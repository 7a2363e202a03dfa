/* ordermqctl pending: prints the entries that were delivered to a group and are
   not settled, from the stream and from the group's replays. ctl.c calls it;
   view.c prints. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/arena.h"
#include "lib/stream/keys.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/redis/dead_letter.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view_range.h"

#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

struct pending {
	struct view view;
	struct keys keys;
	const char *group;
	const char *idle; /* as typed; NULL: any */
	const char *consumer;
	int64_t idle_msecs;
	int64_t count; /* printed so far */
	bool replays;  /* those of P:<group>:replay are looked for */
};

static const struct table_column columns[] = {
	{ "ID", "id", -15, TABLE_TEXT, "?" },
	{ "CONSUMER", "consumer", -13, TABLE_TEXT, "?" },
	{ "IDLE", "idle_seconds", 4, TABLE_AGE, "?" },
	{ "DELIV", "deliveries", 5, TABLE_NUMBER, "?" },
	{ "TRIES", "attempts", 5, TABLE_NUMBER, "?" },
	{ "ORDER", "orderno", -10, TABLE_TEXT, "?" },
	{ "LAST ERROR", "last_error", -20, TABLE_TEXT, "-" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static const struct table_column replay_columns[] = {
	{ "REPLAY OF", "entry", -15, TABLE_TEXT, "?" },
	{ "CONSUMER", "consumer", -13, TABLE_TEXT, "-" },
	{ "IDLE", "idle_seconds", 4, TABLE_AGE, "?" },
	{ "DELIV", "deliveries", 5, TABLE_NUMBER, "?" },
	{ "TRIES", "attempts", 5, TABLE_NUMBER, "?" },
	{ "ORDER", "orderno", -10, TABLE_TEXT, "?" },
	{ "LAST ERROR", "last_error", -20, TABLE_TEXT, "-" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

/* One page of XPENDING from this id on. */
static const struct reply *ask_page(struct pending *pending, const char *from)
{
	struct text words[10];
	char idle[24], page[24];
	size_t count = 0;

	(void)snprintf(idle, sizeof(idle), "%" PRId64, pending->idle_msecs);
	(void)snprintf(page, sizeof(page), "%d", VIEW_PAGE);
	words[count++] = text_of("XPENDING");
	words[count++] = text_of(pending->replays ? pending->keys.replay
						  : pending->keys.stream);
	words[count++] = text_of(pending->group);
	words[count++] = text_of("IDLE");
	words[count++] = text_of(idle);
	words[count++] = text_of(from);
	words[count++] = text_of("+");
	words[count++] = text_of(page);
	if (pending->consumer != NULL)
		words[count++] = text_of(pending->consumer);
	arena_reset(pending->view.arena);
	return view_call(&pending->view, words, count);
}

static json_t *text_or_null(const struct reply *reply)
{
	return reply->type == REPLY_NIL ? json_null()
					: json_line_shown(reply_text(reply));
}

/* Print one row [id, consumer, idle, deliveries] with the three replies about
   its entry: see view_orders(). */
static void pending_put(struct pending *pending, const struct reply *row,
			const struct reply *orders, size_t i)
{
	struct view_tries tries = view_tries(reply_at(orders, 3 * i + 1));
	const struct reply *id = reply_at(row, 0);
	const struct reply *origin =
		pending->replays ? reply_at(orders, 3 * i + 2) : id;
	int64_t idle_msecs = reply_integer(reply_at(row, 2), -1000);

	view_put(&pending->view, pending->replays ? replay_columns : columns,
		 json_pack("{s:s,s:s,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
			   "kind", "pending", "group", pending->group, "id",
			   text_or_null(id), "replay", pending->replays,
			   "entry", text_or_null(origin), "consumer",
			   text_or_null(reply_at(row, 1)), "idle_seconds",
			   json_line_count(idle_msecs / 1000), "deliveries",
			   json_line_count(reply_integer(reply_at(row, 3), -1)),
			   "attempts", json_line_count(tries.attempts),
			   "orderno", text_or_null(reply_at(orders, 3 * i)),
			   "last_error",
			   tries.failure.length == 0
				   ? json_null()
				   : json_line_shown(tries.failure)));
	pending->count++;
}

/* Print one page. Returns 1 with the start of the next page in from, 0 at the
   end, or -1. */
static int put_page(struct pending *pending, char *from)
{
	const struct reply *rows = ask_page(pending, from), *orders;
	struct text ids[VIEW_PAGE], last;
	size_t count;

	if (rows == NULL)
		return -1;
	count = reply_count(rows);
	if (count == 0)
		return 0;
	if (count > VIEW_PAGE)
		return err_set(&pending->view.err, ERR_RETRY,
			       "XPENDING: more rows than were asked for");
	for (size_t i = 0; i < count; i++)
		ids[i] = reply_text(reply_at(reply_at(rows, i), 0));
	orders = view_orders(&pending->view, &pending->keys, pending->replays,
			     ids, count);
	if (orders == NULL)
		return -1;
	for (size_t i = 0; i < count; i++)
		pending_put(pending, reply_at(rows, i), orders, i);
	last = ids[count - 1];
	(void)snprintf(from, WHEN_ID_BYTES, "(%.*s", (int)last.length,
		       last.data);
	return 1;
}

static int pending_put_all(struct pending *pending)
{
	char from[WHEN_ID_BYTES] = "-";
	int more = 1;

	while (more > 0)
		more = put_page(pending, from);
	return more;
}

/* Print an entry that came back and that no consumer has yet: it is idle since
   it came. */
static void put_waiting(struct pending *pending,
			const struct dead_letter *letter)
{
	struct view *view = &pending->view;
	int64_t age_secs = view_age(view, when_of_id(letter->id.data));

	if (age_secs * 1000 < pending->idle_msecs)
		return;
	view_put(view, replay_columns,
		 json_pack("{s:s,s:s,s:o,s:b,s:o,s:n,s:o,s:i,s:i,s:o,s:n}",
			   "kind", "pending", "group", pending->group, "id",
			   json_line_shown(letter->id), "replay", true, "entry",
			   view_field(&letter->notes, "id"), "consumer",
			   "idle_seconds", json_line_count(age_secs),
			   "deliveries", 0, "attempts", 0, "orderno",
			   view_field(&letter->fields,
				      view->settings->fields.orderno),
			   "last_error"));
	pending->count++;
}

static int put_all_waiting(struct pending *pending, struct text last)
{
	const struct reply *page;
	struct view_range range;
	struct dead_letter letter;
	int more;

	view_range(&range, pending->keys.replay);
	range.letters = true;
	(void)snprintf(range.from, sizeof(range.from), "(%.*s",
		       (int)last.length, last.data);
	while ((more = view_next(&pending->view, &range, &page)) > 0) {
		for (size_t i = 0; i < reply_count(page); i++) {
			dead_letter_read(reply_at(page, i), pending->view.arena,
					 &letter);
			put_waiting(pending, &letter);
		}
	}
	return more;
}

/* Print the entries that came back: first the delivered ones, then those that
   wait. */
static int put_replays(struct pending *pending)
{
	const struct reply *group = view_group(
		&pending->view, pending->keys.replay, pending->group);
	char last[WHEN_ID_BYTES];

	if (group == NULL)
		return -1;
	if (group->type == REPLY_NIL)
		return 0;
	pending->replays = true;
	(void)snprintf(
		last, sizeof(last), "%s",
		reply_text(reply_field(group, "last-delivered-id")).data);
	if (pending_put_all(pending) < 0)
		return -1;
	/* Entries that wait are of no consumer. */
	return pending->consumer != NULL
		       ? 0
		       : put_all_waiting(pending, text_of(last));
}

static int pending_show(struct pending *pending)
{
	if (pending_put_all(pending) < 0 || put_replays(pending) < 0)
		return view_failed(&pending->view);
	if (pending->count == 0 && !pending->view.as_json)
		ctl_say("%s: nothing of that is pending", pending->group);
	return EX_OK;
}

int verb_pending(struct ctl *ctl)
{
	struct pending pending = { 0 };
	const struct ctl_option options[] = {
		{ "idle", '\0', &pending.idle, NULL },
		{ "consumer", '\0', &pending.consumer, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	pending.group = ctl->operands[0];
	if (pending.idle != NULL &&
	    num_parse_duration(pending.idle, &pending.idle_msecs) < 0) {
		ctl_say("--idle %s: expected a duration such as 30s",
			pending.idle);
		return EX_DATAERR;
	}
	status = view_open(&pending.view, ctl, -1);
	if (status == EX_OK)
		status = view_check_group(&pending.view, pending.group);
	if (status == EX_OK) {
		keys_make(ctl->settings.stream_key, pending.group,
			  &pending.keys);
		status = pending_show(&pending);
	}
	view_close(&pending.view);
	return status;
}
