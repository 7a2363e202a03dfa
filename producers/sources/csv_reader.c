/* Records and cells of a CSV file, by a table over states and classes of bytes.
   input.c brings the bytes; csv.c makes orders of the cells. */

#include "config.h"

#include "producers/sources/csv_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum csv_state {
	CSV_BEGIN,     /* at the beginning of a cell */
	CSV_PLAIN,     /* in a cell without quotes */
	CSV_QUOTED,    /* in a quoted cell */
	CSV_CLOSED,    /* behind a quote that closes, or is the first of two */
	CSV_CLOSED_CR, /* behind a closing quote and a CR */
	CSV_STATE_COUNT,
};

enum csv_class {
	CSV_OTHER, /* first, so that a table of zeros begins with it */
	CSV_QUOTE,
	CSV_COMMA,
	CSV_CR,
	CSV_LF,
	CSV_CLASS_COUNT,
};

enum csv_action {
	CSV_KEEP,       /* the byte belongs to the cell */
	CSV_DROP,       /* it does not */
	CSV_OPEN,       /* a quote opens */
	CSV_CELL,       /* the cell ends */
	CSV_RECORD,     /* the cell and the record end */
	CSV_RECORD_CR,  /* both end, and the CR before the LF is no data */
	CSV_STRAY,      /* a quote where none may be */
	CSV_AFTERWARDS, /* something behind a closing quote */
};

struct csv_step {
	enum csv_state next;
	enum csv_action action;
};

static const struct csv_step csv_steps[CSV_STATE_COUNT][CSV_CLASS_COUNT] = {
	[CSV_BEGIN] = {
		[CSV_OTHER] = { CSV_PLAIN, CSV_KEEP },
		[CSV_QUOTE] = { CSV_QUOTED, CSV_OPEN },
		[CSV_COMMA] = { CSV_BEGIN, CSV_CELL },
		[CSV_CR] = { CSV_PLAIN, CSV_KEEP },
		[CSV_LF] = { CSV_BEGIN, CSV_RECORD },
	},
	[CSV_PLAIN] = {
		[CSV_OTHER] = { CSV_PLAIN, CSV_KEEP },
		[CSV_QUOTE] = { CSV_PLAIN, CSV_STRAY },
		[CSV_COMMA] = { CSV_BEGIN, CSV_CELL },
		[CSV_CR] = { CSV_PLAIN, CSV_KEEP },
		[CSV_LF] = { CSV_BEGIN, CSV_RECORD_CR },
	},
	[CSV_QUOTED] = {
		[CSV_OTHER] = { CSV_QUOTED, CSV_KEEP },
		[CSV_QUOTE] = { CSV_CLOSED, CSV_DROP },
		[CSV_COMMA] = { CSV_QUOTED, CSV_KEEP },
		[CSV_CR] = { CSV_QUOTED, CSV_KEEP },
		[CSV_LF] = { CSV_QUOTED, CSV_KEEP },
	},
	[CSV_CLOSED] = {
		[CSV_OTHER] = { CSV_PLAIN, CSV_AFTERWARDS },
		[CSV_QUOTE] = { CSV_QUOTED, CSV_KEEP },
		[CSV_COMMA] = { CSV_BEGIN, CSV_CELL },
		[CSV_CR] = { CSV_CLOSED_CR, CSV_DROP },
		[CSV_LF] = { CSV_BEGIN, CSV_RECORD },
	},
	[CSV_CLOSED_CR] = {
		[CSV_OTHER] = { CSV_PLAIN, CSV_AFTERWARDS },
		[CSV_QUOTE] = { CSV_PLAIN, CSV_AFTERWARDS },
		[CSV_COMMA] = { CSV_PLAIN, CSV_AFTERWARDS },
		[CSV_CR] = { CSV_PLAIN, CSV_AFTERWARDS },
		[CSV_LF] = { CSV_BEGIN, CSV_RECORD },
	},
};

/* Of enum csv_class. */
static const unsigned char csv_classes[256] = {
	['"'] = CSV_QUOTE,
	[','] = CSV_COMMA,
	['\r'] = CSV_CR,
	['\n'] = CSV_LF,
};

/* Only the first fault of a record is told. */
static void record_fault(struct csv_reader *csv, const char *fault)
{
	if (csv->fault[0] == '\0')
		(void)snprintf(csv->fault, sizeof(csv->fault), "%s", fault);
}

/* Forget the last record, and begin the next one. */
static void record_begin(struct csv_reader *csv)
{
	csv->input.begin += csv->scanned;
	csv->scanned = 0;
	csv->kept = 0;
	csv->cell_begin = 0;
	csv->cell_count = 0;
	csv->dropped = false;
	csv->record_line = csv->line;
	csv->fault[0] = '\0';
	csv->state = CSV_BEGIN;
	csv->complete = false;
}

static void cell_end(struct csv_reader *csv)
{
	if (csv->cell_count < CSV_COLUMNS_MAX)
		csv->cells[csv->cell_count] = (struct csv_cell){
			.begin = csv->cell_begin,
			.end = csv->kept,
		};
	csv->cell_count++;
	csv->cell_begin = csv->kept;
}

/* The cell ends at the end of its line; a CR there belongs to the line end. */
static void cell_end_cr(struct csv_reader *csv)
{
	const char *record = csv->input.data + csv->input.begin;

	if (csv->kept > csv->cell_begin && record[csv->kept - 1] == '\r')
		csv->kept--;
	cell_end(csv);
}

/* Returns true when the record is complete. */
static bool csv_act(struct csv_reader *csv, enum csv_action action, char byte)
{
	switch (action) {
	case CSV_KEEP:
		csv->input.data[csv->input.begin + csv->kept++] = byte;
		return false;
	case CSV_DROP:
		return false;
	case CSV_OPEN:
		csv->quote_line = csv->line;
		return false;
	case CSV_CELL:
		cell_end(csv);
		return false;
	case CSV_RECORD:
		cell_end(csv);
		return true;
	case CSV_RECORD_CR:
		cell_end_cr(csv);
		return true;
	case CSV_STRAY:
		record_fault(csv,
			     "a quote in a cell that does not begin with one");
		return false;
	case CSV_AFTERWARDS:
		record_fault(csv, "text behind a closing quote");
		return false;
	}
	return false;
}

/* Keep a run of ordinary bytes, which is most of a file, in one go. there is
   the end of what was read. */
static void run_keep(struct csv_reader *csv, size_t there)
{
	char *record = csv->input.data + csv->input.begin;
	size_t end = csv->scanned;
	size_t bytes;

	while (end < there &&
	       csv_classes[(unsigned char)record[end]] == CSV_OTHER)
		end++;
	bytes = end - csv->scanned;
	if (csv->kept != csv->scanned)
		memmove(record + csv->kept, record + csv->scanned, bytes);
	csv->kept += bytes;
	csv->scanned = end;
}

/* Go on in the record with the bytes that were read. Returns true when it is
   complete. */
static bool record_scan(struct csv_reader *csv)
{
	const char *record;
	size_t there;

	if (!csv->started && !input_skip_bom(&csv->input))
		return false;
	csv->started = true;

	record = csv->input.data + csv->input.begin;
	there = csv->input.end - csv->input.begin;
	while (csv->scanned < there) {
		char byte = record[csv->scanned++];
		struct csv_step step =
			csv_steps[csv->state][csv_classes[(unsigned char)byte]];
		bool complete = csv_act(csv, step.action, byte);

		csv->state = step.next;
		if (byte == '\n')
			csv->line++;
		if (complete)
			return true;
		/* After a byte that is kept, ordinary ones are kept too. */
		if (step.action == CSV_KEEP)
			run_keep(csv, there);
	}
	return false;
}

/* The record is too long: forget it, but read to its end, so that the next one
   is found. */
static void record_drop(struct csv_reader *csv)
{
	record_fault(csv, "record over 256 KiB");
	csv->input.begin += csv->scanned;
	csv->scanned = 0;
	csv->kept = 0;
	csv->cell_begin = 0;
	csv->dropped = true;
}

/* The last line needs no line end. Returns false when it is empty. */
static bool record_finish(struct csv_reader *csv)
{
	if (csv->scanned == 0 && !csv->dropped)
		return false;
	if (csv->state == CSV_QUOTED) {
		(void)snprintf(csv->fault, sizeof(csv->fault),
			       "the quote opened in line %" PRIu64
			       " is never closed",
			       csv->quote_line);
	}
	cell_end_cr(csv);
	return true;
}

/* An empty line is no record. */
static bool record_is_blank(const struct csv_reader *csv)
{
	const char *record = csv->input.data + csv->input.begin;

	return !csv->dropped && csv->cell_count == 1 && csv->kept == 0 &&
	       (csv->scanned == 0 || record[0] != '"');
}

/* Read until a record is complete or nothing more can be read. */
static enum input_event record_read(struct csv_reader *csv, struct err *err)
{
	enum input_event event;

	while (!record_scan(csv)) {
		event = input_fill(&csv->input, err);
		if (event == INPUT_FULL)
			record_drop(csv);
		else if (event == INPUT_END && record_finish(csv))
			break;
		else if (event != INPUT_MORE)
			return event;
	}
	csv->complete = true;
	return INPUT_MORE;
}

int csv_reader_open(const char *path, struct csv_reader *csv_r, struct err *err)
{
	if (input_open(path, &csv_r->input, err) < 0)
		return -1;
	csv_r->line = 1;
	csv_r->complete = true;
	return 0;
}

void csv_reader_close(struct csv_reader *csv)
{
	input_close(&csv->input);
}

enum input_event csv_reader_next(struct csv_reader *csv, struct err *err)
{
	enum input_event event;

	do {
		if (csv->complete)
			record_begin(csv);
		event = record_read(csv, err);
	} while (event == INPUT_MORE && record_is_blank(csv));
	return event;
}

struct text csv_reader_cell(const struct csv_reader *csv, size_t i)
{
	return (struct text){
		.data = csv->input.data + csv->input.begin +
			csv->cells[i].begin,
		.length = csv->cells[i].end - csv->cells[i].begin,
	};
}
