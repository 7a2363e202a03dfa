/* How a failure is recorded and handed up. Every function that can fail fills a
   struct err; main() or the log shows its text. */

#include "config.h"

#include "lib/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

int err_set(struct err *err, enum err_class class, const char *fmt, ...)
{
	va_list args;

	err->class = class;
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

int err_errno(struct err *err, enum err_class class, const char *fmt, ...)
{
	int saved = errno;
	size_t used;
	va_list args;

	err->class = class;
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);

	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s",
		       strerror(saved));
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	size_t used;
	va_list args;

	memcpy(inner, err->text, sizeof(inner));
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);

	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s",
		       inner);
	return -1;
}

int err_exit_status(const struct err *err)
{
	switch (err->class) {
	case ERR_RETRY:
		return EX_TEMPFAIL;
	case ERR_REJECT:
		return EX_DATAERR;
	case ERR_FATAL:
		return EX_CONFIG;
	}
	return EX_SOFTWARE;
}
