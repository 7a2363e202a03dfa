#ifndef OMQ_ONCE_H
#define OMQ_ONCE_H

#include "lib/stream/keys.h"
#include "lib/stream/order.h"
#include "lib/base/text.h"

#include <stdint.h>

struct command;
struct err;
struct redis;
struct reply;
struct settings_fields;
struct window_order;

/* Publishing an order once: the view of once.lua, which runs in Redis, from
   here. */

/* At least that long is an event key known, unless told otherwise. */
#define ONCE_FOR_MSECS (INT64_C(7) * 24 * 3600 * 1000)

/* The longest key of once_key(), and its buffer. */
#define ONCE_TYPE_BYTES_MAX 64
#define ONCE_KEY_BYTES (ORDER_KEY_BYTES + ONCE_TYPE_BYTES_MAX)

/* The event key of an order: "orderno:type[:eventno]" with the type as it
   stands in the field, also an unknown one. Returns 0 with the key in buf,
   ONCE_KEY_BYTES long; or -1 with ERR_REJECT: the type has more than 64 bytes
   or a colon. */
int once_key(const struct settings_fields *fields, const struct order *order,
	     char *buf, struct text *key_r, struct err *err);

/* A plain value. */
struct once {
	char stream[KEYS_BYTES];
	char new[KEYS_BYTES]; /* P:once:new */
	char old[KEYS_BYTES]; /* P:once:old */
	int64_t for_msecs;
	char digest[64]; /* of the script in this Redis; "": not loaded */
};

void once_begin(struct once *once, const char *stream, int64_t for_msecs);

/* Load the script over a new connection. Returns 0, or -1 as redis_command()
   does. */
int once_load(struct once *once, struct redis *redis, struct err *err);

/* At most that many words has the command of once_command(). */
#define ONCE_WORDS_MAX (8 + 2 * ORDER_FIELDS_MAX)

/* Build the command that publishes order; it borrows from both. */
void once_command(const struct once *once, const struct window_order *order,
		  struct command *command);

/* Note in order its id and the finding, from a reply that is no error. Returns
   0, or -1 with ERR_RETRY: the script answers otherwise. */
int once_answer(const struct reply *reply, struct window_order *order,
		struct err *err);

#endif
