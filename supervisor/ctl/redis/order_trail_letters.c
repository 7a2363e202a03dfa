/* Adds dead letters and replays to the places of an order. order_trail.c walks
   through the stream and the groups first, and calls this after. */

#include "config.h"

#include "supervisor/ctl/redis/order_trail_parts.h"

#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/redis/dead_letter.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view_range.h"

#include <stdio.h>
#include <string.h>

static bool has(const json_t *place, const char *name, struct text value)
{
	const char *its = json_string_value(json_object_get(place, name));

	return its != NULL && text_is(value, its);
}

/* The place of the letter's entry that is in this state, or NULL. */
static json_t *place_in(const struct order_trail *trail,
			const struct dead_letter *letter, const char *state)
{
	json_t *place;
	size_t i;

	json_array_foreach(trail->places, i, place)
	{
		if (has(place, "entry", dead_letter_note(letter, "id")) &&
		    has(place, "group", dead_letter_note(letter, "group")) &&
		    has(place, "state", text_of(state)))
			return place;
	}
	return NULL;
}

static json_t *place_add(struct order_trail *trail,
			 const struct dead_letter *letter)
{
	json_t *place = order_trail_place(
		"done", dead_letter_note(letter, "group"),
		json_line_shown(dead_letter_note(letter, "id")),
		order_trail_event(trail, &letter->fields));

	(void)json_array_append_new(trail->places, place);
	return place;
}

/* Note that an entry, or its replay, ended as this letter. The stream may not
   have the entry any more. */
static void add_letter(struct order_trail *trail,
		       const struct dead_letter *letter)
{
	static const char *const same[] = { "consumer", "deliveries",
					    "attempts" };
	json_t *record = dead_letter_record(trail->view, letter);
	json_t *place = place_in(trail, letter, "replay");

	if (place == NULL)
		place = place_in(trail, letter, "done");
	if (place == NULL)
		place = place_add(trail, letter);
	order_trail_set(place, "state", json_string("dead"));
	order_trail_set(place, "replay_id", json_null());
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		(void)json_object_set(place, same[i],
				      json_object_get(record, same[i]));
	(void)json_object_set(place, "error",
			      json_object_get(record, "reason"));
	(void)json_object_set(place, "dead_letter",
			      json_object_get(record, "id"));
	json_decref(record);
}

/* The place of an entry that came back. A dead letter comes back to the place
   where the entry ended; a copy of history is a place of its own. */
static json_t *place_of_replay(struct order_trail *trail,
			       const struct dead_letter *letter)
{
	json_t *place;
	size_t i;

	json_array_foreach(trail->places, i, place)
	{
		if (has(place, "replay_id", letter->id) &&
		    has(place, "group", dead_letter_note(letter, "group")))
			return place;
	}
	place = NULL;
	if (!text_is(dead_letter_note(letter, "class"), "history")) {
		place = place_in(trail, letter, "dead");
		if (place == NULL)
			place = place_in(trail, letter, "done");
	}
	return place != NULL ? place : place_add(trail, letter);
}

/* Forget all that was noted of the place before the replay. */
static void forget(json_t *place)
{
	static const char *const names[] = { "consumer",   "idle_seconds",
					     "deliveries", "attempts",
					     "error",      "dead_letter" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		order_trail_set(place, names[i], json_null());
}

static int add_replay(struct order_trail *trail,
		      const struct dead_letter *letter, const char *group)
{
	struct view *view = trail->view;
	const char *id = letter->id.data;
	const struct reply *rows, *noted;
	char field[WHEN_ID_BYTES + 8];
	struct keys keys;
	json_t *place;

	keys_make(view->settings->stream_key, group, &keys);
	(void)snprintf(field, sizeof(field), "replay:%s", id);
	rows = redis_command(view->redis, view->arena, &view->err, "XPENDING",
			     keys.replay, group, id, id, "1", NULL);
	noted = rows == NULL
			? NULL
			: redis_command(view->redis, view->arena, &view->err,
					"HGET", keys.tries, field, NULL);
	if (noted == NULL)
		return -1;
	place = place_of_replay(trail, letter);
	forget(place);
	if (reply_count(rows) > 0)
		order_trail_set_pending(place, reply_at(rows, 0),
					view_tries(noted));
	order_trail_set(place, "state", json_string("replay"));
	order_trail_set(place, "replay_id", json_line_shown(letter->id));
	return 0;
}

/* Walk through the letters of a stream: of P:<group>:replay, or, when group is
   NULL, of the dead letters. */
static int read_stream(struct order_trail *trail, const char *key,
		       const char *group)
{
	const struct reply *page;
	struct view_range range;
	struct dead_letter letter;
	int more;

	view_range(&range, key);
	range.letters = true;
	while ((more = view_next(trail->view, &range, &page)) > 0) {
		for (size_t i = 0; i < reply_count(page); i++) {
			dead_letter_read(reply_at(page, i), trail->view->arena,
					 &letter);
			if (!order_trail_is_ours(trail, &letter.fields))
				continue;
			if (group == NULL)
				add_letter(trail, &letter);
			else if (add_replay(trail, &letter, group) < 0)
				return -1;
		}
	}
	return more;
}

int order_trail_letters(struct order_trail *trail)
{
	struct keys keys;

	keys_make(trail->view->settings->stream_key, NULL, &keys);
	return read_stream(trail, keys.dead, NULL);
}

/* The groups on the stream, by name; NULL with the view's err. */
static json_t *group_names(struct order_trail *trail)
{
	const struct reply *groups = view_groups(trail->view);
	json_t *names = groups == NULL ? NULL : json_array();

	for (size_t i = 0; names != NULL && i < reply_count(groups); i++)
		(void)json_array_append_new(
			names, json_line_shown(reply_text(reply_field(
				       reply_at(groups, i), "name"))));
	return names;
}

static int read_replays(struct order_trail *trail, const char *name)
{
	const char *stream = trail->view->settings->stream_key;
	const struct reply *group;
	char key[KEYS_BYTES];

	group = view_group(trail->view,
			   keys_of_group(stream, name, "replay", key), name);
	if (group == NULL)
		return -1;
	return group->type == REPLY_NIL ? 0 : read_stream(trail, key, name);
}

int order_trail_replays(struct order_trail *trail)
{
	json_t *names = group_names(trail), *name;
	int ret = names == NULL ? -1 : 0;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (ret == 0)
			ret = read_replays(trail, json_string_value(name));
	}
	json_decref(names);
	return ret;
}
