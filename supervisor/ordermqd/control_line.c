/* The line of a client, put together from the pieces that come.
   control_client.c reads into it. */

#include "config.h"

#include "supervisor/ordermqd/control_line.h"

#include <string.h>

char *control_line_room(struct control_line *line, size_t *bytes_r)
{
	*bytes_r = sizeof(line->text) - 1 - line->length;
	return line->text + line->length;
}

/* The line is length bytes long; a CR at its end is taken off. */
static enum control_line_state line_end(struct control_line *line,
					size_t length)
{
	if (memchr(line->text, '\0', length) != NULL)
		return CONTROL_LINE_NUL;
	if (length > 0 && line->text[length - 1] == '\r')
		length--;
	line->text[length] = '\0';
	line->length = length;
	return CONTROL_LINE_WHOLE;
}

enum control_line_state control_line_take(struct control_line *line,
					  size_t count)
{
	const char *end = memchr(line->text + line->length, '\n', count);

	if (end != NULL)
		return line_end(line, (size_t)(end - line->text));
	if (count == 0)
		return line_end(line, line->length);
	line->length += count;
	return line->length == sizeof(line->text) - 1 ? CONTROL_LINE_LONG
						      : CONTROL_LINE_PART;
}
