#include "config.h"

#include "supervisor/record.h"

#include "lib/text.h"

void record_write(FILE *out, json_t *object)
{
	if (object == NULL)
		return;
	(void)json_dumpf(object, out, JSON_COMPACT);
	(void)fputc('\n', out);
	json_decref(object);
}

json_t *record_text(const char *text)
{
	json_t *string = json_string(text);
	char shown[1024];

	if (string != NULL)
		return string;
	return json_string(text_show(text_of(text), shown, sizeof(shown)));
}

json_t *record_text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : record_text(text);
}

json_t *record_count(int64_t count)
{
	return count < 0 ? json_null() : json_integer(count);
}
