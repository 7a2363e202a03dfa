/* What bytes are in a text. Whatever came from a file or from Redis is looked
   at here before it goes into a log, a key or JSON. */

#include "config.h"

#include "lib/base/text.h"

#include <stdint.h>
#include <stdio.h>

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

bool text_has_control(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (is_control((unsigned char)text.data[i]))
			return true;
	}
	return false;
}

bool text_has_colon(struct text text)
{
	return text.length > 0 && memchr(text.data, ':', text.length) != NULL;
}

bool text_is_plain(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		const unsigned char c = (unsigned char)text.data[i];

		if (is_control(c) || c == '"' || c == '\\' || c >= 0x80)
			return false;
	}
	return true;
}

const char *text_show(struct text text, char *buf, size_t bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < text.length && used + sizeof("\\xNN") <= bytes;
	     i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c < 0x20 || c > 0x7e)
			used += (size_t)snprintf(buf + used, bytes - used,
						 "\\x%02x", c);
		else
			buf[used++] = (char)c;
	}
	buf[used] = '\0';
	return buf;
}

/* The length of a UTF-8 character by its first byte c, the bits that c gives to
   the code point, and the least code point of that length; 0: no character
   begins with c. */
static size_t utf8_lead(unsigned char c, uint32_t *bits_r, uint32_t *least_r)
{
	if (c < 0x80) {
		*bits_r = c;
		*least_r = 0;
		return 1;
	}
	if (c >= 0xc2 && c < 0xe0) {
		*bits_r = c & 0x1f;
		*least_r = 0x80;
		return 2;
	}
	if (c >= 0xe0 && c < 0xf0) {
		*bits_r = c & 0x0f;
		*least_r = 0x800;
		return 3;
	}
	if (c >= 0xf0 && c < 0xf5) {
		*bits_r = c & 0x07;
		*least_r = 0x10000;
		return 4;
	}
	return 0;
}

size_t text_utf8_length(struct text text)
{
	uint32_t point, least;
	size_t length;

	if (text.length == 0)
		return 0;
	length = utf8_lead((unsigned char)text.data[0], &point, &least);
	if (length == 0 || length > text.length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (c & 0x3f);
	}
	if (point < least || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return length;
}
