/* The request and the answer of seckill.lua. seckill_queue.c sends the one and
   hands over the other. */

#include "config.h"

#include "producers/seckill/seckill.h"

#include "lib/base/arena.h"
#include "lib/redis/command.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/redis/reply.h"

#include <stdio.h>
#include <string.h>

static const char seckill_lua[] =
#include "producers/seckill/seckill.inc"
	;

static bool seckill_is_utf8(struct text text)
{
	while (text.length > 0) {
		size_t length = text_utf8_length(text);

		if (length == 0)
			return false;
		text.data += length;
		text.length -= length;
	}
	return true;
}

/* Check and keep a part of a request; all parts have these rules. */
static int part_set(const char *name, struct text text, size_t max, char *buf,
		    struct err *err)
{
	char shown[4 * 32];

	if (text.length == 0)
		return err_set(err, ERR_REJECT, "%s is empty", name);
	if (text.length > max)
		return err_set(err, ERR_REJECT,
			       "%s has %zu bytes, more than %zu", name,
			       text.length, max);
	(void)text_show(text, shown, sizeof(shown));
	if (text_has_control(text))
		return err_set(err, ERR_REJECT, "%s '%s' has control bytes",
			       name, shown);
	if (!seckill_is_utf8(text))
		return err_set(err, ERR_REJECT, "%s '%s' is no UTF-8", name,
			       shown);
	memcpy(buf, text.data, text.length);
	buf[text.length] = '\0';
	return 0;
}

static int colon_check(const char *name, struct text text, struct err *err)
{
	if (text.length > 0 && memchr(text.data, ':', text.length) != NULL)
		return err_set(err, ERR_REJECT, "%s has a colon", name);
	return 0;
}

int seckill_set_voucher(struct seckill_request *request, struct text text,
			struct err *err)
{
	return colon_check("voucher", text, err) < 0
		       ? -1
		       : part_set("voucher", text, SECKILL_VOUCHER_BYTES_MAX,
				  request->voucher, err);
}

int seckill_set_user(struct seckill_request *request, struct text text,
		     struct err *err)
{
	return part_set("user", text, SECKILL_USER_BYTES_MAX, request->user,
			err);
}

int seckill_set_orderno(struct seckill_request *request, struct text text,
			struct err *err)
{
	return colon_check("orderno", text, err) < 0
		       ? -1
		       : part_set("orderno", text, ORDER_NUMBER_BYTES_MAX,
				  request->orderno, err);
}

void seckill_keys_make(const char *stream, const char *voucher,
		       struct seckill_keys *keys_r)
{
	char prefix[KEYS_BYTES];

	(void)keys_prefix(stream, prefix);
	(void)snprintf(keys_r->stream, sizeof(keys_r->stream), "%s", stream);
	(void)snprintf(keys_r->terms, sizeof(keys_r->terms),
		       "%s:seckill:%s:terms", prefix, voucher);
	(void)snprintf(keys_r->buyers, sizeof(keys_r->buyers),
		       "%s:seckill:%s:buyers", prefix, voucher);
	(void)snprintf(keys_r->orders, sizeof(keys_r->orders),
		       "%s:seckill:%s:orders", prefix, voucher);
}

int seckill_script(struct seckill *seckill, struct redis *redis,
		   struct err *err)
{
	struct arena *arena = arena_open(0);
	const struct reply *reply;

	if (arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	reply = redis_command(redis, arena, err, "SCRIPT", "LOAD", seckill_lua,
			      NULL);
	if (reply != NULL)
		(void)text_show(reply_text(reply), seckill->digest,
				sizeof(seckill->digest));
	arena_close(&arena);
	return reply == NULL ? -1 : 0;
}

void seckill_command(struct seckill *seckill, const char *stream,
		     const struct seckill_request *request,
		     struct command *command)
{
	/* Most requests in a row are for the same voucher. */
	if (strcmp(seckill->voucher, request->voucher) != 0) {
		seckill_keys_make(stream, request->voucher, &seckill->keys);
		memcpy(seckill->voucher, request->voucher,
		       sizeof(seckill->voucher));
	}
	command_begin(command, "EVALSHA");
	command_word(command, seckill->digest);
	command_word(command, "4");
	command_word(command, seckill->keys.stream);
	command_word(command, seckill->keys.terms);
	command_word(command, seckill->keys.buyers);
	command_word(command, seckill->keys.orders);
	command_word(command, request->user);
	command_word(command, request->orderno);
}

/* Copy a text of the reply. Returns -1 when it does not fit. */
static int seckill_text_take(const struct reply *reply, char *buf, size_t bytes)
{
	struct text text = reply_text(reply);

	if (text.length >= bytes)
		return -1;
	memcpy(buf, text.data, text.length);
	buf[text.length] = '\0';
	return 0;
}

int seckill_answer(const struct reply *reply,
		   struct seckill_decision *decision_r, struct err *err)
{
	static const char *const words[] = {
		[SECKILL_ACCEPTED] = "accepted",
		[SECKILL_BOUGHT] = "already bought",
		[SECKILL_SOLD_OUT] = "sold out",
		[SECKILL_BEFORE] = "before",
		[SECKILL_AFTER] = "after",
		[SECKILL_UNKNOWN] = "unknown voucher",
		[SECKILL_TAKEN] = "taken",
	};
	struct text word = reply_text(reply_at(reply, 0));
	struct seckill_decision decision = { .moment_msecs = -1 };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!text_is(word, words[i]))
			continue;
		decision.result = (enum seckill_result)i;
		if (decision.result == SECKILL_BEFORE ||
		    decision.result == SECKILL_AFTER)
			decision.moment_msecs =
				reply_integer(reply_at(reply, 1), -1);
		else if (seckill_text_take(reply_at(reply, 1), decision.orderno,
					   sizeof(decision.orderno)) < 0 ||
			 seckill_text_take(reply_at(reply, 2), decision.id,
					   sizeof(decision.id)) < 0)
			break;
		*decision_r = decision;
		return 0;
	}
	return err_set(err, ERR_RETRY, "seckill: an answer that is none");
}
