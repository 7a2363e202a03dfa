/* The screen of top: the lines of an overview cut to the terminal, sorted,
   scrolled. verb_status.c draws it after each look; table.c makes the lines.
 */

#include "config.h"

#include "supervisor/ctl/screen.h"

#include "supervisor/ctl/overview.h"
#include "supervisor/ctl/table.h"
#include "supervisor/ctl/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* At most this many instances are sorted. */
#define INSTANCES_MAX 8192

#define HOME "\x1b[H"
#define LINE_END "\x1b[K\r\n"
#define INVERSE "\x1b[7m"
#define PLAIN "\x1b[0m\x1b[K"
#define BELOW "\x1b[J"

static const struct {
	const char *name;
	const char *key; /* NULL: as they come */
} orders[SCREEN_ORDER_COUNT] = {
	[SCREEN_NAME] = { "name", NULL },
	[SCREEN_BUSY] = { "busy", "busy_percent" },
	[SCREEN_RATE] = { "done/s", "handled_per_second" },
	[SCREEN_MEMORY] = { "memory", "memory_bytes" },
	[SCREEN_RESTARTS] = { "restarts", "restarts" },
};

/* The value to sort by, the largest first; unknown is less than anything. */
static double weight(const json_t *object, const char *key)
{
	const json_t *value = key == NULL ? NULL : json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : -1;
}

struct row {
	json_t *object;
	double weight;
	size_t place; /* with equal weights, the former one comes first */
};

static int compare(const void *_a, const void *_b)
{
	const struct row *a = _a, *b = _b;

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

/* A copy of the objects, with the instances sorted. */
static json_t *sorted(const json_t *objects, const char *key)
{
	static struct row rows[INSTANCES_MAX];
	static size_t places[INSTANCES_MAX];
	json_t *copy = json_copy((json_t *)objects), *object;
	size_t count = 0, i;

	json_array_foreach(objects, i, object)
	{
		const char *kind =
			json_string_value(json_object_get(object, "kind"));

		if (kind == NULL || strcmp(kind, "instance") != 0 ||
		    count == INSTANCES_MAX)
			continue;
		places[count] = i;
		rows[count++] = (struct row){ object, weight(object, key), i };
	}
	qsort(rows, count, sizeof(rows[0]), compare);
	for (i = 0; i < count; i++)
		(void)json_array_set(copy, places[i], rows[i].object);
	return copy;
}

/* Write the whole overview as lines. */
static void write_text(FILE *out, const struct screen *screen,
		       const struct overview *overview)
{
	json_t *objects = sorted(overview->objects, orders[screen->order].key);

	if (!overview->has_supervisor)
		fprintf(out, "%s\n", overview->supervisor_err.text);
	if (!overview->has_redis)
		fprintf(out, "%s\n", overview->redis_err.text);
	table_print(out, objects);
	json_decref(objects);
}

/* Write as much of a line as fits; bytes that could move the cursor are left
   out. */
static void write_line(FILE *out, const char *line, size_t length,
		       size_t columns)
{
	for (size_t i = 0; i < length && i < columns; i++)
		fputc(line[i] < ' ' || line[i] > '~' ? '?' : line[i], out);
}

static void write_foot(FILE *out, const struct screen *screen, size_t below,
		       size_t columns)
{
	char line[160], when[16] = "";
	time_t now = time(NULL);
	struct tm local;
	int length;

	if (localtime_r(&now, &local) != NULL)
		(void)strftime(when, sizeof(when), "%H:%M:%S", &local);
	length = snprintf(line, sizeof(line),
			  "%s  q quit  s sort: %s  j/k down/up: %zu more", when,
			  orders[screen->order].name, below);
	fputs(INVERSE, out);
	write_line(out, line, (size_t)length, columns - 1);
	fputs(PLAIN BELOW, out);
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

/* Write the whole frame at once, so that it does not flicker. */
static void write_frame(FILE *out, struct screen *screen, const char *text)
{
	size_t lines = count_lines(text), rows, columns, shown = 0;

	terminal_size(&rows, &columns);
	if (screen->first + 1 > lines)
		screen->first = lines == 0 ? 0 : lines - 1;
	for (size_t i = 0; i < screen->first; i++)
		text = strchr(text, '\n') + 1;
	fputs(HOME, out);
	for (; *text != '\0' && shown + 1 < rows; shown++) {
		size_t length = strcspn(text, "\n");

		write_line(out, text, length, columns);
		fputs(LINE_END, out);
		text += length + (text[length] == '\n');
	}
	write_foot(out, screen, lines - screen->first - shown, columns);
}

int screen_draw(struct screen *screen, const struct overview *overview)
{
	char *text = NULL, *frame = NULL;
	size_t text_length, frame_length = 0;
	FILE *out = open_memstream(&text, &text_length);
	int ret = -1;

	if (out == NULL)
		return -1;
	write_text(out, screen, overview);
	if (fclose(out) == 0 &&
	    (out = open_memstream(&frame, &frame_length)) != NULL) {
		write_frame(out, screen, text);
		if (fclose(out) == 0)
			ret = terminal_write(frame, frame_length);
	}
	free(text);
	free(frame);
	return ret;
}

void screen_key(struct screen *screen, int key)
{
	if (key == 's')
		screen->order = (screen->order + 1) % SCREEN_ORDER_COUNT;
	if (key == 'j')
		screen->first++;
	if (key == 'k' && screen->first > 0)
		screen->first--;
}
