#include "config.h"

#include "consumers/template.h"

#include "lib/base/num.h"
#include "lib/stream/order.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* U+FFFD, the replacement character. */
static const struct text replacement = { .data = "\xef\xbf\xbd", .length = 3 };

static int put_bytes(struct template_buf *buf, struct text text)
{
	size_t wanted = buf->used + text.length;
	char *data;

	if (text.length == 0)
		return 0;
	if (wanted > buf->size) {
		wanted += wanted / 2 + 256;
		data = realloc(buf->data, wanted);
		if (data == NULL)
			return -1;
		buf->data = data;
		buf->size = wanted;
	}
	memcpy(buf->data + buf->used, text.data, text.length);
	buf->used += text.length;
	return 0;
}

/* How many bytes at the beginning are printable ASCII: as a rule, all. */
static size_t plain_length(struct text text)
{
	size_t length = 0;

	while (length < text.length && text.data[length] >= ' ' &&
	       text.data[length] <= '~')
		length++;
	return length;
}

int template_put(struct template_buf *buf, struct text text)
{
	if (text_is_plain(text))
		return put_bytes(buf, text);
	while (text.length > 0) {
		size_t plain = plain_length(text);
		size_t length = plain > 0 ? plain : text_utf8_length(text);
		struct text piece = { .data = text.data, .length = length };

		if (length == 0 || (plain == 0 && text_has_control(piece)))
			piece = replacement;
		if (put_bytes(buf, piece) < 0)
			return -1;
		length = length == 0 ? 1 : length;
		text.data += length;
		text.length -= length;
	}
	return 0;
}

static int put_amount(struct template_buf *buf, const struct order *order)
{
	char digits[NUM_BYTES];
	size_t length = num_format(order->amount, digits);

	return put_bytes(buf, (struct text){ digits, length });
}

static int put_field(struct template_buf *buf, const struct order *order,
		     struct text name)
{
	if (text_is(name, "amount"))
		return put_amount(buf, order);
	if (text_is(name, "orderno"))
		return template_put(buf, order->orderno);
	if (text_is(name, "userid"))
		return template_put(buf, order->userid);
	if (text_is(name, "eventno"))
		return template_put(buf, order->eventno);
	if (text_is(name, "type"))
		return template_put(buf, text_of(order_type_name(order->type)));
	return template_put(buf, order_field(order, name));
}

/* What stands at the beginning of a template: a piece of plain text, a doubled
   brace, or a field. Returns how many bytes of the template it took, or -1. */
static ssize_t put_piece(const char *template, const struct order *order,
			 struct template_buf *buf)
{
	size_t plain = strcspn(template, "{}");
	const char *end;

	if (plain > 0) {
		const struct text text = { template, plain };

		return template_put(buf, text) < 0 ? -1 : (ssize_t)plain;
	}
	end = strchr(template, '}');
	/* A lone brace was refused when the configuration was read; should one
	   come here, it stands for itself. */
	if (template[1] == template[0] || template[0] == '}' || end == NULL) {
		const struct text brace = { template, 1 };

		return template_put(buf, brace) < 0 ? -1
		       : template[1] == template[0] ? 2
						    : 1;
	}
	const struct text name = { template + 1, (size_t)(end - template) - 1 };

	return put_field(buf, order, name) < 0 ? -1 : end - template + 1;
}

int template_render(const char *template, const struct order *order,
		    struct template_buf *buf)
{
	while (*template != '\0') {
		ssize_t taken = put_piece(template, order, buf);

		if (taken < 0)
			return -1;
		template += taken;
	}
	return 0;
}
