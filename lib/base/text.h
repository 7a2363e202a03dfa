#ifndef OMQ_TEXT_H
#define OMQ_TEXT_H

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

/* Text number i, counted from 0, which must be below count. */
static inline struct text text_run_at(const struct text_run *run, size_t i)
{
	const char *at = (const char *)run->first + i * run->step;

	return *(const struct text *)(const void *)at;
}

/* Leave out the first count texts, which must be there. */
static inline void text_run_skip(struct text_run *run, size_t count)
{
	run->first = (const char *)run->first + count * run->step;
	run->count -= count;
}

/* An array of texts as a run. */
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
	return a.length == b.length &&
	       (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static inline bool text_is(struct text text, const char *string)
{
	return text_equal(text, text_of(string));
}

/* True when there is a control byte (below 0x20, or 0x7f) in it. */
bool text_has_control(struct text text);

/* True when there is a colon in it. */
bool text_has_colon(struct text text);

/* True when every byte is printable ASCII and neither a quote nor a backslash:
   then the text needs no escape in a JSON string (RFC 8259, section 7). */
bool text_is_plain(struct text text);

/* Copy the text into buf (bytes long) for a log line: cut where buf is full,
   always terminated, control bytes and bytes above 0x7e as \xNN. Returns buf.
 */
const char *text_show(struct text text, char *buf, size_t bytes);

/* How many bytes of text the UTF-8 character at its beginning takes, 1 to 4;
   0 when no valid character begins there (RFC 3629: no surrogate, nothing
   overlong, nothing above U+10FFFF). */
size_t text_utf8_length(struct text text);

#endif
