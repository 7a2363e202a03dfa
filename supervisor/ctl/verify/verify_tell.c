/* Notes numbers and sentences in the record of one look at one group. The parts
   (verify_walk.c to verify_push.c) call it; verify.c prints the record. */

#include "config.h"

#include "supervisor/ctl/verify/verify_state.h"

#include "supervisor/common/json_line.h"

#include <stdarg.h>
#include <stdio.h>

static void verify_note(struct verify *verify, const char *list,
			const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

static void verify_note(struct verify *verify, const char *list,
			const char *fmt, va_list args)
{
	char text[1024];

	(void)vsnprintf(text, sizeof(text), fmt, args);
	(void)json_array_append_new(json_object_get(verify->record, list),
				    json_line_text(text));
}

void verify_off(struct verify *verify, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	verify_note(verify, "off", fmt, args);
	va_end(args);
}

void verify_tell(struct verify *verify, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	verify_note(verify, "told", fmt, args);
	va_end(args);
}

bool verify_is_off(const struct verify *verify)
{
	return json_array_size(json_object_get(verify->record, "off")) > 0;
}

void verify_number(struct verify *verify, const char *name, int64_t number)
{
	(void)json_object_set_new(verify->record, name,
				  json_line_count(number));
}
