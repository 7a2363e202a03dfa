#ifndef OMQ_LEDGER_LINE_H
#define OMQ_LEDGER_LINE_H

#include "lib/base/text.h"
#include "supervisor/ctl/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct view;

/* One line of P:<group>:ledger: the event, and what was credited for it (see
   consumers/ledger.lua). */
struct ledger_line {
	struct text event;
	struct text account;
	int64_t amount;
	int64_t points;
	struct text rule;
	struct text entry; /* id */
	int64_t time_msecs;
};

/* Read value, the line of event; both are borrowed. Returns 0; or -1 when value
   is no such line: then only the event is set. */
int ledger_line_read(struct text event, struct text value,
		     struct ledger_line *line_r);

/* The line as a record of kind "ledger"; unknown is null. */
json_t *ledger_line_record(const struct view *view, const char *group,
			   const struct ledger_line *line);

/* The columns of such records. */
extern const struct table_column ledger_line_columns[];

#endif
