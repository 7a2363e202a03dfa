#include "config.h"

#include "lib/base/text.h"

#include "lib/base/word.h"

#include <stdint.h>
#include <stdio.h>

/* Eight bytes are looked at in one go: one below the least borrows from its own
   highest bit, unless that is set. What borrows beyond it begins at such a
   byte, so that "is there one?" has the right answer. */
static uint64_t has_below(uint64_t word, unsigned char least)
{
	return (word - WORD_EACH(least)) & ~word & WORD_EACH(0x80);
}

static uint64_t has_byte(uint64_t word, unsigned char byte)
{
	return has_below(word ^ WORD_EACH(byte), 1);
}

static uint64_t has_control(uint64_t word)
{
	return has_below(word, 0x20) | has_byte(word, 0x7f);
}

static uint64_t has_special(uint64_t word)
{
	return has_control(word) | has_byte(word, '"') | has_byte(word, '\\') |
	       (word & WORD_EACH(0x80));
}

/* Does any word of the text have it? The last bytes may be looked at twice;
   what there is no text for is blank. */
static inline bool any_word(struct text text, uint64_t (*has)(uint64_t word))
{
	const size_t half = sizeof(uint32_t), word = sizeof(uint64_t);
	const char *end = text.data + text.length;
	uint64_t last = WORD_EACH(' ');

	if (text.length >= word) {
		for (const char *c = text.data; c < end - word; c += word) {
			if (has(word_load(c)) != 0)
				return true;
		}
		last = word_load(end - word);
	} else if (text.length >= half) {
		last = (uint64_t)word_load_half(text.data) << 32 |
		       word_load_half(end - half);
	} else {
		for (const char *c = text.data; c < end; c++)
			last = last << 8 | (unsigned char)*c;
	}
	return has(last) != 0;
}

bool text_has_control(struct text text)
{
	return any_word(text, has_control);
}

static uint64_t has_colon(uint64_t word)
{
	return has_byte(word, ':');
}

bool text_has_colon(struct text text)
{
	return any_word(text, has_colon);
}

bool text_is_plain(struct text text)
{
	return !any_word(text, has_special);
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

/* What the first byte says about the length, and the least code point that
   needs so many bytes. */
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
