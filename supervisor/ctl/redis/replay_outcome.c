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
} fates[FATE_COUNT] = {
	[FATE_NEW] = { "new", "not in the ledger: credited" },
	[FATE_DUPLICATE] = { "duplicate",
			     "in the ledger already: counted as duplicates" },
	[FATE_CONFLICT] = { "conflict", "in the ledger with another account or "
					"amount: dead-lettered" },
	[FATE_GUEST] = { "guest", "of guests: counted" },
	[FATE_OTHER] = { "other", "of another type: counted" },
	[FATE_NOTIFIED] = { "notified", "notified again" },
	[FATE_HANDLED] = { "handled", "handled again" },
	[FATE_REJECTED] = { "rejected", "left out: no orders" },
	[FATE_PENDING] = { "pending", "left out: pending, and tried anyway" },
	[FATE_WAITING] = { "waiting", "left out: came back already, and wait" },
	[FATE_GONE] = { "gone", "left out: removed from the stream just now" },
};

const char *fate_key(enum fate fate)
{
	return fates[fate].key;
}

const char *fate_text(enum fate fate)
{
	return fates[fate].text;
}

static enum fate fate_of(const struct settings_group *group,
			 const struct order *order)
{
	bool points = strcmp(group->program, "points") == 0;
	bool push = strcmp(group->program, "push") == 0;

	if ((points || push) && order->type == ORDER_OTHER)
		return FATE_OTHER;
	if (points)
		return order->userid.length == 0 ? FATE_GUEST : FATE_NEW;
	return push ? FATE_NOTIFIED : FATE_HANDLED;
}

void fate_read(const struct settings *settings,
	       const struct settings_group *group, const struct reply *fields,
	       struct fate_entry *entry)
{
	struct err err;

	entry->fate = FATE_REJECTED;
	entry->key[0] = '\0';
	if (order_parse_entry(&settings->fields, fields, &entry->order, &err) <
	    0)
		return;
	entry->order.fields = (struct text_run){ 0 };
	entry->fate = fate_of(group, &entry->order);
	if (entry->fate == FATE_NEW)
		(void)order_key(&entry->order, entry->key);
}

static enum fate fate_in_ledger(const struct fate_entry *entry,
				const struct reply *value)
{
	struct ledger_line line;

	if (value->type == REPLY_NIL)
		return FATE_NEW;
	return ledger_line_read(text_of(entry->key), reply_text(value),
				&line) == 0 &&
			       text_equal(line.account, entry->order.userid) &&
			       line.amount == entry->order.amount
		       ? FATE_DUPLICATE
		       : FATE_CONFLICT;
}

int fate_look_up(struct view *view, const char *group,
		 struct fate_entry *entries, size_t count)
{
	struct text words[2 + VIEW_PAGE] = { text_of("HMGET") };
	const struct reply *lines;
	char ledger[KEYS_BYTES];
	size_t word_count = 2;

	words[1] = text_of(keys_of_group(view->settings->stream_key, group,
					 "ledger", ledger));
	for (size_t i = 0; i < count; i++) {
		if (entries[i].fate == FATE_NEW)
			words[word_count++] = text_of(entries[i].key);
	}
	if (word_count == 2)
		return 0;
	lines = view_call(view, words, word_count);
	if (lines == NULL)
		return -1;
	word_count = 2;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].fate == FATE_NEW)
			entries[i].fate = fate_in_ledger(
				&entries[i], reply_at(lines, word_count++ - 2));
	}
	return 0;
}
