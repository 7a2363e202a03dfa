#ifndef OMQ_CONTROL_LINE_H
#define OMQ_CONTROL_LINE_H

#include <stddef.h>

/* The line of a client, put together from the pieces that arrive; the owner of
   the socket reads into it. A plain value, zeroed at first. Bytes behind the
   line are ignored. */

/* The longest line is one byte shorter. */
#define CONTROL_LINE_BYTES 4096

struct control_line {
	char text[CONTROL_LINE_BYTES]; /* terminated once it is whole */
	size_t length;
};

enum control_line_state {
	CONTROL_LINE_PART,  /* there must be more */
	CONTROL_LINE_WHOLE, /* text is the line without its end */
	CONTROL_LINE_LONG,  /* there is no room for its end */
	CONTROL_LINE_NUL,   /* a NUL byte in it: no word is meant */
};

/* Where the next bytes go, and how many fit: at least one while the line is
   incomplete. */
char *control_line_room(struct control_line *line, size_t *bytes_r);

/* Take count bytes that were put there; 0: the client sends no more, and the
   line ends here. A line ends with LF or CRLF. */
enum control_line_state control_line_take(struct control_line *line,
					  size_t count);

#endif
