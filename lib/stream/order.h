#ifndef OMQ_ORDER_H
#define OMQ_ORDER_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct reply;
struct settings_fields;

/* At most that many fields of an order are read: four, and the factors of the
   amount (SETTINGS_FACTORS_MAX). */
#define ORDER_ROLES_MAX 8

/* Limits of an entry; above them it is no order. */
#define ORDER_FIELDS_MAX 128
#define ORDER_BYTES_MAX (256 * 1024)
#define ORDER_NUMBER_BYTES_MAX 128
#define ORDER_EVENTNO_BYTES_MAX 64

/* Longest event key, with its end. */
#define ORDER_KEY_BYTES                                                        \
	(ORDER_NUMBER_BYTES_MAX + sizeof(":refunded:") +                       \
	 ORDER_EVENTNO_BYTES_MAX)

enum order_type {
	ORDER_PAID,
	ORDER_REFUNDED,
	ORDER_OTHER,   /* none of our business */
	ORDER_IGNORED, /* no event: its amount is there, but blank, as in the
			  further rows of an order in an export */
};

/* One event of one order, as it travels through the stream. A plain value; the
   texts are borrowed from the entry. */
struct order {
	struct text orderno;
	struct text userid;  /* empty: a guest */
	struct text eventno; /* empty: the only event of its type */
	enum order_type type;
	int64_t amount; /* minor units, never negative */
	/* All fields as they came: name, value, name, value, ... */
	struct text_run fields;
};

/* Read an order from pair_count pairs of a field and its value, by the names in
   fields. Returns 0; or -1 with ERR_REJECT and the reason when this is no valid
   order, and order_r is untouched. More than ORDER_FIELDS_MAX pairs are refused
   before they are read. The rules are those of ordermq.conf(5). */
int order_parse(const struct settings_fields *fields, const struct text *pairs,
		size_t pair_count, struct order *order_r, struct err *err);

/* order_parse() from the fields of an entry, as Redis answers them. What is no
   array of pairs of strings is no valid order. */
int order_parse_entry(const struct settings_fields *fields,
		      const struct reply *entry_fields, struct order *order_r,
		      struct err *err);

/* The names of the fields that are read, measured once for many entries. A
   plain value. */
struct order_names {
	const struct settings_fields *fields; /* borrowed */
	struct text names[ORDER_ROLES_MAX];
	size_t count;
	/* For each role the next one with an equal name, or count. */
	size_t next[ORDER_ROLES_MAX];
};

/* Is it an event that services act on: a payment or a refund? */
static inline bool order_is_event(const struct order *order)
{
	return order->type == ORDER_PAID || order->type == ORDER_REFUNDED;
}

void order_names_set(struct order_names *names_r,
		     const struct settings_fields *fields);

/* order_parse() with names that are measured already, from an even number of
   texts. */
int order_read(const struct order_names *names, const struct text_run *fields,
	       struct order *order_r, struct err *err);

/* Write the event key "orderno:type[:eventno]" of a paid or refunded order into
   buf, ORDER_KEY_BYTES long; returns the key. Two deliveries of one event have
   equal keys, by which the second one is known to be done already. */
struct text order_key(const struct order *order, char *buf);

/* "paid" or "refunded". */
const char *order_type_name(enum order_type type);

/* The value of the first field of that name, or the empty text. */
struct text order_field(const struct order *order, struct text name);

#endif
