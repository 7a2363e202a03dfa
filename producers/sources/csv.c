/* The source of orders in a CSV file: the header gives the names, each record
   is an order. csv_reader.c finds the cells; order_job.c asks for the
   orders. */

#include "config.h"

#include "producers/sources/csv.h"

#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "producers/sources/csv_reader.h"
#include "producers/sources/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct csv {
	struct source source; /* first */
	struct csv_reader reader;
	char *names; /* the bytes of the header */
	struct text header[CSV_COLUMNS_MAX];
	size_t column_count; /* 0: the header was not read yet */
	struct text pairs[2 * CSV_COLUMNS_MAX];
	bool is_kept[CSV_COLUMNS_MAX];        /* also when the cell is empty */
	const struct settings_fields *fields; /* NULL: none is kept empty */
	char reason[160];
};

static int name_check(const struct csv *csv, size_t column, struct err *err)
{
	struct text name = csv->header[column];

	if (name.length == 0)
		return err_set(err, ERR_REJECT, "column %zu has no name",
			       column + 1);
	if (text_has_control(name))
		return err_set(err, ERR_REJECT,
			       "column %zu: a control byte in its name",
			       column + 1);
	for (size_t i = 0; i < column; i++) {
		if (text_equal(name, csv->header[i]))
			return err_set(err, ERR_REJECT,
				       "column %zu has the name of column %zu",
				       column + 1, i + 1);
	}
	return 0;
}

/* Keep a copy of the names: the bytes of a record live only until the next
   one. */
static int header_copy(struct csv *csv, size_t count, struct err *err)
{
	char *copy;

	csv->names = malloc(csv->reader.kept + 1);
	if (csv->names == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	copy = csv->names;
	for (size_t i = 0; i < count; i++) {
		struct text cell = csv_reader_cell(&csv->reader, i);

		memcpy(copy, cell.data, cell.length);
		csv->header[i] = (struct text){ copy, cell.length };
		copy += cell.length;
	}
	return 0;
}

static bool is_of_amount(const struct settings_fields *fields, struct text name)
{
	bool found = false;

	for (int64_t i = 0; fields != NULL && i < fields->amount_factor_count;
	     i++)
		found = found || text_is(name, fields->amount[i]);
	return found;
}

static int header_take(struct csv *csv, struct err *err)
{
	const size_t count = csv->reader.cell_count;

	if (csv->reader.fault[0] != '\0')
		return err_set(err, ERR_REJECT, "%s", csv->reader.fault);
	if (count > CSV_COLUMNS_MAX)
		return err_set(err, ERR_REJECT, "%zu columns, at most %d",
			       count, CSV_COLUMNS_MAX);
	if (header_copy(csv, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (name_check(csv, i, err) < 0)
			return -1;
		csv->is_kept[i] = is_of_amount(csv->fields, csv->header[i]);
	}
	csv->column_count = count;
	return 0;
}

/* The complete record as pairs. */
static void item_fill(struct csv *csv, struct source_item *item_r)
{
	size_t count = 0;

	for (size_t i = 0; i < csv->column_count; i++) {
		struct text cell = csv_reader_cell(&csv->reader, i);

		if (cell.length == 0 && !csv->is_kept[i])
			continue;
		csv->pairs[2 * count] = csv->header[i];
		csv->pairs[2 * count + 1] = cell;
		count++;
	}
	item_r->pairs = csv->pairs;
	item_r->pair_count = count;
}

static enum source_event record_take(struct csv *csv,
				     struct source_item *item_r)
{
	*item_r = (struct source_item){ .line = csv->reader.record_line };
	if (csv->reader.fault[0] != '\0') {
		item_r->reason = csv->reader.fault;
		return SOURCE_REJECT;
	}
	if (csv->reader.cell_count != csv->column_count) {
		(void)snprintf(csv->reason, sizeof(csv->reason),
			       "%zu instead of %zu cells",
			       csv->reader.cell_count, csv->column_count);
		item_r->reason = csv->reason;
		return SOURCE_REJECT;
	}
	item_fill(csv, item_r);
	return SOURCE_ORDER;
}

/* Read the header, unless that was done, and then a record. */
static enum input_event record_next(struct csv *csv, struct err *err)
{
	enum input_event event = csv_reader_next(&csv->reader, err);

	if (csv->column_count > 0)
		return event;
	if (event == INPUT_END) {
		(void)err_set(err, ERR_REJECT,
			      "empty, and so without a header");
		return INPUT_FAILED;
	}
	if (event != INPUT_MORE)
		return event;
	if (header_take(csv, err) < 0) {
		(void)err_wrap(err, "line %" PRIu64 ": header",
			       csv->reader.record_line);
		return INPUT_FAILED;
	}
	return csv_reader_next(&csv->reader, err);
}

static enum source_event csv_next(struct source *source,
				  struct source_item *item_r, struct err *err)
{
	struct csv *csv = (struct csv *)source;
	enum input_event event = record_next(csv, err);

	source->done = input_taken(&csv->reader.input);
	if (event == INPUT_MORE)
		return record_take(csv, item_r);
	return input_pass(event, source, err);
}

static void csv_close(struct source *source)
{
	struct csv *csv = (struct csv *)source;

	csv_reader_close(&csv->reader);
	free(csv->names);
	free(csv);
}

void csv_keep_blank_amounts(struct source *source,
			    const struct settings_fields *fields)
{
	((struct csv *)source)->fields = fields;
}

int csv_open(const char *path, struct source **source_r, struct err *err)
{
	struct csv *csv = calloc(1, sizeof(*csv));

	if (csv == NULL)
		return err_set(err, ERR_RETRY, "csv: out of memory");
	if (csv_reader_open(path, &csv->reader, err) < 0) {
		free(csv);
		return -1;
	}
	csv->source.next = csv_next;
	csv->source.close = csv_close;
	input_describe(&csv->reader.input, path, &csv->source);
	*source_r = &csv->source;
	return 0;
}
