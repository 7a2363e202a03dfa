#ifndef OMQ_CSV_READER_H
#define OMQ_CSV_READER_H

#include "lib/base/text.h"
#include "producers/sources/input.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Records and cells of a CSV file (RFC 4180). Each byte is looked at once, and
   no memory is taken for a cell: quotes are removed in the buffer itself. csv.c
   gives the cells their meaning. */

#define CSV_COLUMNS_MAX 1024

/* A cell, as distances from the beginning of its record. */
struct csv_cell {
	size_t begin;
	size_t end;
};

/* Zeroed before csv_reader_open(). */
struct csv_reader {
	struct input input;
	bool started;  /* a byte order mark was looked for */
	uint64_t line; /* of the next byte, counted from 1 */

	/* The record at the beginning of the input, as far as it was read: kept
	   <= scanned, since removed quotes make it shorter. */
	bool complete;
	int state;
	size_t scanned;
	size_t kept;
	size_t cell_begin;
	bool dropped; /* too long: its bytes were thrown away */

	/* For the caller, of the complete record. */
	size_t cell_count; /* may be above CSV_COLUMNS_MAX */
	struct csv_cell cells[CSV_COLUMNS_MAX];
	uint64_t record_line; /* where it begins */
	uint64_t quote_line;  /* where its last quote opened */
	char fault[128];      /* why it is no record; "" when it is one */
};

/* Open the file at path ("-": stdin). Returns 0, and the caller must
   csv_reader_close(); or -1 with ERR_REJECT. */
int csv_reader_open(const char *path, struct csv_reader *csv_r,
		    struct err *err);
void csv_reader_close(struct csv_reader *csv);

/* Read the next record that is no empty line. Returns INPUT_MORE when it is
   complete (look at fault first), else what input_fill() said; never
   INPUT_FULL: a record over the limit is read to its end and has a fault. */
enum input_event csv_reader_next(struct csv_reader *csv, struct err *err);

/* Cell number i of the complete record, i below both cell_count and
   CSV_COLUMNS_MAX; borrowed until the next csv_reader_next(). */
struct text csv_reader_cell(const struct csv_reader *csv, size_t i);

#endif
