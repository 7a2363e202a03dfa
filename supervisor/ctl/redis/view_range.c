/* Walks through a stream page by page, however large an entry is. view.c has
   the connection; the verbs take the pages. */

#include "config.h"

#include "supervisor/ctl/redis/view_range.h"

#include "lib/base/arena.h"
#include "lib/consumer/delivery.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"

#include <stdio.h>
#include <string.h>

static const char id_lua[] =
#include "supervisor/ctl/redis/entry_id.inc"
	;

static const char notes_lua[] =
#include "lib/scripts/dead_letter.inc"
#include "supervisor/ctl/redis/letter_notes.inc"
	;

static const char last_id_lua[] =
#include "supervisor/ctl/redis/last_id.inc"
	;

void view_range(struct view_range *range, const char *key)
{
	*range = (struct view_range){
		.key = key,
		.from = "-",
		.to = "+",
		.count = VIEW_PAGE,
	};
}

static const struct reply *range_ask(struct view *view,
				     const struct view_range *range)
{
	char count[24];

	arena_reset(view->arena);
	if (range->count == 0)
		return redis_command(view->redis, view->arena, &view->err,
				     "EVAL_RO",
				     range->letters ? notes_lua : id_lua, "1",
				     range->key, range->from, range->to, NULL);
	(void)snprintf(count, sizeof(count), "%zu", range->count);
	return redis_command(view->redis, view->arena, &view->err, "XRANGE",
			     range->key, range->from, range->to, "COUNT", count,
			     NULL);
}

int view_next(struct view *view, struct view_range *range,
	      const struct reply **entries_r)
{
	const struct reply *entries;
	struct text last;

	while ((entries = range_ask(view, range)) == NULL) {
		if (!redis_too_big(view->redis) || range->count == 0 ||
		    view_connect(view) < 0)
			return -1;
		range->count /= 2;
	}
	if (reply_count(entries) == 0)
		return 0;
	if (reply_count(entries) > VIEW_PAGE)
		return err_set(&view->err, ERR_RETRY,
			       "%s: more entries than were asked for",
			       range->key);
	last = reply_text(
		reply_at(reply_at(entries, reply_count(entries) - 1), 0));
	(void)snprintf(range->from, sizeof(range->from), "(%.*s",
		       (int)last.length, last.data);
	/* Larger pages again: only one entry may have been large. */
	if (range->count < VIEW_PAGE)
		range->count = range->count == 0 ? 1 : 2 * range->count;
	*entries_r = entries;
	return 1;
}

int view_last_id(struct view *view, const char *key, char *id_r)
{
	const struct reply *last =
		redis_command(view->redis, view->arena, &view->err, "EVAL_RO",
			      last_id_lua, "1", key, NULL);

	if (last == NULL)
		return -1;
	(void)snprintf(id_r, WHEN_ID_BYTES, "%.*s",
		       (int)reply_text(last).length, reply_text(last).data);
	return 0;
}

bool view_is_beyond(struct text id, struct text last)
{
	int64_t msecs, last_msecs;
	uint64_t seq, last_seq;

	if (delivery_parse_id(id, &msecs, &seq) < 0 ||
	    delivery_parse_id(last, &last_msecs, &last_seq) < 0)
		return false;
	return msecs != last_msecs ? msecs > last_msecs : seq > last_seq;
}

bool view_has(const struct reply *fields, const char *field)
{
	const char *value = strchr(field, '=') + 1;
	struct text name = { field, (size_t)(value - field) - 1 };

	for (size_t i = 0; i + 1 < reply_count(fields); i += 2) {
		if (text_equal(reply_text(reply_at(fields, i)), name) &&
		    text_is(reply_text(reply_at(fields, i + 1)), value))
			return true;
	}
	return false;
}
