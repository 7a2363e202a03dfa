/* The complaints about a configuration file, gathered in the order of its
   lines. conf_file.c and conf_tree.c add them in the child; conf.c passes them
   on. */

#include "config.h"

#include "lib/settings/conf_complaints.h"

#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At most that many are kept, which is more than a person corrects in one go;
   the rest is only counted. */
#define COMPLAINTS_MAX 64
#define COMPLAINT_BYTES 400
#define MORE_BYTES sizeof("\n... and 4294967295 more")

struct complaint {
	unsigned int line;
	bool about_number;
	char text[COMPLAINT_BYTES];
};

struct conf_complaints {
	const char *path;
	unsigned int count; /* may be beyond what list holds */
	struct complaint list[COMPLAINTS_MAX];
};

struct conf_complaints *conf_complaints_open(const char *path)
{
	struct conf_complaints *complaints = calloc(1, sizeof(*complaints));

	if (complaints != NULL)
		complaints->path = path;
	return complaints;
}

void conf_complaints_close(struct conf_complaints **complaints)
{
	free(*complaints);
	*complaints = NULL;
}

unsigned int conf_complaints_count(const struct conf_complaints *complaints)
{
	return complaints->count;
}

static unsigned int held(const struct conf_complaints *complaints)
{
	return complaints->count < COMPLAINTS_MAX ? complaints->count
						  : COMPLAINTS_MAX;
}

bool conf_complaints_have_number(const struct conf_complaints *complaints,
				 unsigned int line)
{
	for (unsigned int i = 0; i < held(complaints); i++) {
		if (complaints->list[i].line == line &&
		    complaints->list[i].about_number)
			return true;
	}
	return false;
}

/* Make room for one more behind those of earlier lines. Returns NULL when the
   list is full. */
static struct complaint *insert(struct conf_complaints *complaints,
				unsigned int line)
{
	unsigned int at = held(complaints);
	struct complaint *list = complaints->list;

	complaints->count++;
	if (at == COMPLAINTS_MAX)
		return NULL;
	for (; at > 0 && list[at - 1].line > line; at--)
		list[at] = list[at - 1];
	list[at] = (struct complaint){ .line = line };
	return &list[at];
}

void conf_complain(struct conf_complaints *complaints, unsigned int line,
		   const char *fmt, ...)
{
	struct complaint *c = insert(complaints, line);
	va_list args;

	if (c == NULL)
		return;
	va_start(args, fmt);
	(void)vsnprintf(c->text, sizeof(c->text), fmt, args);
	va_end(args);
}

void conf_complain_number(struct conf_complaints *complaints, unsigned int line,
			  const char *fault)
{
	struct complaint *c = insert(complaints, line);

	if (c == NULL)
		return;
	c->about_number = true;
	(void)snprintf(c->text, sizeof(c->text), "%s", fault);
}

static int complaint_write(const struct conf_complaints *complaints,
			   const struct complaint *c, int fd)
{
	if (c->line == 0)
		return dprintf(fd, "%s: %s\n", complaints->path, c->text);
	return dprintf(fd, "%s:%u: %s\n", complaints->path, c->line, c->text);
}

int conf_complaints_write(const struct conf_complaints *complaints, int fd)
{
	unsigned int i;

	for (i = 0; i < held(complaints); i++) {
		if (complaint_write(complaints, &complaints->list[i], fd) < 0)
			return -1;
	}
	for (; i < complaints->count; i++) {
		if (dprintf(fd, "%s: more of that kind\n", complaints->path) <
		    0)
			return -1;
	}
	return 0;
}

static unsigned int count_lines(const char *text)
{
	unsigned int count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

int conf_complaints_fit(const char *lines, struct err *err)
{
	const size_t room = sizeof(err->text) - MORE_BYTES;
	size_t used = 0;
	unsigned int more;

	err->class = ERR_FATAL;
	while (lines[used] != '\0') {
		size_t length = strcspn(lines + used, "\n");

		/* The first complaint is shown however long it is. */
		if (used > 0 && used + length > room)
			break;
		used += length + (lines[used + length] == '\n');
	}
	more = count_lines(lines + used);
	while (used > 0 && lines[used - 1] == '\n')
		used--;
	if (used > room)
		used = room;
	memcpy(err->text, lines, used);
	err->text[used] = '\0';
	if (more > 0)
		(void)snprintf(err->text + used, sizeof(err->text) - used,
			       "\n... and %u more", more);
	return -1;
}
