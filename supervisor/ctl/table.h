#ifndef OMQ_TABLE_H
#define OMQ_TABLE_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

enum table_format {
	TABLE_TEXT,
	TABLE_NUMBER,
	TABLE_AGE,   /* seconds, in the unit that fits: "12m" */
	TABLE_SIZE,  /* bytes, in the unit that fits: "18MiB" */
	TABLE_COUNT, /* these: see cell.h */
	TABLE_RATE,
	TABLE_TIME,
	TABLE_PERCENT,
	TABLE_READY, /* "2/3" */
};

/* One column of a table of JSON objects. */
struct table_column {
	const char *head; /* NULL: no more columns */
	const char *key;  /* of the object */
	int width;        /* negative: to the left */
	enum table_format format;
	const char *null; /* the text for null */
};

/* Print the line of the heads, and a line for an object. Control bytes are
   shown as \xNN; a cell that is too wide moves the rest of its line. */
void table_head(FILE *out, const struct table_column *columns);
void table_row(FILE *out, const struct table_column *columns,
	       const json_t *object);

/* An age in the largest unit that leaves two digits or so: "95s", "12m". */
#define TABLE_AGE_BYTES 24
const char *table_age(int64_t secs, char *buf);

/* Show an overview (see overview.h) to a person, in 80 columns: lines for
   ordermqd and the stream, a table of the groups, one of their dead letters
   where there are any, one of other groups that are silent or behind, and one
   of the instances; then a line for each finding. Unknown is "?". */
void table_print(FILE *out, const json_t *objects);

#endif
