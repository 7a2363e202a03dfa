/* Copies a range of the stream to where one group reads it once more.
   verb_replay.c takes the options; replay_range.lua copies a portion. */

#include "config.h"

#include "supervisor/ctl/redis/replay_range.h"

#include "lib/base/arena.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/redis/dead_letter.h"
#include "supervisor/ctl/redis/tally.h"
#include "supervisor/ctl/redis/view_range.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* At most this many entries are copied in one call, which keeps Redis busy for
   some milliseconds. */
#define PORTION_MAX 100

/* With a rate, at most this many portions a second. */
#define PORTIONS_A_SECOND 10

static const char history_lua[] =
#include "lib/scripts/dead_letter.inc"
#include "lib/scripts/come_back.inc"
#include "supervisor/ctl/redis/replay_range.inc"
	;

static int out_of_memory(struct replay_range *replay)
{
	return err_set(&replay->view->err, ERR_RETRY, "out of memory");
}

static void id_keep(char *buf, struct text id)
{
	(void)snprintf(buf, WHEN_ID_BYTES, "%.*s", (int)id.length, id.data);
}

/* Read the entries that came back since the last known one. */
static int waiting_read(struct replay_range *replay)
{
	const struct reply *page;
	struct view_range range;
	struct dead_letter letter;
	int more;

	view_range(&range, replay->keys.replay);
	range.letters = true;
	(void)snprintf(range.from, sizeof(range.from), "(%s", replay->known);
	while ((more = view_next(replay->view, &range, &page)) > 0) {
		for (size_t i = 0; i < reply_count(page); i++) {
			dead_letter_read(reply_at(page, i), replay->view->arena,
					 &letter);
			id_keep(replay->known, letter.id);
			if (tally_at(replay->waiting,
				     dead_letter_note(&letter, "id")) == NULL)
				return out_of_memory(replay);
		}
	}
	return more;
}

/* The range in words, by which a repeated command recognises it. */
static const char *range_words(const struct replay_range *replay, char *buf,
			       size_t bytes)
{
	(void)snprintf(buf, bytes, "from %s to %s field %s", replay->from,
		       replay->to == NULL ? "the last" : replay->to,
		       replay->field == NULL ? "any" : replay->field);
	return buf;
}

/* Go on behind the last copied entry when this very range was interrupted. */
static int note_read(struct replay_range *replay)
{
	struct view *view = replay->view;
	char words[1024];
	const struct reply *note =
		redis_command(view->redis, view->arena, &view->err, "HGETALL",
			      replay->replaying, NULL);
	char begin[WHEN_ID_BYTES + 2];
	struct text id;

	if (note == NULL)
		return -1;
	id = reply_text(reply_field(note, "id"));
	/* An age such as "2h" is another moment by now: take the noted id. */
	(void)snprintf(begin, sizeof(begin), "%s%s", replay->start,
		       strchr(replay->start, '-') == NULL ? "-0" : "");
	if (id.length == 0 ||
	    !text_is(reply_text(reply_field(note, "range")),
		     range_words(replay, words, sizeof(words))) ||
	    view_is_beyond(text_of(begin), id))
		return 0;
	replay->goes_on = true;
	(void)snprintf(replay->start, sizeof(replay->start), "(%.*s",
		       (int)id.length, id.data);
	return 0;
}

static int delivered_read(struct replay_range *replay)
{
	const struct reply *group = view_group(
		replay->view, replay->keys.stream, replay->group->name);

	if (group == NULL)
		return -1;
	id_keep(replay->delivered,
		reply_text(reply_field(group, "last-delivered-id")));
	return 0;
}

int replay_range_open(struct replay_range *replay, struct view *view)
{
	const char *stream = view->settings->stream_key;
	const char *group = replay->group->name;
	int status = view_check_group(view, group);

	replay->view = view;
	keys_make(stream, group, &replay->keys);
	(void)keys_of_group(stream, group, "replaying", replay->replaying);
	(void)strcpy(replay->known, "0-0");
	(void)strcpy(replay->end, "+");
	replay->waiting = tally_open();
	replay->entries = calloc(PORTION_MAX, sizeof(*replay->entries));
	if (status == EX_OK)
		status = view_when(view, "--from", replay->from, replay->start);
	if (status == EX_OK)
		status = view_when(view, "--to", replay->to, replay->end);
	if (status != EX_OK)
		return status;
	if (replay->waiting == NULL || replay->entries == NULL) {
		(void)out_of_memory(replay);
		return view_failed(view);
	}
	return delivered_read(replay) < 0 ||
			       (replay->execute && note_read(replay) < 0) ||
			       waiting_read(replay) < 0
		       ? view_failed(view)
		       : EX_OK;
}

void replay_range_close(struct replay_range *replay)
{
	tally_close(&replay->waiting);
	free(replay->entries);
	replay->entries = NULL;
}

/* Read count entries of a page into the portion. Entries that are left out are
   counted by their outcome. */
static void portion_read(struct replay_range *replay, const struct reply *page,
			 size_t from, size_t to, int64_t *outcomes)
{
	replay->entry_count = 0;
	for (size_t i = from; i < to && !replay->over; i++) {
		struct replay_outcome_entry *entry =
			&replay->entries[replay->entry_count];
		const struct reply *fields = reply_at(reply_at(page, i), 1);

		entry->id = reply_text(reply_at(reply_at(page, i), 0));
		replay->over =
			view_is_beyond(entry->id, text_of(replay->delivered));
		if (replay->over)
			return;
		if (replay->field != NULL && !view_has(fields, replay->field))
			continue;
		replay_outcome_read(replay->view->settings, replay->group,
				    fields, entry);
		if (entry->outcome != REPLAY_OUTCOME_REJECTED &&
		    tally_find(replay->waiting, entry->id) != NULL)
			entry->outcome = REPLAY_OUTCOME_WAITING;
		if (entry->outcome == REPLAY_OUTCOME_REJECTED ||
		    entry->outcome == REPLAY_OUTCOME_WAITING)
			outcomes[entry->outcome]++;
		else
			replay->entry_count++;
	}
}

/* Let the script copy the portion, or only look. Returns the answer, or
   NULL. */
static const struct reply *portion_send(struct replay_range *replay)
{
	static struct text words[11 + PORTION_MAX];
	char range[1024];
	size_t count = 0;

	words[count++] = text_of("EVAL");
	words[count++] = text_of(history_lua);
	words[count++] = text_of("4");
	words[count++] = text_of(replay->keys.stream);
	words[count++] = text_of(replay->keys.replay);
	words[count++] = text_of(replay->keys.books);
	words[count++] = text_of(replay->replaying);
	words[count++] = text_of(replay->group->name);
	words[count++] = text_of(replay->known);
	words[count++] = text_of(replay->execute ? "1" : "0");
	words[count++] = text_of(range_words(replay, range, sizeof(range)));
	for (size_t i = 0; i < replay->entry_count; i++)
		words[count++] = replay->entries[i].id;
	return view_call(replay->view, words, count);
}

/* Count the results of the portion. */
static void portion_count(struct replay_range *replay,
			  const struct reply *answer)
{
	id_keep(replay->known, reply_text(reply_at(answer, 1)));
	for (size_t i = 0; i < replay->entry_count; i++) {
		const struct replay_outcome_entry *entry = &replay->entries[i];
		struct text state = reply_text(reply_at(answer, 2 + i));

		if (text_is(state, "pending")) {
			replay->outcomes[REPLAY_OUTCOME_PENDING]++;
			continue;
		}
		if (text_is(state, "gone")) {
			replay->outcomes[REPLAY_OUTCOME_GONE]++;
			continue;
		}
		replay->outcomes[entry->outcome]++;
		if (replay->count++ == 0)
			id_keep(replay->first, entry->id);
		id_keep(replay->last, entry->id);
	}
}

/* Take a portion. Returns 1; 0 when something else has come back, so that the
   portion must be read again; or -1. */
static int portion_take(struct replay_range *replay, const struct reply *page,
			size_t from, size_t to)
{
	int64_t outcomes[REPLAY_OUTCOME_COUNT] = { 0 };
	const struct reply *answer;

	portion_read(replay, page, from, to, outcomes);
	if (!replay->execute &&
	    replay_outcome_look_up(replay->view, replay->group->name,
				   replay->entries, replay->entry_count) < 0)
		return -1;
	if (replay->entry_count > 0) {
		answer = portion_send(replay);
		if (answer == NULL)
			return -1;
		if (text_is(reply_text(reply_at(answer, 0)), "again")) {
			replay->over = false;
			return 0;
		}
		portion_count(replay, answer);
	}
	for (enum replay_outcome outcome = 0; outcome < REPLAY_OUTCOME_COUNT;
	     outcome++)
		replay->outcomes[outcome] += outcomes[outcome];
	id_keep(replay->done, reply_text(reply_at(reply_at(page, to - 1), 0)));
	return 1;
}

/* How many entries the next call copies. */
static size_t portion_size(const struct replay_range *replay)
{
	int64_t size = replay->rate / PORTIONS_A_SECOND;

	if (!replay->execute || replay->rate == 0 || size > PORTION_MAX)
		return PORTION_MAX;
	return size < 1 ? 1 : (size_t)size;
}

/* Returns as portion_take() does. */
static int page_take(struct replay_range *replay, const struct reply *page)
{
	size_t count = reply_count(page), portion = portion_size(replay);

	for (size_t from = 0; from < count && !replay->over; from += portion) {
		size_t to = count - from < portion ? count : from + portion;
		int ret = portion_take(replay, page, from, to);

		if (ret <= 0)
			return ret;
		if (replay->execute && replay->rate > 0)
			(void)poll(NULL, 0,
				   (int)((int64_t)replay->entry_count * 1000 /
					 replay->rate));
	}
	return 1;
}

/* Go on reading behind the last entry that was done. */
static void range_renew(struct replay_range *replay, struct view_range *range)
{
	bool begins = replay->done[0] == '\0';

	(void)snprintf(range->from, sizeof(range->from), "%s%s",
		       begins ? "" : "(",
		       begins ? replay->start : replay->done);
}

/* Returns 0, or -1. */
static int walk(struct replay_range *replay)
{
	const struct reply *page;
	struct view_range range;
	int more = 1;

	view_range(&range, replay->keys.stream);
	(void)snprintf(range.from, sizeof(range.from), "%s", replay->start);
	(void)snprintf(range.to, sizeof(range.to), "%s", replay->end);
	while (!replay->over &&
	       (more = view_next(replay->view, &range, &page)) > 0) {
		int ret = page_take(replay, page);

		if (ret < 0 || (ret == 0 && waiting_read(replay) < 0))
			return -1;
		if (ret == 0)
			range_renew(replay, &range);
	}
	return more < 0 ? -1 : 0;
}

int replay_range_run(struct replay_range *replay)
{
	struct view *view = replay->view;

	if (walk(replay) < 0)
		return -1;
	if (!replay->execute)
		return 0;
	return redis_command(view->redis, view->arena, &view->err, "DEL",
			     replay->replaying, NULL) == NULL
		       ? -1
		       : 0;
}
