/* Access to a reply that may have any shape. resp.c builds replies; everything
   that asked reads them here. */

#include "config.h"

#include "lib/redis/reply.h"

#include "lib/base/num.h"

static const struct reply reply_nil = { .type = REPLY_NIL };

int64_t reply_integer(const struct reply *reply, int64_t fallback)
{
	struct text text = reply_text(reply);
	int64_t value;

	if (reply->type == REPLY_INTEGER)
		return reply->integer;
	if (text.length > 0 && text.data[0] == '-')
		return num_parse(text.data + 1, text.length - 1, &value) < 0
			       ? fallback
			       : -value;
	return num_parse(text.data, text.length, &value) < 0 ? fallback : value;
}

const struct reply *reply_field(const struct reply *reply, const char *name)
{
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
		if (text_is(reply_text(reply_at(reply, i)), name))
			return reply_at(reply, i + 1);
	}
	return &reply_nil;
}

int reply_strings(const struct reply *reply, struct text_run *run_r)
{
	const struct reply *elements = reply->array.elements;
	size_t count = reply_count(reply);

	if (reply->type != REPLY_ARRAY)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (elements[i].type != REPLY_STRING)
			return -1;
	}
	*run_r = (struct text_run){
		.first = count == 0 ? NULL : &elements[0].text,
		.step = sizeof(*elements),
		.count = count,
	};
	return 0;
}

bool reply_is_error(const struct reply *reply)
{
	return reply->type == REPLY_ERROR;
}

struct text reply_error_word(const struct reply *reply)
{
	struct text text = { .data = "", .length = 0 };

	if (!reply_is_error(reply))
		return text;
	text.data = reply->text.data;
	while (text.length < reply->text.length &&
	       text.data[text.length] != ' ')
		text.length++;
	return text;
}

bool reply_is_error_word(const struct reply *reply, const char *word)
{
	return reply_is_error(reply) && text_is(reply_error_word(reply), word);
}
