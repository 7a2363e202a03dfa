/* Finds the events in the stream that were acknowledged and left no mark.
   verify_points.c looks for marks in the ledger, verify_push.c in the push
   logs. */

#include "config.h"

#include "supervisor/ctl/verify/verify_state.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/redis/tally.h"

#include <stdio.h>
#include <string.h>

/* VERIFY_EVENTS_MAX as a text. */
#define PAGE "200"

static const char pending_lua[] =
#include "supervisor/ctl/verify/verify_pending.inc"
	;

struct walk {
	struct verify *verify;
	const struct verify_marks *marks;
	json_t *missing;
	struct verify_event events[VERIFY_EVENTS_MAX];
	size_t count;
};

static int out_of_memory(struct verify *verify)
{
	return err_set(verify->err, ERR_RETRY, "out of memory");
}

/* Read the event of an entry. Returns whether such an event leaves a mark. */
static bool event_read(const struct walk *walk, const struct reply *entry,
		       struct verify_event *event)
{
	struct text id = reply_text(reply_at(entry, 0));
	struct order order;
	struct err err;

	if (order_parse_entry(&walk->verify->settings->fields,
			      reply_at(entry, 1), &order, &err) < 0 ||
	    !order_is_event(&order) ||
	    (order.userid.length == 0 && !walk->marks->guests))
		return false;
	memset(event, 0, sizeof(*event));
	(void)order_key(&order, event->key);
	(void)snprintf(event->id, sizeof(event->id), "%.*s", (int)id.length,
		       id.data);
	return true;
}

/* Leave out the events that are known. */
static void unknown_keep(struct walk *walk)
{
	size_t kept = 0;

	for (size_t i = 0; i < walk->count; i++)
		if (!walk->events[i].known)
			walk->events[kept++] = walk->events[i];
	walk->count = kept;
}

/* Leave out the events whose entries are pending: they are not settled yet. */
static int pending_leave(struct walk *walk)
{
	struct verify *verify = walk->verify;
	struct text words[5 + VERIFY_EVENTS_MAX] = {
		text_of("EVAL"), text_of(pending_lua), text_of("1"),
		text_of(verify->settings->stream_key),
		text_of(verify->group->name)
	};
	const struct reply *reply;

	if (walk->count == 0)
		return 0;
	for (size_t i = 0; i < walk->count; i++)
		words[5 + i] = text_of(walk->events[i].id);
	arena_reset(verify->arena);
	reply = redis_call(verify->redis, verify->arena, words, 5 + walk->count,
			   0, verify->err);
	if (reply == NULL)
		return -1;
	for (size_t i = 0; i < walk->count; i++)
		walk->events[i].known =
			reply_integer(reply_at(reply, i), 0) > 0;
	unknown_keep(walk);
	return 0;
}

static int missing_put(struct walk *walk)
{
	char name[VERIFY_ID_BYTES + ORDER_KEY_BYTES];

	for (size_t i = 0; i < walk->count; i++) {
		(void)snprintf(name, sizeof(name), "%s %s", walk->events[i].id,
			       walk->events[i].key);
		/* Order numbers may hold any byte. */
		if (json_array_append_new(walk->missing,
					  json_string_nocheck(name)) < 0)
			return out_of_memory(walk->verify);
	}
	return 0;
}

static int page_take(struct walk *walk, const struct reply *page)
{
	walk->count = 0;
	for (size_t i = 0; i < reply_count(page); i++)
		if (event_read(walk, reply_at(page, i),
			       &walk->events[walk->count]))
			walk->count++;
	if (walk->count > 0 &&
	    walk->marks->look(walk->verify, walk->marks->state, walk->events,
			      walk->count) < 0)
		return -1;
	unknown_keep(walk);
	if (pending_leave(walk) < 0)
		return -1;
	return missing_put(walk);
}

static int stream_walk(struct walk *walk)
{
	struct verify *verify = walk->verify;
	char from[VERIFY_ID_BYTES + 1];
	const struct reply *page;
	size_t count;

	(void)snprintf(from, sizeof(from), "(%s", verify->start);
	do {
		arena_reset(verify->arena);
		page = redis_command(verify->redis, verify->arena, verify->err,
				     "XRANGE", verify->settings->stream_key,
				     from, verify->last, "COUNT", PAGE, NULL);
		if (page == NULL)
			return -1;
		count = reply_count(page);
		if (count > 0)
			(void)snprintf(
				from, sizeof(from), "(%s",
				reply_text(
					reply_at(reply_at(page, count - 1), 0))
					.data);
		if (page_take(walk, page) < 0)
			return -1;
	} while (count > 0);
	return 0;
}

/* Collect the entry ids of this group's dead letters. */
static int dead_letters(struct verify *verify, struct tally *dead)
{
	char from[VERIFY_ID_BYTES + 1] = "-";
	const struct reply *page;
	struct keys keys;

	keys_make(verify->settings->stream_key, NULL, &keys);
	do {
		arena_reset(verify->arena);
		page = redis_command(verify->redis, verify->arena, verify->err,
				     "XRANGE", keys.dead, from, "+", "COUNT",
				     PAGE, NULL);
		if (page == NULL)
			return -1;
		for (size_t i = 0; i < reply_count(page); i++) {
			const struct reply *letter = reply_at(page, i);
			const struct reply *fields = reply_at(letter, 1);

			(void)snprintf(from, sizeof(from), "(%s",
				       reply_text(reply_at(letter, 0)).data);
			if (text_is(reply_text(reply_field(fields, "group")),
				    verify->group->name) &&
			    tally_at(dead, reply_text(reply_field(
						   fields, "id"))) == NULL)
				return out_of_memory(verify);
		}
	} while (reply_count(page) > 0);
	return 0;
}

/* Look up the missing events once more, now that all of them are surely
   acknowledged, and leave out the dead letters. */
static int missing_confirm(struct walk *walk, const json_t *first,
			   const struct tally *dead)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(first, i, entry)
	{
		struct verify_event *event = &walk->events[0];
		const char *name = json_string_value(entry);
		size_t length = strcspn(name, " ");

		if (tally_find(dead, (struct text){ name, length }) != NULL)
			continue;
		memset(event, 0, sizeof(*event));
		(void)snprintf(event->id, sizeof(event->id), "%.*s",
			       (int)length, name);
		(void)snprintf(event->key, sizeof(event->key), "%s",
			       name + length + 1);
		walk->count = 1;
		if (walk->marks->look(walk->verify, walk->marks->state, event,
				      1) < 0)
			return -1;
		unknown_keep(walk);
		if (missing_put(walk) < 0)
			return -1;
	}
	return 0;
}

static int walk_run(struct walk *walk, json_t *first, struct tally *dead)
{
	json_t *missing = walk->missing;
	const struct verify_marks *marks = walk->marks;

	walk->missing = first;
	if (stream_walk(walk) < 0)
		return -1;
	if (marks->refresh != NULL &&
	    marks->refresh(walk->verify, marks->state) < 0)
		return -1;
	if (json_array_size(first) > 0 && dead_letters(walk->verify, dead) < 0)
		return -1;
	walk->verify->letters = (int64_t)tally_count(dead);
	walk->missing = missing;
	return missing_confirm(walk, first, dead);
}

int verify_walk(struct verify *verify, const struct verify_marks *marks,
		json_t *missing)
{
	static struct walk walk;
	json_t *first = json_array();
	struct tally *dead = tally_open();
	int ret;

	walk = (struct walk){ .verify = verify,
			      .marks = marks,
			      .missing = missing };
	/* Without a noted beginning it is unknown what was due. */
	if (verify->start[0] == '\0')
		ret = 0;
	else if (first == NULL || dead == NULL || missing == NULL)
		ret = out_of_memory(verify);
	else
		ret = walk_run(&walk, first, dead);
	json_decref(first);
	tally_close(&dead);
	return ret;
}
