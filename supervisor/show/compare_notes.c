/* The notes of a worker of the comparison, in a file: written and read back.
   ordermq_compare.c writes; compare_count.c counts. */

#include "config.h"

#include "supervisor/show/compare_notes.h"

#include "lib/base/err.h"
#include "supervisor/show/compare_way.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 256

int compare_notes_open(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd < 0 ? err_errno(err, ERR_RETRY, "%s", path) : fd;
}

int compare_notes_add(int fd, const char *what, struct text order,
		      const char *id, struct err *err)
{
	char line[LINE_BYTES];
	int length = snprintf(line, sizeof(line), "%s %.*s %s\n", what,
			      (int)order.length, order.data, id);

	if (length < 0 || length >= LINE_BYTES)
		return err_set(err, ERR_REJECT, "an order that is too long");
	if (write(fd, line, (size_t)length) != length)
		return err_errno(err, ERR_RETRY, "the notes");
	return 0;
}

/* Take one line. Returns 0, or -1 when it is none of ours. */
static int line_take(struct compare_notes *notes, const char *line)
{
	char what[8], order[LINE_BYTES], id[COMPARE_ID_BYTES];
	enum compare_kind kind;
	int64_t number;
	char end;

	if (sscanf(line, "%7s %255s %47s%c", what, order, id, &end) != 4 ||
	    end != '\n' ||
	    compare_way_parse(order, strlen(order), &kind, &number) < 0)
		return -1;
	if (kind == COMPARE_ORDER && notes->orders > 0 &&
	    (number < 1 || number > notes->orders))
		return -1;
	if (strcmp(what, "took") == 0 && kind == COMPARE_ORDER) {
		notes->in_hand = number;
		return 0;
	}
	if (strcmp(what, "done") != 0)
		return -1;
	(void)strcpy(notes->id, id);
	if (kind == COMPARE_END || notes->orders == 0)
		return 0;
	notes->in_hand = 0;
	notes->times[number]++;
	return 0;
}

static int lines_take(struct compare_notes *notes, FILE *in, const char *path,
		      struct err *err)
{
	char line[LINE_BYTES];

	while (fgets(line, sizeof(line), in) != NULL) {
		if (line_take(notes, line) < 0)
			return err_set(err, ERR_REJECT,
				       "%s: not a line of notes: %.40s", path,
				       line);
	}
	return ferror(in) ? err_errno(err, ERR_RETRY, "%s", path) : 0;
}

int compare_notes_read(const char *path, int64_t orders,
		       struct compare_notes *notes_r, struct err *err)
{
	FILE *in;
	int ret;

	*notes_r = (struct compare_notes){ .orders = orders };
	notes_r->times = calloc((size_t)orders + 1, sizeof(*notes_r->times));
	if (notes_r->times == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	in = fopen(path, "re");
	if (in == NULL)
		return err_errno(err, ERR_RETRY, "%s", path);
	ret = lines_take(notes_r, in, path, err);
	(void)fclose(in);
	return ret;
}

void compare_notes_close(struct compare_notes *notes)
{
	free(notes->times);
	notes->times = NULL;
}
