#include "config.h"

#include "producers/seckill_plain.h"

#include <string.h>

#define PLAIN_DIGITS_MAX 18

/* What is not read yet. */
struct rest {
	const char *at;
	const char *end;
};

static bool letter(struct rest *rest, char wanted)
{
	if (rest->at == rest->end || *rest->at != wanted)
		return false;
	rest->at++;
	return true;
}

static void blanks(struct rest *rest)
{
	while (rest->at < rest->end &&
	       (*rest->at == ' ' || *rest->at == '\t' || *rest->at == '\r'))
		rest->at++;
}

/* A string behind its first quote. */
static bool string(struct rest *rest, struct text *text_r)
{
	const char *begin = rest->at;

	for (; rest->at < rest->end; rest->at++) {
		if (*rest->at == '"') {
			*text_r = (struct text){ begin,
						 (size_t)(rest->at++ - begin) };
			return true;
		}
		if (*rest->at < 0x20 || *rest->at > 0x7e || *rest->at == '\\')
			return false;
	}
	return false;
}

static bool number(struct rest *rest, struct text *text_r)
{
	const char *begin = rest->at;
	size_t length;

	while (rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9')
		rest->at++;
	length = (size_t)(rest->at - begin);
	*text_r = (struct text){ begin, length };
	return length > 0 && length <= PLAIN_DIGITS_MAX &&
	       (*begin != '0' || length == 1);
}

/* A name and its value. */
static bool member(struct rest *rest, const char *const *names, size_t count,
		   struct text *values)
{
	struct text name;
	size_t i = 0;

	blanks(rest);
	if (!letter(rest, '"') || !string(rest, &name))
		return false;
	while (i < count && !text_is(name, names[i]))
		i++;
	if (i == count || values[i].data != NULL)
		return false;
	blanks(rest);
	if (!letter(rest, ':'))
		return false;
	blanks(rest);
	return letter(rest, '"') ? string(rest, &values[i])
				 : number(rest, &values[i]);
}

bool seckill_plain_read(struct text line, const char *const *names,
			size_t count, struct text *values_r)
{
	struct rest rest = { line.data, line.data + line.length };

	memset(values_r, 0, count * sizeof(*values_r));
	blanks(&rest);
	if (!letter(&rest, '{'))
		return false;
	do {
		if (!member(&rest, names, count, values_r))
			return false;
		blanks(&rest);
	} while (letter(&rest, ','));
	if (!letter(&rest, '}'))
		return false;
	blanks(&rest);
	return rest.at == rest.end;
}
