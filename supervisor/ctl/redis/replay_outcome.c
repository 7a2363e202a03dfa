/* Foresees the outcome of an entry that comes back. replay_range.c asks before
   it copies; verb_replay.c prints the sums. */

#include "config.h"

#include "supervisor/ctl/redis/replay_outcome.h"

#include "lib/base/err.h"
#include "lib/stream/keys.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/redis/ledger_line.h"

#include <string.h>

static const struct {
	const char *key;
	const char *text;
} outcomes[REPLAY_OUTCOME_COUNT] = {
	[REPLAY_OUTCOME_NEW] = { "new", "not in the ledger: credited" },
	[REPLAY_OUTCOME_DUPLICATE] = { "duplicate", "in the ledger already: "
						    "counted as duplicates" },
	[REPLAY_OUTCOME_CONFLICT] = { "conflict",
				      "in the ledger with another account or "
				      "amount: dead-lettered" },
	[REPLAY_OUTCOME_GUEST] = { "guest", "of guests: counted" },
	[REPLAY_OUTCOME_OTHER] = { "other", "of another type: counted" },
	[REPLAY_OUTCOME_NOTIFIED] = { "notified", "notified again" },
	[REPLAY_OUTCOME_HANDLED] = { "handled", "handled again" },
	[REPLAY_OUTCOME_REJECTED] = { "rejected", "left out: no orders" },
	[REPLAY_OUTCOME_PENDING] = { "pending",
				     "left out: pending, and tried anyway" },
	[REPLAY_OUTCOME_WAITING] = { "waiting",
				     "left out: came back already, and wait" },
	[REPLAY_OUTCOME_GONE] = { "gone", "left out: removed from the stream "
					  "just now" },
};

const char *replay_outcome_key(enum replay_outcome outcome)
{
	return outcomes[outcome].key;
}

const char *replay_outcome_text(enum replay_outcome outcome)
{
	return outcomes[outcome].text;
}

static enum replay_outcome outcome_of(const struct settings_group *group,
				      const struct order *order)
{
	bool points = strcmp(group->program, "points") == 0;
	bool push = strcmp(group->program, "push") == 0;

	if ((points || push) && !order_is_event(order))
		return REPLAY_OUTCOME_OTHER;
	if (points)
		return order->userid.length == 0 ? REPLAY_OUTCOME_GUEST
						 : REPLAY_OUTCOME_NEW;
	return push ? REPLAY_OUTCOME_NOTIFIED : REPLAY_OUTCOME_HANDLED;
}

void replay_outcome_read(const struct settings *settings,
			 const struct settings_group *group,
			 const struct reply *fields,
			 struct replay_outcome_entry *entry)
{
	struct err err;

	entry->outcome = REPLAY_OUTCOME_REJECTED;
	entry->key[0] = '\0';
	if (order_parse_entry(&settings->fields, fields, &entry->order, &err) <
	    0)
		return;
	entry->order.fields = (struct text_run){ 0 };
	entry->outcome = outcome_of(group, &entry->order);
	if (entry->outcome == REPLAY_OUTCOME_NEW)
		(void)order_key(&entry->order, entry->key);
}

static enum replay_outcome outcome_in_ledger(
	const struct replay_outcome_entry *entry, const struct reply *value)
{
	struct ledger_line line;

	if (value->type == REPLY_NIL)
		return REPLAY_OUTCOME_NEW;
	return ledger_line_read(text_of(entry->key), reply_text(value),
				&line) == 0 &&
			       text_equal(line.account, entry->order.userid) &&
			       line.amount == entry->order.amount
		       ? REPLAY_OUTCOME_DUPLICATE
		       : REPLAY_OUTCOME_CONFLICT;
}

int replay_outcome_look_up(struct view *view, const char *group,
			   struct replay_outcome_entry *entries, size_t count)
{
	struct text words[2 + VIEW_PAGE] = { text_of("HMGET") };
	const struct reply *lines;
	char ledger[KEYS_BYTES];
	size_t word_count = 2;

	words[1] = text_of(keys_of_group(view->settings->stream_key, group,
					 "ledger", ledger));
	for (size_t i = 0; i < count; i++) {
		if (entries[i].outcome == REPLAY_OUTCOME_NEW)
			words[word_count++] = text_of(entries[i].key);
	}
	if (word_count == 2)
		return 0;
	lines = view_call(view, words, word_count);
	if (lines == NULL)
		return -1;
	word_count = 2;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].outcome == REPLAY_OUTCOME_NEW)
			entries[i].outcome = outcome_in_ledger(
				&entries[i], reply_at(lines, word_count++ - 2));
	}
	return 0;
}
