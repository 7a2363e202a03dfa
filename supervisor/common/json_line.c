/* JSON as ordermq prints it: one object a line, unknown as null, any bytes
   shown. All that answers with records stands on it. */

#include "config.h"

#include "supervisor/common/json_line.h"

#include "lib/base/text.h"
#include "lib/base/when.h"

#include <stdlib.h>
#include <unistd.h>

void json_line_write(FILE *out, json_t *object)
{
	if (object == NULL)
		return;
	/* Some characters beyond ASCII are control characters, too. */
	(void)json_dumpf(object, out,
			 JSON_COMPACT | JSON_REAL_PRECISION(9) |
				 (isatty(fileno(out)) ? JSON_ENSURE_ASCII : 0));
	(void)fputc('\n', out);
	json_decref(object);
}

json_t *json_line_shown(struct text text)
{
	json_t *string = json_stringn(text.data, text.length);
	char shown[1024];

	if (string != NULL)
		return string;
	return json_string(text_show(text, shown, sizeof(shown)));
}

json_t *json_line_text(const char *text)
{
	return json_line_shown(text_of(text));
}

/* RFC 4648, padded. Three bytes become four letters. */
static void base64_write(struct text text, char *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < text.length; i += 3) {
		size_t left = text.length - i;
		unsigned int bits = (unsigned char)text.data[i] << 16U;

		if (left > 1)
			bits |= (unsigned char)text.data[i + 1] << 8U;
		if (left > 2)
			bits |= (unsigned char)text.data[i + 2];
		*out++ = letters[bits >> 18U];
		*out++ = letters[bits >> 12U & 63U];
		*out++ = left > 1 ? letters[bits >> 6U & 63U] : '=';
		*out++ = left > 2 ? letters[bits & 63U] : '=';
	}
	*out = '\0';
}

json_t *json_line_bytes(struct text text)
{
	json_t *string = json_stringn(text.data, text.length);
	char *base64;

	if (string != NULL)
		return string;
	base64 = malloc((text.length + 2) / 3 * 4 + 1);
	if (base64 == NULL)
		return NULL;
	base64_write(text, base64);
	string = json_pack("{s:s}", "base64", base64);
	free(base64);
	return string;
}

json_t *json_line_text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : json_line_text(text);
}

json_t *json_line_count(int64_t count)
{
	return count < 0 ? json_null() : json_integer(count);
}

json_t *json_line_real(double count)
{
	/* NaN is unknown, too. */
	return count >= 0 ? json_real(count) : json_null();
}

json_t *json_line_time(int64_t msecs)
{
	char text[WHEN_TEXT_BYTES];

	if (msecs < 0 || msecs > WHEN_MSECS_MAX)
		return json_null();
	return json_string(when_format(msecs, text));
}
