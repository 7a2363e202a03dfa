/* An order as the services see it: the fields of an entry, checked. Producers
   check with it before they publish, consumers when they have read an entry. */

#include "config.h"

#include "lib/stream/order.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/redis/reply.h"
#include "lib/settings/settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* An error shows at most that much of a bad value. */
#define ORDER_SHOWN_BYTES 65

/* The fields of an order that we read. The factors of the amount stand last. */
enum order_role {
	ROLE_ORDERNO,
	ROLE_USERID,
	ROLE_TYPE,
	ROLE_EVENTNO,
	ROLE_AMOUNT,
	ROLE_COUNT = ROLE_AMOUNT + SETTINGS_FACTORS_MAX,
};

_Static_assert(ROLE_COUNT == ORDER_ROLES_MAX, "order.h has room for each");

/* The value of each role; data is NULL where the entry has none. */
struct order_found {
	struct text values[ROLE_COUNT];
};

static const char *role_name(const struct settings_fields *fields, size_t role)
{
	switch (role) {
	case ROLE_ORDERNO:
		return fields->orderno;
	case ROLE_USERID:
		return fields->userid;
	case ROLE_TYPE:
		return fields->type;
	case ROLE_EVENTNO:
		return fields->eventno;
	default:
		return fields->amount[role - ROLE_AMOUNT];
	}
}

/* The first role, from this one on, with the name of the field; or the count of
   roles. */
static size_t role_of(const struct order_names *names, size_t role,
		      struct text field)
{
	while (role < names->count && !text_equal(names->names[role], field))
		role++;
	return role;
}

void order_names_set(struct order_names *names_r,
		     const struct settings_fields *fields)
{
	*names_r = (struct order_names){ .fields = fields };
	names_r->count = ROLE_AMOUNT + (size_t)fields->amount_factor_count;
	for (size_t role = 0; role < names_r->count; role++)
		names_r->names[role] = text_of(role_name(fields, role));
	for (size_t role = 0; role < names_r->count; role++)
		names_r->next[role] =
			role_of(names_r, role + 1, names_r->names[role]);
}

static int field_reject(const char *name, struct text value, const char *what,
			struct err *err)
{
	char shown[ORDER_SHOWN_BYTES];

	return err_set(err, ERR_REJECT, "%s '%s' %s", name,
		       text_show(value, shown, sizeof(shown)), what);
}

static int role_take(const struct settings_fields *fields, size_t role,
		     struct text value, struct order_found *found,
		     struct err *err)
{
	if (found->values[role].data != NULL)
		return err_set(err, ERR_REJECT, "%s given twice",
			       role_name(fields, role));
	if (text_has_control(value))
		return field_reject(role_name(fields, role), value,
				    "has control bytes", err);
	found->values[role] = value;
	return 0;
}

/* Find the fields that are read, and add up the bytes of all. */
static int fields_find(const struct order_names *names,
		       const struct text_run *fields, struct order_found *found,
		       struct err *err)
{
	size_t count = fields->count / 2;
	size_t bytes = 0;

	if (count > ORDER_FIELDS_MAX)
		return err_set(err, ERR_REJECT, "%zu fields, more than %d",
			       count, ORDER_FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct text name = text_run_at(fields, 2 * i);
		struct text value = text_run_at(fields, 2 * i + 1);

		bytes += name.length + value.length;
		for (size_t role = role_of(names, 0, name); role < names->count;
		     role = names->next[role]) {
			if (role_take(names->fields, role, value, found, err) <
			    0)
				return -1;
		}
	}
	if (bytes > ORDER_BYTES_MAX)
		return err_set(err, ERR_REJECT, "%zu bytes, more than %d",
			       bytes, ORDER_BYTES_MAX);
	return 0;
}

/* A part of the event key: between 1 and max bytes, and no colon. */
static int key_part_check(const char *name, struct text value, size_t max,
			  struct err *err)
{
	if (value.length == 0)
		return err_set(err, ERR_REJECT, "%s is empty", name);
	if (value.length > max)
		return err_set(err, ERR_REJECT,
			       "%s has %zu bytes, more than %zu", name,
			       value.length, max);
	if (text_has_colon(value))
		return field_reject(name, value, "has a colon", err);
	return 0;
}

static int key_parts_check(const struct settings_fields *fields,
			   const struct order_found *found, struct err *err)
{
	struct text orderno = found->values[ROLE_ORDERNO];
	struct text eventno = found->values[ROLE_EVENTNO];

	if (orderno.data == NULL)
		return err_set(err, ERR_REJECT, "no %s", fields->orderno);
	if (key_part_check(fields->orderno, orderno, ORDER_NUMBER_BYTES_MAX,
			   err) < 0)
		return -1;
	if (eventno.data == NULL)
		return 0;
	return key_part_check(fields->eventno, eventno, ORDER_EVENTNO_BYTES_MAX,
			      err);
}

static int type_parse(const struct settings_fields *fields, struct text value,
		      enum order_type *type_r, struct err *err)
{
	if (value.data != NULL && value.length == 0)
		return err_set(err, ERR_REJECT, "%s is empty", fields->type);
	*type_r = value.data == NULL || text_is(value, "paid") ? ORDER_PAID
		  : text_is(value, "refunded")                 ? ORDER_REFUNDED
							       : ORDER_OTHER;
	return 0;
}

/* The commonest amount: one field of whole minor units. */
static int amount_plain(const char *name, struct text value, int64_t *amount_r,
			struct err *err)
{
	if (num_parse(value.data, value.length, amount_r) < 0)
		return field_reject(name, value,
				    "is no whole number of minor units", err);
	return 0;
}

static int amount_product(const struct settings_fields *fields,
			  const struct text *values, int64_t *amount_r,
			  struct err *err)
{
	struct num_decimal product = { .mantissa = 1 };
	struct num_decimal factor;

	for (int64_t i = 0; i < fields->amount_factor_count; i++) {
		const char *name = fields->amount[i];

		if (values[i].data == NULL)
			return err_set(err, ERR_REJECT, "no %s", name);
		if (num_parse_decimal(values[i].data, values[i].length,
				      &factor) < 0)
			return field_reject(name, values[i], "is no number",
					    err);
		if (num_decimal_multiply(&product, &factor, &product) < 0)
			return field_reject(name, values[i], "is too large",
					    err);
	}
	if (num_decimal_scale(&product, fields->amount_scale, amount_r) < 0)
		return err_set(err, ERR_REJECT,
			       "amount is too large, or has more places than "
			       "its scale");
	return 0;
}

static bool is_blank(struct text value)
{
	while (value.length > 0 && value.data[value.length - 1] == ' ')
		value.length--;
	return value.length == 0;
}

/* An amount of which nothing is there is 0; one that is there but blank makes
   the entry no event. */
static int amount_parse(const struct settings_fields *fields,
			const struct text *values, enum order_type *type,
			int64_t *amount_r, struct err *err)
{
	int64_t there = 0, blank = 0;

	for (int64_t i = 0; i < fields->amount_factor_count; i++) {
		there += values[i].data != NULL;
		blank += values[i].data != NULL && is_blank(values[i]);
	}
	*amount_r = 0;
	if (there > 0 && blank == there)
		*type = ORDER_IGNORED;
	if (blank == there)
		return 0;
	if (fields->amount_factor_count == 1 && fields->amount_scale == 1)
		return amount_plain(fields->amount[0], values[0], amount_r,
				    err);
	return amount_product(fields, values, amount_r, err);
}

int order_read(const struct order_names *names, const struct text_run *fields,
	       struct order *order_r, struct err *err)
{
	struct order_found found;
	enum order_type type = ORDER_OTHER;
	int64_t amount = 0;

	for (size_t role = 0; role < names->count; role++)
		found.values[role] = (struct text){ 0 };
	if (fields_find(names, fields, &found, err) < 0 ||
	    key_parts_check(names->fields, &found, err) < 0 ||
	    type_parse(names->fields, found.values[ROLE_TYPE], &type, err) <
		    0 ||
	    amount_parse(names->fields, &found.values[ROLE_AMOUNT], &type,
			 &amount, err) < 0)
		return -1;
	order_r->orderno = found.values[ROLE_ORDERNO];
	order_r->userid = found.values[ROLE_USERID];
	order_r->eventno = found.values[ROLE_EVENTNO];
	order_r->type = type;
	order_r->amount = amount;
	order_r->fields = *fields;
	return 0;
}

static int order_parse_run(const struct settings_fields *fields,
			   const struct text_run *run, struct order *order_r,
			   struct err *err)
{
	struct order_names names;

	order_names_set(&names, fields);
	return order_read(&names, run, order_r, err);
}

int order_parse(const struct settings_fields *fields, const struct text *pairs,
		size_t pair_count, struct order *order_r, struct err *err)
{
	const struct text_run run = text_run_of(pairs, 2 * pair_count);

	return order_parse_run(fields, &run, order_r, err);
}

int order_parse_entry(const struct settings_fields *fields,
		      const struct reply *entry_fields, struct order *order_r,
		      struct err *err)
{
	struct text_run run;

	if (reply_strings(entry_fields, &run) < 0 || run.count % 2 != 0)
		return err_set(err, ERR_REJECT, "no pairs of strings");
	return order_parse_run(fields, &run, order_r, err);
}

const char *order_type_name(enum order_type type)
{
	return type == ORDER_PAID ? "paid" : "refunded";
}

static size_t key_put(char *buf, size_t length, struct text text)
{
	memcpy(buf + length, text.data, text.length);
	return length + text.length;
}

struct text order_key(const struct order *order, char *buf)
{
	size_t length = key_put(buf, 0, order->orderno);

	buf[length++] = ':';
	length = key_put(buf, length, text_of(order_type_name(order->type)));
	if (order->eventno.length > 0) {
		buf[length++] = ':';
		length = key_put(buf, length, order->eventno);
	}
	buf[length] = '\0';
	return (struct text){ .data = buf, .length = length };
}

struct text order_field(const struct order *order, struct text name)
{
	for (size_t i = 0; i + 1 < order->fields.count; i += 2) {
		if (text_equal(text_run_at(&order->fields, i), name))
			return text_run_at(&order->fields, i + 1);
	}
	return (struct text){ .data = "", .length = 0 };
}
