#include "config.h"

#include "producers/seckill/seckill_say.h"

#include "producers/common/stop.h"

#include <stdarg.h>
#include <stdio.h>

/* What a shell makes of a death by signal. */
#define SIGNAL_EXIT_BASE 128

void seckill_say(const char *fmt, ...)
{
	va_list args;

	(void)fputs("ordermq-seckill: ", stderr);
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

int seckill_signal_status(void)
{
	return SIGNAL_EXIT_BASE + stop_signal();
}
