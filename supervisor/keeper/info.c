/* Reads what INFO answers, for finding_look.c and for ordermqctl doctor. */
#include "config.h"

#include "supervisor/keeper/info.h"

#include "lib/base/num.h"

#include <string.h>

struct text info_text(struct text info, const char *name)
{
	const size_t length = strlen(name);
	const char *end = info.data + info.length;

	for (const char *line = info.data; line != NULL && line < end;) {
		const char *stop = memchr(line, '\r', (size_t)(end - line));

		if (stop == NULL)
			stop = end;
		if ((size_t)(stop - line) > length && line[length] == ':' &&
		    memcmp(line, name, length) == 0)
			return (struct text){ line + length + 1,
					      (size_t)(stop - line) - length -
						      1 };
		line = stop + 2 > end ? end : stop + 2;
	}
	return text_of(NULL);
}

int64_t info_number(struct text info, const char *name, int64_t fallback)
{
	struct text text = info_text(info, name);
	int64_t number;

	return num_parse(text.data, text.length, &number) < 0 ? fallback
							      : number;
}
