#ifndef OMQ_TEXT_H
#define OMQ_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A run of bytes that somebody else owns. Any byte may be in it. */
struct text {
	const char *data;
	size_t length;
};

/* A C string as a text, borrowed. NULL gives the empty text. */
struct text text_of(const char *string);

bool text_equal(struct text a, struct text b);
bool text_is(struct text text, const char *string);

/* True when there is a control byte (below 0x20, or 0x7f) in it. */
bool text_has_control(struct text text);

/* Copy into buf (bytes long), cut where it is full, always terminated; control
   bytes and bytes above 0x7e as \xNN. Returns buf. For log lines. */
const char *text_show(struct text text, char *buf, size_t bytes);

/* How many bytes of text the UTF-8 character at its beginning takes, 1 to 4;
   0 when no valid character begins there (RFC 3629: no surrogate, nothing
   overlong, nothing above U+10FFFF). */
size_t text_utf8_length(struct text text);

#endif
