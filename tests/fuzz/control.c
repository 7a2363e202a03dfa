#include "config.h"

#include "supervisor/ordermqd/control_line.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

/* What a client of ordermqd says, in pieces. The first four bytes are the sizes
   of the pieces, in turn; the rest is what it says before it says no more. It
   must be understood as it would be if it had come at once. */

#define PIECES 4

struct said {
	const uint8_t *data;
	size_t size;
	size_t pieces[PIECES];
};

/* Put in the next piece, at most as much as there is room for. */
static enum control_line_state say(struct control_line *line, struct said *said,
				   size_t turn)
{
	size_t piece = said->pieces[turn % PIECES];
	size_t room;
	char *at = control_line_room(line, &room);

	FUZZ_CHECK(at >= line->text && room > 0);
	FUZZ_CHECK(at + room < line->text + sizeof(line->text));
	piece = piece < said->size ? piece : said->size;
	piece = piece < room ? piece : room;
	if (piece > 0)
		memcpy(at, said->data, piece);
	said->data += piece;
	said->size -= piece;
	return control_line_take(line, piece);
}

/* Where the line must end, and what must come of it. */
static enum control_line_state expected(const struct said *said,
					size_t *length_r)
{
	const uint8_t *end =
		said->size == 0 ? NULL : memchr(said->data, '\n', said->size);
	size_t length = end == NULL ? said->size : (size_t)(end - said->data);

	*length_r = length;
	if (length + (end != NULL) > CONTROL_LINE_BYTES - 1 ||
	    (end == NULL && length == CONTROL_LINE_BYTES - 1))
		return CONTROL_LINE_LONG;
	if (length > 0 && memchr(said->data, '\0', length) != NULL)
		return CONTROL_LINE_NUL;
	if (length > 0 && said->data[length - 1] == '\r')
		--*length_r;
	return CONTROL_LINE_WHOLE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum control_line_state state = CONTROL_LINE_PART;
	struct control_line line = { 0 };
	struct said said = { 0 };
	const uint8_t *begin;
	size_t length;

	for (int i = 0; i < PIECES; i++)
		said.pieces[i] = 1 + fuzz_byte(&data, &size);
	begin = said.data = data;
	said.size = size;
	FUZZ_CHECK(expected(&said, &length) != CONTROL_LINE_PART);
	for (size_t turn = 0; state == CONTROL_LINE_PART; turn++)
		state = say(&line, &said, turn);
	said = (struct said){ .data = begin, .size = size };
	FUZZ_CHECK(state == expected(&said, &length));
	if (state != CONTROL_LINE_WHOLE)
		return 0;
	FUZZ_CHECK(line.length == length && strlen(line.text) == length);
	FUZZ_CHECK(length == 0 || memcmp(line.text, begin, length) == 0);
	return 0;
}
