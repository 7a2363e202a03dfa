/* JSON objects as tables for a person, and the overview as a whole.
   overview.c brings the objects; status and top show it, and the verbs of
   ctl/redis/ print their records by it. */

#include "config.h"

#include "supervisor/ctl/table.h"

#include "lib/base/text.h"
#include "supervisor/ctl/cell.h"
#include "supervisor/ctl/finding_lines.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A group is behind when its first undelivered entry is at least this old. */
#define LATE_SECS 10

static const struct table_column group_columns[] = {
	{ "GROUP", "name", -13, TABLE_TEXT, "?" },
	{ "READY", "instances", 7, TABLE_READY, "?" },
	{ "LAG", "lag", 5, TABLE_COUNT, "?" },
	{ "BEHIND", "lag_seconds", 6, TABLE_AGE, "?" },
	{ "PENDING", "pending", 7, TABLE_COUNT, "?" },
	{ "OLDEST", "oldest_pending_seconds", 6, TABLE_AGE, "?" },
	{ "DONE/S", "handled_per_second", 6, TABLE_RATE, "?" },
	{ "P99", "p99_seconds", 5, TABLE_TIME, "-" },
	{ "DONE", "handled", 5, TABLE_COUNT, "?" },
	{ "RETRY", "retried", 5, TABLE_COUNT, "?" },
	{ "DEAD", "dead", 5, TABLE_COUNT, "?" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static const struct table_column other_columns[] = {
	{ "NOT OF THIS FILE", "name", -21, TABLE_TEXT, "?" },
	{ "LAG", "lag", 5, TABLE_COUNT, "?" },
	{ "BEHIND", "lag_seconds", 6, TABLE_AGE, "?" },
	{ "PENDING", "pending", 7, TABLE_COUNT, "?" },
	{ "OLDEST", "oldest_pending_seconds", 6, TABLE_AGE, "?" },
	{ "SILENT", "silent_seconds", 6, TABLE_AGE, "?" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static const struct table_column letter_columns[] = {
	{ "DEAD LETTERS OF", "name", -17, TABLE_TEXT, "?" },
	{ "COUNT", "dead_letters", 9, TABLE_NUMBER, "?" },
	{ "SIZE", "dead_letters_bytes", 9, TABLE_SIZE, "?" },
	{ "OLDEST", "oldest_dead_letter_seconds", 6, TABLE_AGE, "?" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static const struct table_column instance_columns[] = {
	{ "INSTANCE", "name", -11, TABLE_TEXT, "?" },
	{ "PID", "pid", 7, TABLE_NUMBER, "-" },
	{ "STATE", "state", -8, TABLE_TEXT, "?" },
	{ "UP", "uptime_seconds", 4, TABLE_AGE, "-" },
	{ "BUSY", "busy_percent", 4, TABLE_PERCENT, "-" },
	{ "DONE/S", "handled_per_second", 6, TABLE_RATE, "?" },
	{ "MEM", "memory_bytes", 7, TABLE_SIZE, "-" },
	{ "RESTARTS", "restarts", 8, TABLE_NUMBER, "?" },
	{ "LAST EXIT", "last_exit", -17, TABLE_TEXT, "-" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static const struct table_column keeper_columns[] = {
	{ "HOUSEKEEPING", "name", -17, TABLE_TEXT, "?" },
	{ "PID", "pid", 8, TABLE_NUMBER, "-" },
	{ "STATE", "state", -8, TABLE_TEXT, "?" },
	{ "UP", "uptime_seconds", 5, TABLE_AGE, "-" },
	{ "RESTARTS", "restarts", 8, TABLE_NUMBER, "?" },
	{ "STATUS", "status", -28, TABLE_TEXT, "-" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

const char *table_age(int64_t secs, char *buf)
{
	const char *unit = "s";

	if (secs >= 100) {
		secs /= 60;
		unit = "m";
	}
	if (secs >= 100 && *unit == 'm') {
		secs /= 60;
		unit = "h";
	}
	if (secs >= 100 && *unit == 'h') {
		secs /= 24;
		unit = "d";
	}
	(void)snprintf(buf, TABLE_AGE_BYTES, "%" PRId64 "%s", secs, unit);
	return buf;
}

static void number_text(const json_t *value, const char *null, char *cell)
{
	if (json_is_integer(value))
		(void)snprintf(cell, CELL_BYTES, "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
	else
		(void)snprintf(cell, CELL_BYTES, "%s", null);
}

static void ready_text(const json_t *object, char *cell)
{
	char ready[CELL_BYTES], wanted[CELL_BYTES];

	number_text(json_object_get(object, "ready"), "?", ready);
	number_text(json_object_get(object, "instances"), "?", wanted);
	(void)snprintf(cell, CELL_BYTES, "%.20s/%.20s", ready, wanted);
}

/* Returns false when the value is not of that kind. */
static bool figure_text(enum table_format format, const json_t *value,
			char *cell)
{
	if (!json_is_number(value))
		return false;
	if (format == TABLE_COUNT)
		cell_count(json_integer_value(value), cell);
	else if (format == TABLE_RATE)
		cell_rate(json_number_value(value), cell);
	else if (format == TABLE_TIME)
		cell_time(json_number_value(value), cell);
	else if (format == TABLE_PERCENT)
		(void)snprintf(cell, CELL_BYTES, "%.0f%%",
			       json_number_value(value));
	else if (format == TABLE_AGE)
		(void)table_age(json_integer_value(value), cell);
	else if (format == TABLE_SIZE)
		cell_size(json_integer_value(value), cell);
	else
		return false;
	return true;
}

static void cell_text(const struct table_column *column, const json_t *object,
		      char *cell)
{
	const json_t *value = json_object_get(object, column->key);

	if (column->format == TABLE_READY)
		ready_text(object, cell);
	else if (column->format == TABLE_TEXT && json_is_string(value))
		(void)text_show((struct text){ json_string_value(value),
					       json_string_length(value) },
				cell, CELL_BYTES);
	else if (!figure_text(column->format, value, cell))
		number_text(value, column->null, cell);
}

static bool is_kind(const json_t *object, const char *kind)
{
	const char *its = json_string_value(json_object_get(object, "kind"));

	return its != NULL && strcmp(its, kind) == 0;
}

static bool is_group(const json_t *object)
{
	return is_kind(object, "group");
}

static bool is_instance(const json_t *object)
{
	return is_kind(object, "instance");
}

/* Is it another group that is behind or silent, or of which that is unknown? */
static bool is_late_other(const json_t *object)
{
	const json_t *secs = json_object_get(object, "lag_seconds");

	return is_kind(object, "other_group") &&
	       (!json_is_integer(secs) ||
		json_integer_value(secs) >= LATE_SECS ||
		json_integer_value(json_object_get(object, "silent_seconds")) >
			0);
}

static bool is_keeper(const json_t *object)
{
	return is_kind(object, "keeper");
}

/* Has the group dead letters, or is their number unknown? */
static bool has_letters(const json_t *object)
{
	const json_t *letters = json_object_get(object, "dead_letters");

	return is_group(object) &&
	       (json_is_integer(letters)
			? json_integer_value(letters) > 0
			: json_is_integer(json_object_get(object, "dead")));
}

/* The last cell of a line is not padded to the right. */
static void print_cell(FILE *out, const struct table_column *column,
		       const char *cell)
{
	bool is_last = column[1].head == NULL;

	fprintf(out, "%*s%s", is_last && column->width < 0 ? 0 : column->width,
		cell, is_last ? "\n" : " ");
}

void table_head(FILE *out, const struct table_column *columns)
{
	for (const struct table_column *c = columns; c->head != NULL; c++)
		print_cell(out, c, c->head);
}

void table_row(FILE *out, const struct table_column *columns,
	       const json_t *object)
{
	char cell[CELL_BYTES];

	for (const struct table_column *c = columns; c->head != NULL; c++) {
		cell_text(c, object, cell);
		print_cell(out, c, cell);
	}
}

static void print_table(FILE *out, const struct table_column *columns,
			const json_t *objects,
			bool (*is_row)(const json_t *object))
{
	bool has_head = false;
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		if (!is_row(object))
			continue;
		if (!has_head) {
			fputc('\n', out);
			table_head(out, columns);
		}
		has_head = true;
		table_row(out, columns, object);
	}
}

static void print_shown(FILE *out, const json_t *value)
{
	char shown[4 * CELL_BYTES];

	if (json_is_string(value))
		fputs(text_show((struct text){ json_string_value(value),
					       json_string_length(value) },
				shown, sizeof(shown)),
		      out);
}

/* Print the range of a group that scales with its backlog. */
static void print_range(FILE *out, const json_t *group)
{
	const json_t *least = json_object_get(group, "instances_min");
	const json_t *most = json_object_get(group, "instances_max");
	const json_t *now = json_object_get(group, "instances");
	bool is_pinned = json_is_true(json_object_get(group, "scaled_by_hand"));

	if (!json_is_integer(least) || !json_is_integer(most) ||
	    !json_is_integer(now))
		return;
	print_shown(out, json_object_get(group, "name"));
	fprintf(out,
		"%s%" JSON_INTEGER_FORMAT "%s%" JSON_INTEGER_FORMAT
		" to %" JSON_INTEGER_FORMAT "\n",
		is_pinned ? " is scaled to " : " wants ",
		json_integer_value(now),
		is_pinned ? " until the next reload; the configuration says "
			  : " instances now, of ",
		json_integer_value(least), json_integer_value(most));
}

static void print_scaled(FILE *out, const json_t *group)
{
	const json_t *now = json_object_get(group, "instances");
	const json_t *configured =
		json_object_get(group, "instances_configured");

	if (!json_is_integer(now) || !json_is_integer(configured) ||
	    json_equal(now, configured))
		return;
	print_shown(out, json_object_get(group, "name"));
	fprintf(out,
		" is scaled to %" JSON_INTEGER_FORMAT
		" until the next reload; the configuration says "
		"%" JSON_INTEGER_FORMAT "\n",
		json_integer_value(now), json_integer_value(configured));
}

static void print_silence(FILE *out, const json_t *group)
{
	const json_t *secs = json_object_get(group, "silent_seconds");
	char age[TABLE_AGE_BYTES];

	if (json_integer_value(secs) <= 0)
		return;
	print_shown(out, json_object_get(group, "name"));
	fprintf(out, " has something to read, and nobody has read for %s\n",
		table_age(json_integer_value(secs), age));
}

/* Print what an operator has changed, or should look at. */
static void print_notes(FILE *out, const json_t *objects)
{
	json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		const json_t *pause = json_object_get(object, "paused");

		print_scaled(out, object);
		print_range(out, object);
		print_silence(out, object);
		if (!json_is_object(pause))
			continue;
		print_shown(out, json_object_get(object, "name"));
		fputs(" is paused since ", out);
		print_shown(out, json_object_get(pause, "when"));
		fputs(" by ", out);
		print_shown(out, json_object_get(pause, "who"));
		fputs(": ", out);
		print_shown(out, json_object_get(pause, "why"));
		fputc('\n', out);
	}
}

/* "what a, name b, name c" */
static void print_line(FILE *out, const char *what,
		       const struct table_column *columns, const json_t *object)
{
	char cell[CELL_BYTES];

	fputs(what, out);
	for (const struct table_column *c = columns; c->head != NULL; c++) {
		cell_text(c, object, cell);
		fprintf(out, "%s%s %s", c == columns ? "" : ", ", c->head,
			cell);
	}
	fputc('\n', out);
}

static void print_head(FILE *out, const json_t *head)
{
	static const struct table_column columns[] = {
		{ "", "version", 0, TABLE_TEXT, "?" },
		{ "pid", "pid", 0, TABLE_NUMBER, "?" },
		{ "up", "uptime_seconds", 0, TABLE_AGE, "?" },
		{ "node", "node", 0, TABLE_TEXT, "?" },
		{ "state", "state", 0, TABLE_TEXT, "?" },
		{ NULL, NULL, 0, TABLE_TEXT, NULL },
	};
	const json_t *failed = json_object_get(head, "reload_error");

	print_line(out, "ordermqd", columns, head);
	if (json_is_string(failed))
		fprintf(out, "last reload failed, nothing changed:\n%s\n",
			json_string_value(failed));
}

static void print_stream(FILE *out, const json_t *stream)
{
	static const struct table_column columns[] = {
		{ "", "key", 0, TABLE_TEXT, "?" },
		{ "entries", "entries", 0, TABLE_NUMBER, "?" },
		{ "added/s", "added_per_second", 0, TABLE_RATE, "?" },
		{ "oldest", "first_seconds", 0, TABLE_AGE, "-" },
		{ "newest", "last_seconds", 0, TABLE_AGE, "-" },
		{ NULL, NULL, 0, TABLE_TEXT, NULL },
	};

	if (is_kind(stream, "stream"))
		print_line(out, "stream", columns, stream);
}

void table_print(FILE *out, const json_t *objects)
{
	print_head(out, json_array_get(objects, 0));
	print_stream(out, json_array_get(objects, 1));
	print_table(out, group_columns, objects, is_group);
	print_notes(out, objects);
	print_table(out, other_columns, objects, is_late_other);
	print_table(out, letter_columns, objects, has_letters);
	print_table(out, instance_columns, objects, is_instance);
	print_table(out, keeper_columns, objects, is_keeper);
	finding_lines_print(out, objects);
}
