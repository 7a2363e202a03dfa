/* Requests and answers as JSON. seckill_serve.c and the verbs read and write
   lines here. */

#include "config.h"

#include "producers/seckill/seckill_line.h"

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/when.h"
#include "producers/seckill/seckill_queue.h"

#include <jansson.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The members of a request. */
enum { VOUCHER, USER, ORDERNO, MEMBER_COUNT };

static const char *const member_names[MEMBER_COUNT] = {
	[VOUCHER] = "voucher",
	[USER] = "user",
	[ORDERNO] = "orderno",
};

static int member_set(int member, struct text text,
		      struct seckill_request *request, struct err *err)
{
	switch (member) {
	case VOUCHER:
		return seckill_set_voucher(request, text, err);
	case USER:
		return seckill_set_user(request, text, err);
	default:
		return seckill_set_orderno(request, text, err);
	}
}

static int member_read(int member, const json_t *value,
		       struct seckill_request *request, struct err *err)
{
	const char *name = member_names[member];
	char digits[NUM_BYTES];
	struct text text;

	if ((value == NULL || json_is_null(value)) && member == ORDERNO)
		return 0;
	if (value == NULL || json_is_null(value))
		return err_set(err, ERR_REJECT, "no %s", name);
	if (json_is_string(value)) {
		text.data = json_string_value(value);
		text.length = json_string_length(value);
	} else if (json_is_integer(value)) {
		text.data = digits;
		text.length = num_format(json_integer_value(value), digits);
	} else {
		return err_set(err, ERR_REJECT,
			       "%s is neither a string nor an integer", name);
	}
	return member_set(member, text, request, err);
}

static bool is_member(const char *name)
{
	for (int i = 0; i < MEMBER_COUNT; i++) {
		if (strcmp(member_names[i], name) == 0)
			return true;
	}
	return false;
}

static int object_read(json_t *object, struct seckill_request *request,
		       struct err *err)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return err_set(err, ERR_REJECT, "not a JSON object");
	for (int i = 0; i < MEMBER_COUNT; i++) {
		if (member_read(i, json_object_get(object, member_names[i]),
				request, err) < 0)
			return -1;
	}
	/* Unknown members are refused: a misspelt orderno would make a repeated
	   request a new one. */
	json_object_foreach(object, name, value)
	{
		char shown[4 * 32];

		if (!is_member(name))
			return err_set(
				err, ERR_REJECT, "no member '%s' is known",
				text_show(text_of(name), shown, sizeof(shown)));
	}
	return 0;
}

int seckill_line_read(const char *line, size_t bytes,
		      struct seckill_request *request_r, struct err *err)
{
	struct seckill_request request = { 0 };
	json_error_t error;
	json_t *object = json_loadb(
		line, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	int ret;

	if (object == NULL)
		return err_set(err, ERR_REJECT, "no valid JSON: %s",
			       error.text);
	ret = object_read(object, &request, err);
	json_decref(object);
	if (ret == 0)
		*request_r = request;
	return ret;
}

char *seckill_line_quote(const char *text, char *out)
{
	*out++ = '"';
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			*out++ = '\\';
		if (c < 0x20)
			out += sprintf(out, "\\u%04x", c);
		else
			*out++ = (char)c;
	}
	*out++ = '"';
	return out;
}

static char *put(char *out, const char *text)
{
	size_t length = strlen(text);

	memcpy(out, text, length);
	return out + length;
}

/* ,"name":"text" with what stands before it. */
static char *put_member(char *out, const char *name, const char *text)
{
	out = put(put(out, name), ":");
	return seckill_line_quote(text, out);
}

static char *put_moment(char *out, const char *name, int64_t msecs)
{
	char moment[WHEN_TEXT_BYTES];

	return msecs < 0 || msecs > WHEN_MSECS_MAX
		       ? out
		       : put_member(out, name, when_format(msecs, moment));
}

static char *put_decision(char *out, const struct seckill_decision *decision)
{
	static const char *const words[] = {
		[SECKILL_ACCEPTED] = "accepted",
		[SECKILL_BOUGHT] = "already bought",
		[SECKILL_SOLD_OUT] = "sold out",
		[SECKILL_BEFORE] = "not open",
		[SECKILL_AFTER] = "not open",
		[SECKILL_UNKNOWN] = "unknown voucher",
	};

	out = put_member(out, ",\"result\"", words[decision->result]);
	if (decision->result <= SECKILL_BOUGHT) {
		out = put_member(out, ",\"orderno\"", decision->orderno);
		out = put_member(out, ",\"id\"", decision->id);
	} else if (decision->result == SECKILL_BEFORE) {
		out = put_member(out, ",\"when\"", "before");
		out = put_moment(out, ",\"begins\"", decision->moment_msecs);
	} else if (decision->result == SECKILL_AFTER) {
		out = put_member(out, ",\"when\"", "after");
		out = put_moment(out, ",\"ended\"", decision->moment_msecs);
	}
	return out;
}

static char *put_error(char *out, const struct seckill_queue_entry *entry,
		       const char *reason)
{
	if (entry->request.orderno[0] == '\0')
		return put_member(out, ",\"error\"", reason);
	out = put_member(out, ",\"orderno\"", entry->request.orderno);
	out = put_member(out, ",\"error\"", reason);
	return put(out, entry->in_doubt ? ",\"in_doubt\":true"
					: ",\"in_doubt\":false");
}

size_t seckill_line_write(const struct seckill_queue_entry *entry, char *buf)
{
	char *out = buf;

	if (entry->request.user[0] == '\0') {
		out += sprintf(out, "{\"line\":%" PRIu64, entry->line);
	} else {
		out = put_member(out, "{\"voucher\"", entry->request.voucher);
		out = put_member(out, ",\"user\"", entry->request.user);
	}
	if (entry->state == SECKILL_QUEUE_FAILED)
		out = put_error(out, entry, entry->reason);
	else if (entry->decision.result == SECKILL_TAKEN)
		out = put_error(out, entry,
				"the order number is another user's");
	else
		out = put_decision(out, &entry->decision);
	out = put(out, "}\n");
	return (size_t)(out - buf);
}
