#ifndef OMQ_SECKILL_H
#define OMQ_SECKILL_H

#include "lib/stream/keys.h"
#include "lib/stream/order.h"
#include "lib/base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct command;
struct err;
struct redis;
struct reply;

/* A flash sale: the view of seckill.lua, which decides in Redis, from here. A
   voucher is an item on sale; its keys are P:seckill:<voucher>:terms, :buyers
   and :orders, see ordermq(7). */

#define SECKILL_VOUCHER_BYTES_MAX 128
#define SECKILL_USER_BYTES_MAX 128
#define SECKILL_ID_BYTES 48

/* One user's request for one voucher. The order number names the request: to
   repeat it, send the same number again. A plain value. */
struct seckill_request {
	char voucher[SECKILL_VOUCHER_BYTES_MAX + 1];
	char user[SECKILL_USER_BYTES_MAX + 1];
	char orderno[ORDER_NUMBER_BYTES_MAX + 1];
};

/* Put a part into the request: 1 to 128 bytes of UTF-8 without control bytes;
   voucher and orderno have no colon either. Return 0, or -1 with ERR_REJECT and
   what is wrong. */
int seckill_set_voucher(struct seckill_request *request, struct text text,
			struct err *err);
int seckill_set_user(struct seckill_request *request, struct text text,
		     struct err *err);
int seckill_set_orderno(struct seckill_request *request, struct text text,
			struct err *err);

enum seckill_result {
	SECKILL_ACCEPTED,
	SECKILL_BOUGHT, /* before, with another order number */
	SECKILL_SOLD_OUT,
	SECKILL_BEFORE, /* not open yet */
	SECKILL_AFTER,  /* not open any more */
	SECKILL_UNKNOWN,
	SECKILL_TAKEN, /* that order number is another user's: no decision */
};

/* A plain value. */
struct seckill_decision {
	enum seckill_result result;
	/* For SECKILL_ACCEPTED and SECKILL_BOUGHT: the order of the user. */
	char orderno[ORDER_NUMBER_BYTES_MAX + 1];
	char id[SECKILL_ID_BYTES];
	/* For SECKILL_BEFORE and SECKILL_AFTER: when the sale begins or ended,
	   in milliseconds since 1970. */
	int64_t moment_msecs;
};

#define SECKILL_KEY_BYTES (KEYS_BYTES + SECKILL_VOUCHER_BYTES_MAX)

/* The names of a voucher's keys. A plain value. */
struct seckill_keys {
	char stream[KEYS_BYTES];
	char terms[SECKILL_KEY_BYTES];
	char buyers[SECKILL_KEY_BYTES];
	char orders[SECKILL_KEY_BYTES];
};

void seckill_keys_make(const char *stream, const char *voucher,
		       struct seckill_keys *keys_r);

/* The state of a connection that asks for decisions. A plain value, zeroed at
   first. */
struct seckill {
	/* Of the last command. */
	char voucher[SECKILL_VOUCHER_BYTES_MAX + 1];
	struct seckill_keys keys;
	char digest[64]; /* of the script in this Redis */
};

/* Load the script over a new connection. Returns 0, or -1 as redis_command()
   does. */
int seckill_script(struct seckill *seckill, struct redis *redis,
		   struct err *err);

/* At most that many words has the command of seckill_command(). */
#define SECKILL_WORDS_MAX 16

/* Build the command that asks for a decision; it borrows from all three, until
   the next one. */
void seckill_command(struct seckill *seckill, const char *stream,
		     const struct seckill_request *request,
		     struct command *command);

/* Read a reply that is no error. Returns 0, or -1 with ERR_RETRY: the script
   answers otherwise. */
int seckill_answer(const struct reply *reply,
		   struct seckill_decision *decision_r, struct err *err);

#endif
