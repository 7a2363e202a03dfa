/* Tells an entry of the order from others, and makes the record of a place.
   order_trail.c and order_trail_letters.c both call it. */

#include "config.h"

#include "supervisor/ctl/redis/order_trail_parts.h"

#include "lib/base/err.h"
#include "lib/settings/settings.h"
#include "lib/stream/order.h"
#include "supervisor/common/json_line.h"

#include <string.h>

bool order_trail_is_ours(const struct order_trail *trail,
			 const struct reply *fields)
{
	const char *name = trail->view->settings->fields.orderno;

	return text_is(reply_text(reply_field(fields, name)), trail->orderno);
}

json_t *order_trail_event(struct order_trail *trail, const struct reply *fields)
{
	char key[ORDER_KEY_BYTES];
	struct order order;
	struct err why;

	if (order_parse_entry(&trail->view->settings->fields, fields, &order,
			      &why) < 0 ||
	    !order_is_event(&order))
		return json_null();
	(void)order_key(&order, key);
	(void)json_object_set_new_nocheck(trail->events, key, json_true());
	return json_line_text(key);
}

/* The type in an event key, such as "paid". */
static json_t *type_of(const json_t *event)
{
	const char *colon = json_is_string(event)
				    ? strchr(json_string_value(event), ':')
				    : NULL;

	return colon == NULL ? json_null() : json_line_text(colon + 1);
}

json_t *order_trail_place(const char *state, struct text group, json_t *id,
			  json_t *event)
{
	return json_pack(
		"{s:s,s:o,s:o,s:o,s:o,s:s,s:n,s:n,s:n,s:n,s:n,s:n,s:n}", "kind",
		"place", "entry", id, "event", event, "type", type_of(event),
		"group", json_line_shown(group), "state", state, "consumer",
		"idle_seconds", "deliveries", "attempts", "error",
		"dead_letter", "replay_id");
}

void order_trail_set(json_t *place, const char *name, json_t *value)
{
	(void)json_object_set_new(place, name, value);
}

void order_trail_set_pending(json_t *place, const struct reply *row,
			     struct view_tries tries)
{
	order_trail_set(place, "consumer",
			json_line_shown(reply_text(reply_at(row, 1))));
	order_trail_set(
		place, "idle_seconds",
		json_line_count(reply_integer(reply_at(row, 2), -1000) / 1000));
	order_trail_set(place, "deliveries",
			json_line_count(reply_integer(reply_at(row, 3), -1)));
	order_trail_set(place, "attempts", json_line_count(tries.attempts));
	if (tries.failure.length > 0)
		order_trail_set(place, "error", json_line_shown(tries.failure));
}
