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

/* A flash sale: what seckill.lua decides in Redis, seen from here. A voucher is
   what is sold; its keys are P:seckill:<voucher>:terms, :buyers and :orders,
   see ordermq(7). */

#define SECKILL_VOUCHER_BYTES_MAX 128
#define SECKILL_USER_BYTES_MAX 128
#define SECKILL_ID_BYTES 48

/* Who wants what. The order number names the request: whoever sends it again
   has to send the same one. A plain value. */
struct seckill_request {
	char voucher[SECKILL_VOUCHER_BYTES_MAX + 1];
	char user[SECKILL_USER_BYTES_MAX + 1];
	char orderno[ORDER_NUMBER_BYTES_MAX + 1];
};

/* Take one part of a request into it: 1 to 128 bytes of UTF-8 without control
   bytes; voucher and orderno without a colon, too. Return 0, or -1 with
   ERR_REJECT: what is wrong with it. */
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
	/* Of what the user has: SECKILL_ACCEPTED and SECKILL_BOUGHT. */
	char orderno[ORDER_NUMBER_BYTES_MAX + 1];
	char id[SECKILL_ID_BYTES];
	/* Milliseconds since 1970, when it begins or ended: SECKILL_BEFORE and
	   SECKILL_AFTER. */
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

/* What a connection needs to ask for decisions. A plain value, zeroed at
   first. */
struct seckill {
	/* Of the last command. */
	char voucher[SECKILL_VOUCHER_BYTES_MAX + 1];
	struct seckill_keys keys;
	char digest[64]; /* of the script in this Redis */
};

/* Load the script over a new connection. Returns 0, or -1 as redis_command()
   has it. */
int seckill_script(struct seckill *seckill, struct redis *redis,
		   struct err *err);

/* Most words that seckill_command() puts together. */
#define SECKILL_WORDS_MAX 16

/* The command that asks for a decision; it borrows from all three, until the
   next one. */
void seckill_command(struct seckill *seckill, const char *stream,
		     const struct seckill_request *request,
		     struct command *command);

/* What a reply that is no error says. Returns 0, or -1 with ERR_RETRY: that is
   no answer of the script. */
int seckill_answer(const struct reply *reply,
		   struct seckill_decision *decision_r, struct err *err);

#endif
