/* The commented default configuration file, from the settings table.
   etc/ordermq.conf is its output; a test compares the two. */

#include "config.h"

#include "lib/settings/settings_print.h"

#include "lib/settings/settings.h"
#include "lib/settings/settings_table.h"
#include "lib/settings/settings_value.h"

#include <string.h>

#define PRINT_INDENT 4
#define PRINT_TEXT_BYTES 1024

/* A group that the default file shows. */
struct sample {
	const char *program; /* also the group's name */
	const char *instances;
	bool full; /* with every key, and help */
	bool off;  /* as a comment */
};

static const struct sample samples[] = {
	{ "points", "2", true, false },
	{ "push", "2", false, false },
	{ "xread", "3", false, true },
	{ NULL, NULL, false, false },
};

static const char head[] =
	"# ordermq.conf - what ordermq runs, and how.   Manual: "
	"ordermq.conf(5)\n"
	"#\n"
	"# Every setting stands here. A line that begins with \"#\" and a name "
	"shows a\n"
	"# default: remove the \"#\" to change it. In brackets: the range.\n"
	"#\n"
	"#   Durations   \"200ms\"  \"30s\"  \"5m\"  \"12h\"  \"7d\"\n"
	"#   Sizes       \"512B\"  \"64KiB\"  \"64MiB\"  \"2GiB\"\n"
	"#   Numbers     100; with an L behind more than 9 digits: "
	"1000000000L\n"
	"#\n"
	"# \"systemctl reload ordermq\" puts a change into force. A file with "
	"a "
	"mistake\n"
	"# changes nothing, and the answer names the line.\n";

/* The comment above a section. */
static const struct heading {
	const char *path;
	const char *text;
} headings[] = {
	{ "redis", "The connection to Redis." },
	{ "stream", "Where orders come from." },
	{ "stream.retention", "How long entries stay in the stream, and so how "
			      "far back history can be replayed." },
	{ "fields", "The meaning of the fields of an entry, to read streams "
		    "that other programs write." },
	{ "fields.amount", "Or the amount as the product of decimal numbers:" },
	{ "groups", "What to run. Each group is a consumer group in Redis: it "
		    "gets every order once, shared out among its instances." },
	{ "groups.instances", "Or a number that follows the backlog:" },
	{ "groups.retry", "Pauses between attempts at an entry that fails." },
	{ "groups.points", "How many points an order earns." },
	{ "groups.push", "How customers are notified." },
	{ "groups.xread", "Reading without a group, for comparison: every "
			  "instance gets every order." },
	{ "supervisor", "ordermqd itself." },
	{ "log", "What is written to the log." },
	{ NULL, NULL },
};

/* The state of printing: the depth, and from which depth on lines are
   comments. */
struct printer {
	FILE *out;
	int depth;
	int off_depth; /* -1: not a comment */
	const struct sample *sample;
};

void settings_print_wrapped(FILE *out, const char *prefix, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (column > 0 && column + 1 + word > SETTINGS_PRINT_COLUMNS) {
			(void)fputc('\n', out);
			column = 0;
		}
		if (column == 0)
			column = (size_t)fprintf(out, "%s", prefix);
		else
			column += (size_t)fprintf(out, " ");
		column += (size_t)fprintf(out, "%.*s", (int)word, text);
		text += word + strspn(text + word, " ");
	}
	(void)fputc('\n', out);
}

/* The beginning of a line. buf has PRINT_TEXT_BYTES; returns buf. */
static const char *margin(const struct printer *p, char *buf)
{
	bool off = p->off_depth >= 0;
	int outer = off ? p->off_depth : p->depth;

	(void)snprintf(buf, PRINT_TEXT_BYTES, "%*s%s%*s", outer * PRINT_INDENT,
		       "", off ? "#" : "", (p->depth - outer) * PRINT_INDENT,
		       "");
	return buf;
}

static void print_line(const struct printer *p, const char *text)
{
	char buf[PRINT_TEXT_BYTES];

	(void)fprintf(p->out, "%s%s\n", margin(p, buf), text);
}

static void print_comment(const struct printer *p, const char *text)
{
	char buf[PRINT_TEXT_BYTES];

	(void)margin(p, buf);
	(void)strcat(buf, "# ");
	settings_print_wrapped(p->out, buf, text);
}

static void print_blank(const struct printer *p)
{
	if (p->off_depth >= 0)
		(void)fprintf(p->out, "%*s#\n", p->off_depth * PRINT_INDENT,
			      "");
	else
		(void)fputs("\n", p->out);
}

static void print_heading(const struct printer *p, const char *path)
{
	for (const struct heading *h = headings; h->path != NULL; h++) {
		if (strcmp(h->path, path) == 0)
			print_comment(p, h->text);
	}
}

/* The value that the file sets, as written there; NULL when it only shows the
   default. */
static const char *value_of(const struct printer *p, const struct setting *key)
{
	if (strcmp(key->path, "fields.amount.product") == 0)
		return "price\", \"quantity";
	if (strcmp(key->path, "fields.amount.scale") == 0)
		return "100";
	if (strcmp(key->path, "groups.instances.max") == 0)
		return "8";
	if (p->sample == NULL)
		return NULL;
	if (strcmp(key->path, "groups.instances") == 0)
		return p->sample->instances;
	return key->preset == NULL ? p->sample->program : NULL;
}

/* A value as it is written in the file. buf is PRINT_TEXT_BYTES. */
static const char *written(const struct setting *key, const char *value,
			   char *buf)
{
	const char *open = "";
	const char *close = "";

	if (key->kind == SETTING_FACTORS) {
		open = "(\"";
		close = "\")";
	} else if (setting_is_text(key)) {
		open = close = "\"";
	}
	(void)snprintf(buf, PRINT_TEXT_BYTES, "%s%s%s", open, value, close);
	return buf;
}

/* The help of the key, and its range in brackets. */
static void print_help(const struct printer *p, const struct setting *key,
		       bool set)
{
	char text[2 * PRINT_TEXT_BYTES];
	char value[PRINT_TEXT_BYTES];
	char range[128];

	print_comment(p, key->help);
	(void)setting_range(key, range, sizeof(range));
	if (!set)
		(void)snprintf(text, sizeof(text), "[%s]", range);
	else if (key->preset == NULL)
		(void)snprintf(text, sizeof(text), "[%s; required]", range);
	else
		(void)snprintf(text, sizeof(text), "[%s; default %s]", range,
			       written(key, key->preset, value));
	print_comment(p, text);
}

static void print_key(const struct printer *p, const struct setting *key)
{
	const char *value = value_of(p, key);
	const char *dot = strrchr(key->path, '.');
	const char *name = dot == NULL ? key->path : dot + 1;
	const char *mark = value != NULL || p->off_depth >= 0 ? "" : "#";
	char line[2 * PRINT_TEXT_BYTES];
	char buf[PRINT_TEXT_BYTES];

	(void)written(key, value != NULL ? value : key->preset, buf);
	/* Two lines where one would be too long. */
	if ((size_t)(p->depth * PRINT_INDENT) + strlen(name) + strlen(buf) +
		    strlen("# = ;") <=
	    SETTINGS_PRINT_COLUMNS) {
		(void)snprintf(line, sizeof(line), "%s%s = %s;", mark, name,
			       buf);
		print_line(p, line);
		return;
	}
	(void)snprintf(line, sizeof(line), "%s%s =", mark, name);
	print_line(p, line);
	(void)snprintf(line, sizeof(line), "%s%*s%s;", mark, PRINT_INDENT, "",
		       buf);
	print_line(p, line);
}

/* Is this key shown in the group that is printed? The first group shows every
   key that it obeys, the others only what differs. */
static bool is_shown(const struct printer *p, const struct setting *key)
{
	if (p->sample == NULL)
		return true;
	if (key->program != NULL)
		return strcmp(key->program, p->sample->program) == 0;
	return p->sample->full || value_of(p, key) != NULL;
}

static void print_members(struct printer *p, const char *path);

static void print_section(struct printer *p, const char *path, const char *name)
{
	char line[PRINT_TEXT_BYTES];
	int off_depth = p->off_depth;

	print_heading(p, path);
	/* A section whose name is also a key is the other way to set it. */
	if (setting_find(path) != NULL)
		p->off_depth = p->depth;
	(void)snprintf(line, sizeof(line), "%s: {", name);
	print_line(p, line);
	p->depth++;
	print_members(p, path);
	p->depth--;
	print_line(p, "};");
	p->off_depth = off_depth;
}

static void print_group(struct printer *p)
{
	const struct sample *sample = p->sample;

	p->off_depth = sample->off ? p->depth : -1;
	print_line(p, sample->off ? ",{" : "{");
	p->depth++;
	print_members(p, "groups");
	p->depth--;
	/* A list takes no comma behind its last element. */
	print_line(p, sample[1].program == NULL || sample[1].off ? "}" : "},");
	p->off_depth = -1;
}

static void print_groups(struct printer *p)
{
	print_heading(p, "groups");
	print_line(p, "groups: (");
	p->depth++;
	for (p->sample = samples; p->sample->program != NULL; p->sample++)
		print_group(p);
	p->sample = NULL;
	p->depth--;
	print_line(p, ");");
}

/* Is the key printed with help and a gap above it? Not the few keys of the
   shorter groups. */
static bool has_help(const struct printer *p, const struct setting *key)
{
	return p->sample == NULL || p->sample->full || key->program != NULL;
}

/* One member of a section that path names: a key, or all of a subsection when
   key is the first in it. Returns false when there is nothing to print. */
static bool print_member(struct printer *p, const struct setting *key,
			 const char *path, bool first)
{
	size_t skip = path[0] == '\0' ? 0 : strlen(path) + 1;
	size_t length = strcspn(key->path + skip, ".");
	bool is_key = key->path[skip + length] == '\0';
	char inner[PRINT_TEXT_BYTES];

	(void)snprintf(inner, sizeof(inner), "%.*s", (int)(skip + length),
		       key->path);
	if (!is_shown(p, key) || (!is_key && setting_section(inner) != key))
		return false;
	if (!first && has_help(p, key))
		print_blank(p);
	if (is_key && has_help(p, key))
		print_help(p, key, value_of(p, key) != NULL);
	if (is_key)
		print_key(p, key);
	else if (strcmp(inner, "groups") == 0)
		print_groups(p);
	else
		print_section(p, inner, inner + skip);
	return true;
}

static void print_members(struct printer *p, const char *path)
{
	size_t length = strlen(path);
	bool first = length > 0;

	for (const struct setting *s = settings_table; s->path != NULL; s++) {
		if (length > 0 && (strncmp(s->path, path, length) != 0 ||
				   s->path[length] != '.'))
			continue;
		if (print_member(p, s, path, first))
			first = false;
	}
}

void settings_print_defaults(FILE *out)
{
	struct printer p = { .out = out, .off_depth = -1 };

	(void)fputs(head, out);
	print_members(&p, "");
}
