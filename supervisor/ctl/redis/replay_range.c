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

/* Entries copied at once: Redis does nothing else meanwhile, some milliseconds.
 */
#define PORTION_MAX 100

/* With a rate, so many portions a second at most. */
#define PORTIONS_A_SECOND 10

static const char history_lua[] =
#include "lib/scripts/dead_letter.inc"
#include "lib/scripts/come_back.inc"
#include "supervisor/ctl/redis/replay_range.inc"
	;

static int out_of_memory(struct history *history)
{
	return err_set(&history->view->err, ERR_RETRY, "out of memory");
}

static void id_keep(char *buf, struct text id)
{
	(void)snprintf(buf, WHEN_ID_BYTES, "%.*s", (int)id.length, id.data);
}

/* What came back since the last one that is known. */
static int waiting_read(struct history *history)
{
	const struct reply *page;
	struct view_range range;
	struct letter letter;
	int more;

	view_range(&range, history->keys.replay);
	range.letters = true;
	(void)snprintf(range.from, sizeof(range.from), "(%s", history->known);
	while ((more = view_next(history->view, &range, &page)) > 0) {
		for (size_t i = 0; i < reply_count(page); i++) {
			letter_read(reply_at(page, i), history->view->arena,
				    &letter);
			id_keep(history->known, letter.id);
			if (tally_at(history->waiting,
				     letter_note(&letter, "id")) == NULL)
				return out_of_memory(history);
		}
	}
	return more;
}

/* The words of the range, by which the same command knows it again. */
static const char *range_words(const struct history *history, char *buf,
			       size_t bytes)
{
	(void)snprintf(buf, bytes, "from %s to %s field %s", history->from,
		       history->to == NULL ? "the last" : history->to,
		       history->field == NULL ? "any" : history->field);
	return buf;
}

/* Was the same interrupted? Then go on behind what it did. */
static int note_read(struct history *history)
{
	struct view *view = history->view;
	char words[1024];
	const struct reply *note =
		redis_command(view->redis, view->arena, &view->err, "HGETALL",
			      history->replaying, NULL);
	char begin[WHEN_ID_BYTES + 2];
	struct text id;

	if (note == NULL)
		return -1;
	id = reply_text(reply_field(note, "id"));
	/* "2h" is another moment by now. */
	(void)snprintf(begin, sizeof(begin), "%s%s", history->start,
		       strchr(history->start, '-') == NULL ? "-0" : "");
	if (id.length == 0 ||
	    !text_is(reply_text(reply_field(note, "range")),
		     range_words(history, words, sizeof(words))) ||
	    view_is_beyond(text_of(begin), id))
		return 0;
	history->goes_on = true;
	(void)snprintf(history->start, sizeof(history->start), "(%.*s",
		       (int)id.length, id.data);
	return 0;
}

static int delivered_read(struct history *history)
{
	const struct reply *group = view_group(
		history->view, history->keys.stream, history->group->name);

	if (group == NULL)
		return -1;
	id_keep(history->delivered,
		reply_text(reply_field(group, "last-delivered-id")));
	return 0;
}

int history_open(struct history *history, struct view *view)
{
	const char *stream = view->settings->stream_key;
	const char *group = history->group->name;
	int status = view_check_group(view, group);

	history->view = view;
	keys_make(stream, group, &history->keys);
	(void)keys_of_group(stream, group, "replaying", history->replaying);
	(void)strcpy(history->known, "0-0");
	(void)strcpy(history->end, "+");
	history->waiting = tally_open();
	history->entries = calloc(PORTION_MAX, sizeof(*history->entries));
	if (status == EX_OK)
		status = view_when(view, "--from", history->from,
				   history->start);
	if (status == EX_OK)
		status = view_when(view, "--to", history->to, history->end);
	if (status != EX_OK)
		return status;
	if (history->waiting == NULL || history->entries == NULL) {
		(void)out_of_memory(history);
		return view_failed(view);
	}
	return delivered_read(history) < 0 ||
			       (history->execute && note_read(history) < 0) ||
			       waiting_read(history) < 0
		       ? view_failed(view)
		       : EX_OK;
}

void history_close(struct history *history)
{
	tally_close(&history->waiting);
	free(history->entries);
	history->entries = NULL;
}

/* Read so many entries of a page into the portion at hand; fates are those of
   what is left out. */
static void portion_read(struct history *history, const struct reply *page,
			 size_t from, size_t to, int64_t *fates)
{
	history->entry_count = 0;
	for (size_t i = from; i < to && !history->over; i++) {
		struct fate_entry *entry =
			&history->entries[history->entry_count];
		const struct reply *fields = reply_at(reply_at(page, i), 1);

		entry->id = reply_text(reply_at(reply_at(page, i), 0));
		history->over =
			view_is_beyond(entry->id, text_of(history->delivered));
		if (history->over)
			return;
		if (history->field != NULL && !view_has(fields, history->field))
			continue;
		fate_read(history->view->settings, history->group, fields,
			  entry);
		if (entry->fate != FATE_REJECTED &&
		    tally_find(history->waiting, entry->id) != NULL)
			entry->fate = FATE_WAITING;
		if (entry->fate == FATE_REJECTED || entry->fate == FATE_WAITING)
			fates[entry->fate]++;
		else
			history->entry_count++;
	}
}

/* Copy the portion, or only look. Returns the answer, or NULL. */
static const struct reply *portion_send(struct history *history)
{
	static struct text words[11 + PORTION_MAX];
	char range[1024];
	size_t count = 0;

	words[count++] = text_of("EVAL");
	words[count++] = text_of(history_lua);
	words[count++] = text_of("4");
	words[count++] = text_of(history->keys.stream);
	words[count++] = text_of(history->keys.replay);
	words[count++] = text_of(history->keys.books);
	words[count++] = text_of(history->replaying);
	words[count++] = text_of(history->group->name);
	words[count++] = text_of(history->known);
	words[count++] = text_of(history->execute ? "1" : "0");
	words[count++] = text_of(range_words(history, range, sizeof(range)));
	for (size_t i = 0; i < history->entry_count; i++)
		words[count++] = history->entries[i].id;
	return view_call(history->view, words, count);
}

/* Count what became of the portion. */
static void portion_count(struct history *history, const struct reply *answer)
{
	id_keep(history->known, reply_text(reply_at(answer, 1)));
	for (size_t i = 0; i < history->entry_count; i++) {
		const struct fate_entry *entry = &history->entries[i];
		struct text state = reply_text(reply_at(answer, 2 + i));

		if (text_is(state, "pending")) {
			history->fates[FATE_PENDING]++;
			continue;
		}
		if (text_is(state, "gone")) {
			history->fates[FATE_GONE]++;
			continue;
		}
		history->fates[entry->fate]++;
		if (history->count++ == 0)
			id_keep(history->first, entry->id);
		id_keep(history->last, entry->id);
	}
}

/* Returns 1; 0 when something else has come back, so that the portion is to be
   read again; or -1. */
static int portion_take(struct history *history, const struct reply *page,
			size_t from, size_t to)
{
	int64_t fates[FATE_COUNT] = { 0 };
	const struct reply *answer;

	portion_read(history, page, from, to, fates);
	if (!history->execute &&
	    fate_look_up(history->view, history->group->name, history->entries,
			 history->entry_count) < 0)
		return -1;
	if (history->entry_count > 0) {
		answer = portion_send(history);
		if (answer == NULL)
			return -1;
		if (text_is(reply_text(reply_at(answer, 0)), "again")) {
			history->over = false;
			return 0;
		}
		portion_count(history, answer);
	}
	for (enum fate fate = 0; fate < FATE_COUNT; fate++)
		history->fates[fate] += fates[fate];
	id_keep(history->done, reply_text(reply_at(reply_at(page, to - 1), 0)));
	return 1;
}

/* How many entries are copied at once. */
static size_t portion_size(const struct history *history)
{
	int64_t size = history->rate / PORTIONS_A_SECOND;

	if (!history->execute || history->rate == 0 || size > PORTION_MAX)
		return PORTION_MAX;
	return size < 1 ? 1 : (size_t)size;
}

/* Returns as portion_take() does. */
static int page_take(struct history *history, const struct reply *page)
{
	size_t count = reply_count(page), portion = portion_size(history);

	for (size_t from = 0; from < count && !history->over; from += portion) {
		size_t to = count - from < portion ? count : from + portion;
		int ret = portion_take(history, page, from, to);

		if (ret <= 0)
			return ret;
		if (history->execute && history->rate > 0)
			(void)poll(NULL, 0,
				   (int)((int64_t)history->entry_count * 1000 /
					 history->rate));
	}
	return 1;
}

/* Go on reading behind what was done. */
static void range_renew(struct history *history, struct view_range *range)
{
	bool begins = history->done[0] == '\0';

	(void)snprintf(range->from, sizeof(range->from), "%s%s",
		       begins ? "" : "(",
		       begins ? history->start : history->done);
}

/* Returns 0, or -1. */
static int walk(struct history *history)
{
	const struct reply *page;
	struct view_range range;
	int more = 1;

	view_range(&range, history->keys.stream);
	(void)snprintf(range.from, sizeof(range.from), "%s", history->start);
	(void)snprintf(range.to, sizeof(range.to), "%s", history->end);
	while (!history->over &&
	       (more = view_next(history->view, &range, &page)) > 0) {
		int ret = page_take(history, page);

		if (ret < 0 || (ret == 0 && waiting_read(history) < 0))
			return -1;
		if (ret == 0)
			range_renew(history, &range);
	}
	return more < 0 ? -1 : 0;
}

int history_run(struct history *history)
{
	struct view *view = history->view;

	if (walk(history) < 0)
		return -1;
	if (!history->execute)
		return 0;
	return redis_command(view->redis, view->arena, &view->err, "DEL",
			     history->replaying, NULL) == NULL
		       ? -1
		       : 0;
}
