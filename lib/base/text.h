#ifndef OMQ_TEXT_H
#define OMQ_TEXT_H

#include "lib/base/word.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A run of bytes that somebody else owns. Any byte may be in it. */
struct text {
	const char *data;
	size_t length;
};

/* Texts at equal distances: an array of them, or a member of each structure in
   an array. */
struct text_run {
	const void *first; /* a struct text */
	size_t step;       /* bytes from one to the next */
	size_t count;
};

/* Number i of them, counted from 0; there must be so many. */
static inline struct text text_run_at(const struct text_run *run, size_t i)
{
	const char *at = (const char *)run->first + i * run->step;

	return *(const struct text *)(const void *)at;
}

/* Leave out the first count of them; there must be so many. */
static inline void text_run_skip(struct text_run *run, size_t count)
{
	run->first = (const char *)run->first + count * run->step;
	run->count -= count;
}

/* Texts side by side as a run. */
static inline struct text_run text_run_of(const struct text *texts,
					  size_t count)
{
	return (struct text_run){
		.first = texts,
		.step = sizeof(*texts),
		.count = count,
	};
}

/* A C string as a text, borrowed. NULL gives the empty text. */
static inline struct text text_of(const char *string)
{
	return (struct text){
		.data = string,
		.length = string == NULL ? 0 : strlen(string),
	};
}

static inline bool text_equal(struct text a, struct text b)
{
	return a.length == b.length && word_equal(a.data, b.data, a.length);
}

static inline bool text_is(struct text text, const char *string)
{
	return text_equal(text, text_of(string));
}

/* True when there is a control byte (below 0x20, or 0x7f) in it. */
bool text_has_control(struct text text);

/* True when there is a colon in it. */
bool text_has_colon(struct text text);

/* True when all of it is printable ASCII and neither a quote nor a backslash:
   it stands in a JSON string as it is (RFC 8259, section 7). */
bool text_is_plain(struct text text);

/* Copy into buf (bytes long), cut where it is full, always terminated; control
   bytes and bytes above 0x7e as \xNN. Returns buf. For log lines. */
const char *text_show(struct text text, char *buf, size_t bytes);

/* How many bytes of text the UTF-8 character at its beginning takes, 1 to 4;
   0 when no valid character begins there (RFC 3629: no surrogate, nothing
   overlong, nothing above U+10FFFF). */
size_t text_utf8_length(struct text text);

#endif
