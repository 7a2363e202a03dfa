/* What a crash point does in programs that the tests build with them. The
   environment variable ORDERMQ_CRASH chooses:

	after-settle:0.01,before-settle:0.5:stop

   dies by SIGKILL in one of a hundred cases after settling, and stops by
   SIGSTOP in every second case before it. Each time is told on standard error,
   so that it can be counted. */

#include "config.h"

#include "lib/consumer/crash_point.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static bool happens(double probability)
{
	unsigned int number = 0;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return false;
	return number < probability * 4294967296.0;
}

static void die(const char *name, int signal)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "crash point %s\n", name);

	/* At once and whole: many processes write to the same log. */
	if (write(STDERR_FILENO, line, (size_t)length) == length)
		(void)raise(signal);
}

void crash_point(const char *name)
{
	const char *rule = getenv("ORDERMQ_CRASH");
	size_t length = strlen(name);

	while (rule != NULL) {
		if (strncmp(rule, name, length) == 0 && rule[length] == ':') {
			char *rest;
			double probability = strtod(rule + length + 1, &rest);

			if (happens(probability))
				die(name, strncmp(rest, ":stop", 5) == 0
						  ? SIGSTOP
						  : SIGKILL);
		}
		rule = strchr(rule, ',');
		rule += rule != NULL;
	}
}
