#ifndef OMQ_CONTROL_LINE_H
#define OMQ_CONTROL_LINE_H

#include <stddef.h>

/* The line that a client of ordermqd says, as it comes in piece by piece; who
   has the socket reads into it. A plain value, zeroed at first. What stands
   behind the line is not looked at. */

/* The longest line, and a byte more. */
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

/* Where the next bytes go, and for how many there is room: at least one as long
   as the line is a part. */
char *control_line_room(struct control_line *line, size_t *bytes_r);

/* So many bytes were put there; none at all means that no more will come, and
   what there is is the line. A line ends with LF or CRLF. */
enum control_line_state control_line_take(struct control_line *line,
					  size_t count);

#endif
