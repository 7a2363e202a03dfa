/* The arguments of one call of consumers/ledger.lua. The handler of points puts
   events in, the skeleton runs the call. */

#include "config.h"

#include "consumers/ledger.h"

#include "lib/redis/command.h"

#include <string.h>

const char ledger_script[] =
#include "lib/scripts/fence.inc"
#include "lib/scripts/early.inc"
#include "consumers/ledger.inc"
	;

const char *const ledger_keys[] = { "ledger", "balance", NULL };

/* Numbers and tabs of a line. */
#define LINE_MORE_BYTES (3 * NUM_BYTES + 5)

size_t ledger_event_bytes(const struct order *order, struct text id,
			  struct text rule)
{
	return sizeof(struct ledger_event) + order->userid.length +
	       rule.length + id.length + LINE_MORE_BYTES;
}

static void line_text(struct text *line, char *bytes, struct text text)
{
	memcpy(bytes + line->length, text.data, text.length);
	line->length += text.length;
	bytes[line->length++] = '\t';
}

static void line_number(struct text *line, char *bytes, int64_t number)
{
	line->length += num_format(number, bytes + line->length);
	bytes[line->length++] = '\t';
}

void ledger_event_set(struct ledger_event *event, const struct order *order,
		      struct text id, int64_t points, struct text rule)
{
	struct text line = { .data = event->line_bytes };

	line_text(&line, event->line_bytes, order->userid);
	line_number(&line, event->line_bytes, order->amount);
	line_number(&line, event->line_bytes, points);
	line_text(&line, event->line_bytes, rule);
	line_text(&line, event->line_bytes, id);
	event->id = id;
	event->key = order_key(order, event->key_bytes);
	event->account = order->userid;
	event->points = points;
	event->line = line;
}

void ledger_clear(struct ledger *ledger)
{
	ledger->count = 0;
	ledger->repeats = false;
	text_index_clear(&ledger->keys);
	text_index_clear(&ledger->accounts);
}

/* Add to what the account of an event gets. Returns 0, or -1 when the sum
   would leave the range of exact numbers. */
static int change_add(struct ledger *ledger, const struct ledger_event *event)
{
	size_t number;
	int64_t sum;

	if (text_index_put(&ledger->accounts, event->account, &number))
		ledger->changes[number] = 0;
	sum = ledger->changes[number] + event->points;
	if (sum > LEDGER_POINTS_MAX || sum < -LEDGER_POINTS_MAX)
		return -1;
	ledger->changes[number] = sum;
	return 0;
}

int ledger_add(struct ledger *ledger, struct ledger_event *event)
{
	size_t number;

	if (!text_index_put(&ledger->keys, event->key, &number))
		ledger->repeats = true;
	else if (change_add(ledger, event) < 0)
		return -1;
	ledger->events[ledger->count++] = event;
	return 0;
}

static void add_lines(const struct ledger *ledger, int64_t wall_msecs,
		      struct command *command)
{
	char time[NUM_BYTES];
	size_t time_bytes = num_format(wall_msecs, time);

	for (size_t i = 0; i < ledger->count; i++) {
		struct ledger_event *event = ledger->events[i];
		struct text line = event->line;

		memcpy(event->line_bytes + line.length, time, time_bytes);
		line.length += time_bytes;
		command_text(command, event->key);
		command_text(command, line);
	}
}

static void add_changes(struct ledger *ledger, struct command *command)
{
	const struct text_index *accounts = &ledger->accounts;

	for (size_t i = 0; i < accounts->count; i++) {
		char *bytes = ledger->change_texts[i];
		size_t length = num_format(ledger->changes[i], bytes);

		command_text(command, (struct text){ bytes, length });
	}
}

void ledger_write(struct ledger *ledger, int64_t wall_msecs,
		  struct command *command)
{
	const struct text_index *accounts = &ledger->accounts;

	command_number(command, (int64_t)ledger->count);
	command_number(command, (int64_t)accounts->count);
	command_word(command, ledger->repeats ? "1" : "0");
	for (size_t i = 0; i < ledger->count; i++)
		command_text(command, ledger->events[i]->id);
	for (size_t i = 0; i < ledger->count; i++)
		command_text(command, ledger->events[i]->key);
	add_lines(ledger, wall_msecs, command);
	for (size_t i = 0; i < accounts->count; i++)
		command_text(command, accounts->texts[i]);
	add_changes(ledger, command);
}
