/* ordermqctl order: prints where an order is, in every group. ctl.c calls it;
   order_trail.c finds it. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/redis/ledger_line.h"
#include "supervisor/ctl/redis/order_trail.h"
#include "supervisor/ctl/redis/view.h"

#include <sysexits.h>

static const struct table_column columns[] = {
	{ "ENTRY", "entry", -15, TABLE_TEXT, "?" },
	{ "TYPE", "type", -10, TABLE_TEXT, "?" },
	{ "GROUP", "group", -8, TABLE_TEXT, "?" },
	{ "STATE", "state", -11, TABLE_TEXT, "?" },
	{ "CONSUMER", "consumer", -13, TABLE_TEXT, "-" },
	{ "IDLE", "idle_seconds", 4, TABLE_AGE, "-" },
	{ "DELIV", "deliveries", 5, TABLE_NUMBER, "-" },
	{ "TRIES", "attempts", 5, TABLE_NUMBER, "-" },
	{ "ERROR", "error", -20, TABLE_TEXT, "-" },
	{ NULL, NULL, 0, TABLE_TEXT, NULL },
};

static void order_put_all(struct view *view, const struct table_column *table,
			  const json_t *records)
{
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
		view_put(view, table, json_incref(record));
}

static int order_show(struct view *view, const char *orderno)
{
	struct order_trail trail;
	int status = EX_OK;

	if (order_trail_open(&trail, view, orderno) < 0) {
		status = view_failed(view);
	} else if (json_array_size(trail.entries) == 0 &&
		   json_array_size(trail.places) == 0 &&
		   json_array_size(trail.ledger) == 0) {
		ctl_say("%s: no such order", orderno);
		status = EX_DATAERR;
	} else {
		order_put_all(view, columns, trail.places);
		order_put_all(view, ledger_line_columns, trail.ledger);
	}
	order_trail_close(&trail);
	return status;
}

int verb_order(struct ctl *ctl)
{
	struct view view;
	int status;

	if (ctl_take(ctl, NULL, 1, 1) < 0)
		return ctl->status;
	status = view_open(&view, ctl, -1);
	if (status == EX_OK)
		status = order_show(&view, ctl->operands[0]);
	view_close(&view);
	return status;
}
