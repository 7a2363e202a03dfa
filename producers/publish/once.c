/* The command of once.lua, and its answers. publish.c sends what is built here;
   publish_reply.c has the answers read. */

#include "config.h"

#include "producers/publish/once.h"

#include "lib/base/arena.h"
#include "lib/redis/command.h"
#include "lib/base/err.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "producers/publish/window.h"

#include <stdio.h>
#include <string.h>

static const char once_script[] =
#include "producers/publish/once.inc"
	;

/* The type as the event key has it: the name of a known one, else the text of
   the field. */
static int type_text(const struct settings_fields *fields,
		     const struct order *order, struct text *type_r,
		     struct err *err)
{
	*type_r = text_of(order_type_name(order->type));
	if (order_is_event(order))
		return 0;
	*type_r = order_field(order, text_of(fields->type));
	if (type_r->length > ONCE_TYPE_BYTES_MAX)
		return err_set(err, ERR_REJECT,
			       "%s has %zu bytes, more than %d: no event key",
			       fields->type, type_r->length,
			       ONCE_TYPE_BYTES_MAX);
	if (memchr(type_r->data, ':', type_r->length) != NULL)
		return err_set(err, ERR_REJECT, "%s has a colon: no event key",
			       fields->type);
	return 0;
}

int once_key(const struct settings_fields *fields, const struct order *order,
	     char *buf, struct text *key_r, struct err *err)
{
	struct text type;
	int length;

	if (type_text(fields, order, &type, err) < 0)
		return -1;
	length = snprintf(buf, ONCE_KEY_BYTES, "%.*s:%.*s%s%.*s",
			  (int)order->orderno.length, order->orderno.data,
			  (int)type.length, type.data,
			  order->eventno.length > 0 ? ":" : "",
			  (int)order->eventno.length,
			  order->eventno.length > 0 ? order->eventno.data : "");
	*key_r = (struct text){ buf, (size_t)length };
	return 0;
}

void once_begin(struct once *once, const char *stream, int64_t for_msecs)
{
	*once = (struct once){ .for_msecs = for_msecs };
	(void)snprintf(once->stream, sizeof(once->stream), "%s", stream);
	(void)keys_of_group(stream, "once", "new", once->new);
	(void)keys_of_group(stream, "once", "old", once->old);
}

int once_load(struct once *once, struct redis *redis, struct err *err)
{
	struct arena *arena = arena_open(0);
	const struct reply *reply;

	if (arena == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	reply = redis_command(redis, arena, err, "SCRIPT", "LOAD", once_script,
			      NULL);
	if (reply != NULL)
		(void)text_show(reply_text(reply), once->digest,
				sizeof(once->digest));
	arena_close(&arena);
	return reply == NULL ? -1 : 0;
}

void once_command(const struct once *once, const struct window_order *order,
		  struct command *command)
{
	command_begin(command, "EVALSHA");
	command_word(command, once->digest);
	command_number(command, 3);
	command_word(command, once->stream);
	command_word(command, once->new);
	command_word(command, once->old);
	command_number(command, once->for_msecs);
	command_text(command, order->key);
	for (size_t i = 0; i < 2 * order->pair_count; i++)
		command_text(command, order->pairs[i]);
}

int once_answer(const struct reply *reply, struct window_order *order,
		struct err *err)
{
	static const struct {
		const char *word;
		enum window_finding finding;
	} answers[] = {
		{ "new", WINDOW_NEW },
		{ "same", WINDOW_KNOWN },
		{ "gone", WINDOW_KNOWN },
		{ "other", WINDOW_OTHER },
	};
	struct text word = reply_text(reply_at(reply, 0));

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (!text_is(word, answers[i].word))
			continue;
		order->finding = answers[i].finding;
		(void)text_show(reply_text(reply_at(reply, 1)), order->id,
				sizeof(order->id));
		return 0;
	}
	return err_set(err, ERR_RETRY, "once: an answer that is none");
}
