/* Reads one line of the ledger, which consumers/ledger.lua writes.
   verb_points.c and order_trail.c print it. */

#include "config.h"

#include "supervisor/ctl/redis/ledger_line.h"

#include "lib/redis/reply.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view.h"

#include <string.h>

#define PARTS 6

const struct table_column ledger_line_columns[] = {
	{ "EVENT", "event", -22, TABLE_TEXT, "?" },
	{ "GROUP", "group", -8, TABLE_TEXT, "?" },
	{ "ACCOUNT", "account", -8, TABLE_TEXT, "?" },
	{ "AMOUNT", "amount", 9, TABLE_NUMBER, "?" },
	{ "POINTS", "points", 8, TABLE_NUMBER, "?" },
	{ "AGE", "age_seconds", 4, TABLE_AGE, "?" },
	{ "ENTRY", "entry", -15, TABLE_TEXT, "?" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

/* Split value into its parts. Returns false when there are more or fewer. */
static bool split(struct text value, struct text *parts)
{
	for (size_t i = 0; i + 1 < PARTS; i++) {
		const char *tab = value.length == 0 ? NULL
						    : memchr(value.data, '\t',
							     value.length);

		if (tab == NULL)
			return false;
		parts[i] =
			(struct text){ value.data, (size_t)(tab - value.data) };
		value.length -= parts[i].length + 1;
		value.data = tab + 1;
	}
	parts[PARTS - 1] = value;
	return value.length == 0 ||
	       memchr(value.data, '\t', value.length) == NULL;
}

/* Read digits, maybe with a minus before them. Returns false for anything
   else. */
static bool number(struct text part, int64_t *number_r)
{
	const struct reply reply = { .type = REPLY_STRING, .text = part };

	*number_r = reply_integer(&reply, INT64_MIN);
	return *number_r != INT64_MIN;
}

int ledger_line_read(struct text event, struct text value,
		     struct ledger_line *line_r)
{
	struct ledger_line line = { .event = event };
	struct text parts[PARTS];

	*line_r = (struct ledger_line){ .event = event, .time_msecs = -1 };
	if (!split(value, parts) || !number(parts[1], &line.amount) ||
	    !number(parts[2], &line.points) ||
	    !number(parts[5], &line.time_msecs))
		return -1;
	line.account = parts[0];
	line.rule = parts[3];
	line.entry = parts[4];
	*line_r = line;
	return 0;
}

json_t *ledger_line_record(const struct view *view, const char *group,
			   const struct ledger_line *line)
{
	bool known = line->account.data != NULL;

	return json_pack(
		"{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "kind", "ledger",
		"group", json_line_text(group), "event",
		json_line_shown(line->event), "account",
		known ? json_line_shown(line->account) : json_null(), "amount",
		known ? json_integer(line->amount) : json_null(), "points",
		known ? json_integer(line->points) : json_null(), "rule",
		known ? json_line_shown(line->rule) : json_null(), "entry",
		known ? json_line_shown(line->entry) : json_null(), "time",
		json_line_time(line->time_msecs), "age_seconds",
		json_line_count(view_age(view, line->time_msecs)));
}
