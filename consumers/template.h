#ifndef OMQ_TEMPLATE_H
#define OMQ_TEMPLATE_H

#include "lib/base/text.h"

#include <stddef.h>

struct order;

/* A text with {field} in it, rendered for one order. "{{" and "}}" are braces.
   A field is one of orderno, userid, type, eventno, amount, which mean what the
   order was read as, or the name of any field of the entry; one that is not
   there gives nothing. */

/* A growing piece of text; a plain value, zeroed at first. */
struct template_buf {
	char *data;
	size_t size;
	size_t used;
};

/* Render a template behind what buf holds. The result is valid UTF-8 without
   control bytes: bytes that are not become U+FFFD. Returns 0, or -1 when out of
   memory. */
int template_render(const char *template, const struct order *order,
		    struct template_buf *buf);

/* Put text behind what buf holds, made valid in the same way. */
int template_put(struct template_buf *buf, struct text text);

#endif
