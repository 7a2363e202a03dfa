/* The line that check prints, as it is put together by check.c and
   check_findings.c. */
#include "config.h"

#include "supervisor/ctl/check_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void line_add(char *line, const char *between, const char *fmt,
		     va_list args) __attribute__((format(printf, 3, 0)));

static void line_add(char *line, const char *between, const char *fmt,
		     va_list args)
{
	size_t used = strlen(line);

	if (used > 0)
		used += (size_t)snprintf(line + used, CHECK_LINE_BYTES - used,
					 "%s", between);
	if (used < CHECK_LINE_BYTES)
		(void)vsnprintf(line + used, CHECK_LINE_BYTES - used, fmt,
				args);
}

void check_say(struct check *check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line_add(check->text, ", ", fmt, args);
	va_end(args);
}

void check_measure(struct check *check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line_add(check->numbers, " ", fmt, args);
	va_end(args);
}

/* A state that is known to be bad counts more than an unknown one. */
void check_raise(struct check *check, enum check_state state)
{
	static const int ranks[] = { [CHECK_OK] = 0,
				     [CHECK_UNKNOWN] = 1,
				     [CHECK_WARNING] = 2,
				     [CHECK_CRITICAL] = 3 };

	if (ranks[state] > ranks[check->state])
		check->state = state;
}
