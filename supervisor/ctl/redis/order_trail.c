/* Finds where an order is: its entries, how far each group is with them, its
   lines in the ledgers. verb_order.c prints it; order_trail_letters.c adds dead
   letters and replays. */

#include "config.h"

#include "supervisor/ctl/redis/order_trail.h"

#include "lib/stream/keys.h"
#include "lib/stream/order.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/redis/ledger_line.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/order_trail_parts.h"
#include "supervisor/ctl/redis/view_range.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Find the entries with this order number. */
static int read_entries(struct order_trail *trail)
{
	const struct reply *page;
	struct view_range range;
	int more;

	view_range(&range, trail->view->settings->stream_key);
	while ((more = view_next(trail->view, &range, &page)) > 0) {
		for (size_t i = 0; i < reply_count(page); i++) {
			const struct reply *entry = reply_at(page, i);

			if (!order_trail_is_ours(trail, reply_at(entry, 1)))
				continue;
			(void)json_array_append_new(
				trail->entries,
				json_pack("{s:o,s:o}", "id",
					  json_line_shown(reply_text(
						  reply_at(entry, 0))),
					  "event",
					  order_trail_event(
						  trail, reply_at(entry, 1))));
		}
	}
	return more;
}

/* An entry that was delivered is pending or done, unless a dead letter is found
   later. */
static int look_up_pending(struct order_trail *trail, json_t *place,
			   const char *group, const char *id)
{
	struct view *view = trail->view;
	const struct reply *rows, *noted;
	struct keys keys;

	keys_make(view->settings->stream_key, group, &keys);
	rows = redis_command(view->redis, view->arena, &view->err, "XPENDING",
			     keys.stream, group, id, id, "1", NULL);
	if (rows == NULL)
		return -1;
	if (reply_count(rows) == 0) {
		order_trail_set(place, "state", json_string("done"));
		return 0;
	}
	noted = redis_command(view->redis, view->arena, &view->err, "HGET",
			      keys.tries, id, NULL);
	if (noted == NULL)
		return -1;
	order_trail_set(place, "state", json_string("pending"));
	order_trail_set_pending(place, reply_at(rows, 0), view_tries(noted));
	return 0;
}

/* Note the place of an entry in one group; info is its row of XINFO GROUPS. */
static int read_place(struct order_trail *trail, const json_t *entry,
		      const struct reply *info)
{
	struct text group = reply_text(reply_field(info, "name"));
	struct text last = reply_text(reply_field(info, "last-delivered-id"));
	const char *id = json_string_value(json_object_get(entry, "id"));
	json_t *place = order_trail_place(
		"undelivered", group, json_copy(json_object_get(entry, "id")),
		json_copy(json_object_get(entry, "event")));

	(void)json_array_append_new(trail->places, place);
	if (view_is_beyond(text_of(id), last))
		return 0;
	return look_up_pending(trail, place, group.data, id);
}

static int read_places(struct order_trail *trail)
{
	const struct reply *groups = view_groups(trail->view);
	json_t *entry;
	size_t i;

	if (groups == NULL)
		return -1;
	json_array_foreach(trail->entries, i, entry)
	{
		for (size_t g = 0; g < reply_count(groups); g++) {
			if (read_place(trail, entry, reply_at(groups, g)) < 0)
				return -1;
		}
	}
	return 0;
}

static int read_line(struct order_trail *trail, const char *group,
		     const char *event)
{
	struct view *view = trail->view;
	struct ledger_line line;
	const struct reply *value;
	char key[KEYS_BYTES];

	value = redis_command(
		view->redis, view->arena, &view->err, "HGET",
		keys_of_group(view->settings->stream_key, group, "ledger", key),
		event, NULL);
	if (value == NULL)
		return -1;
	if (value->type == REPLY_NIL)
		return 0;
	(void)ledger_line_read(text_of(event), reply_text(value), &line);
	(void)json_array_append_new(trail->ledger,
				    ledger_line_record(view, group, &line));
	return 0;
}

/* Add the events that every order may have, since its entries may be gone from
   the stream. */
static void add_usual_events(struct order_trail *trail)
{
	static const char *const types[] = { "paid", "refunded" };
	char key[ORDER_KEY_BYTES];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(key, sizeof(key), "%.*s:%s",
			       ORDER_NUMBER_BYTES_MAX, trail->orderno,
			       types[i]);
		(void)json_object_set_new_nocheck(trail->events, key,
						  json_true());
	}
}

static int read_ledgers(struct order_trail *trail)
{
	const struct settings *settings = trail->view->settings;
	const char *event;
	json_t *value;

	for (int64_t i = 0; i < settings->group_count; i++) {
		if (strcmp(settings->groups[i].program, "points") != 0)
			continue;
		json_object_foreach(trail->events, event, value)
		{
			if (read_line(trail, settings->groups[i].name, event) <
			    0)
				return -1;
		}
	}
	return 0;
}

int order_trail_open(struct order_trail *trail, struct view *view,
		     const char *orderno)
{
	*trail = (struct order_trail){
		.view = view,
		.orderno = orderno,
		.entries = json_array(),
		.places = json_array(),
		.events = json_object(),
		.ledger = json_array(),
	};
	add_usual_events(trail);
	/* Replays are read before and after the dead letters, so that an entry
	   that moves meanwhile is found in one of them. */
	return read_entries(trail) < 0 || read_places(trail) < 0 ||
			       order_trail_replays(trail) < 0 ||
			       order_trail_letters(trail) < 0 ||
			       order_trail_replays(trail) < 0 ||
			       read_ledgers(trail) < 0
		       ? -1
		       : 0;
}

void order_trail_close(struct order_trail *trail)
{
	json_decref(trail->entries);
	json_decref(trail->places);
	json_decref(trail->events);
	json_decref(trail->ledger);
	memset(trail, 0, sizeof(*trail));
}
