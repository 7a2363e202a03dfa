#include "config.h"

#include "lib/redis/formatter.h"

#include "lib/redis/resp.h"
#include "lib/base/word.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Longest piece. Pieces are copied whole, which is quicker than to look how
   long they are. */
#define PIECE_BYTES 15

struct piece {
	unsigned char length; /* 0: not learnt yet */
	char bytes[PIECE_BYTES];
};

struct formatter {
	/* Before a word of so many bytes: what ends the one before, too. */
	struct piece before[FORMATTER_WORD_BYTES_MAX + 1];
	/* At the beginning of a command of so many words, without that. */
	struct piece begin[FORMATTER_WORDS_MAX + 1];
	struct piece end; /* behind the last word */
};

/* A byte that no protocol of printable lines has. */
static const char mark = '\xff';
static const struct text marked = { &mark, 1 };

struct formatter *formatter_open(void)
{
	return calloc(1, sizeof(struct formatter));
}

void formatter_close(struct formatter **_formatter)
{
	free(*_formatter);
	*_formatter = NULL;
}

/* Keep what lies between two places. Returns false when that is no piece. */
static bool piece_cut(const char *from, const char *to, struct piece *piece_r)
{
	struct piece piece = { 0 };

	if (to <= from || to - from > PIECE_BYTES)
		return false;
	piece.length = (unsigned char)(to - from);
	memcpy(piece.bytes, from, piece.length);
	*piece_r = piece;
	return true;
}

/* A command as hiredis formats it, and where in it the first and the last
   marked word are. Returns false without one, else it is to be resp_free()d. */
static bool sample_make(const struct text *words, size_t count, char **sample_r,
			const char **first_r, const char **last_r,
			const char **end_r)
{
	ssize_t length = resp_format(words, count, sample_r);

	if (length < 0)
		return false;
	*end_r = *sample_r + length;
	*first_r = memchr(*sample_r, mark, (size_t)length);
	*last_r = memrchr(*sample_r, mark, (size_t)length);
	if (*first_r != NULL)
		return true;
	resp_free(*sample_r);
	return false;
}

/* Two marked words show what stands between them and behind the last. */
static bool learn_mark(struct formatter *formatter)
{
	const struct text words[] = { marked, marked };
	const char *first, *last, *end;
	char *sample = NULL;
	bool is_learnt;

	if (!sample_make(words, 2, &sample, &first, &last, &end))
		return false;
	is_learnt = piece_cut(last + 1, end, &formatter->end) &&
		    piece_cut(first + 1, last, &formatter->before[1]);
	resp_free(sample);
	return is_learnt;
}

/* A word between two marked ones: of what is between them, the end is known. */
static bool learn_before(struct formatter *formatter, size_t bytes)
{
	static const char blank[FORMATTER_WORD_BYTES_MAX];
	const struct text words[] = { marked, { blank, bytes }, marked };
	const char *first, *last, *end;
	char *sample = NULL;
	bool is_learnt;

	if (formatter->before[1].length == 0 && !learn_mark(formatter))
		return false;
	if (!sample_make(words, 3, &sample, &first, &last, &end))
		return false;
	is_learnt =
		piece_cut(first + 1, last - formatter->before[1].length - bytes,
			  &formatter->before[bytes]);
	resp_free(sample);
	return is_learnt;
}

/* Marked words: what is before the first of them ends in what is before any. */
static bool learn_begin(struct formatter *formatter, size_t count)
{
	struct text words[FORMATTER_WORDS_MAX];
	const char *first, *last, *end;
	char *sample = NULL;
	bool is_learnt;

	if (formatter->before[1].length == 0 && !learn_mark(formatter))
		return false;
	for (size_t i = 0; i < count; i++)
		words[i] = marked;
	if (!sample_make(words, count, &sample, &first, &last, &end))
		return false;
	is_learnt = piece_cut(sample, first - formatter->before[1].length,
			      &formatter->begin[count]);
	resp_free(sample);
	return is_learnt;
}

size_t formatter_bytes(const struct text *words, size_t count)
{
	/* One at the beginning, one at the end, one before each word. */
	size_t bytes = (count + 2) * PIECE_BYTES;

	for (size_t i = 0; i < count; i++)
		bytes += words[i].length;
	return bytes;
}

static char *piece_put(const struct piece *piece, char *out)
{
	memcpy(out, piece->bytes, PIECE_BYTES);
	return out + piece->length;
}

size_t formatter_write(struct formatter *formatter, const struct text *words,
		       size_t count, char *out)
{
	char *at = out;

	if (count == 0 || count > FORMATTER_WORDS_MAX ||
	    (formatter->begin[count].length == 0 &&
	     !learn_begin(formatter, count)))
		return 0;
	at = piece_put(&formatter->begin[count], at);
	for (size_t i = 0; i < count; i++) {
		const size_t length = words[i].length;

		if (length > FORMATTER_WORD_BYTES_MAX ||
		    (formatter->before[length].length == 0 &&
		     !learn_before(formatter, length)))
			return 0;
		at = piece_put(&formatter->before[length], at);
		word_copy(at, words[i].data, length);
		at += length;
	}
	at = piece_put(&formatter->end, at);
	return (size_t)(at - out);
}
