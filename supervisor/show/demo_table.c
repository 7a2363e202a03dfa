/* The lines and tables that the demo and the comparison print. demo.c and
   compare.c bring the words; nothing comes after. */

#include "config.h"

#include "supervisor/show/demo_table.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_CELLS 40

static struct {
	bool colour;
	bool blocks;
} look;

void demo_table_open(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	(void)setlocale(LC_CTYPE, "");
	look.blocks = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	look.colour = isatty(STDOUT_FILENO) &&
		      (no_color == NULL || no_color[0] == '\0') &&
		      term != NULL && strcmp(term, "dumb") != 0;
}

static const char *style(const char *sequence)
{
	return look.colour ? sequence : "";
}

#define BOLD style("\033[1m")
#define GREEN style("\033[32m")
#define RED style("\033[31m")
#define CYAN style("\033[36m")
#define PLAIN style("\033[0m")

const char *demo_number(int64_t value, char *buf)
{
	char digits[DEMO_NUMBER_BYTES];
	int length = snprintf(digits, sizeof(digits), "%" PRId64, value);
	char *out = buf;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return buf;
}

void demo_say(const char *who, const char *fmt, ...)
{
	va_list args;

	printf("  %s%-14s%s", CYAN, who, PLAIN);
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	(void)fflush(stdout);
}

void demo_title(const char *text)
{
	printf("\n%s%s%s\n\n", BOLD, text, PLAIN);
}

void demo_table_head(void)
{
	printf("  %-12s %10s %12s %10s %12s\n", "", "orders", "deliveries",
	       "distinct", "duplicates");
}

static void bar(int64_t value, int64_t whole)
{
	int cells = whole > 0 ? (int)(value * BAR_CELLS / whole) : 0;

	for (int i = 0; i < cells; i++)
		fputs(look.blocks ? "\u2588" : "#", stdout);
}

void demo_table_group(const struct demo_group *group)
{
	char a[DEMO_NUMBER_BYTES], b[DEMO_NUMBER_BYTES], c[DEMO_NUMBER_BYTES],
		d[DEMO_NUMBER_BYTES];

	printf("  %s%-12s %10s %12s %10s %12s%s\n", BOLD, group->name,
	       demo_number(group->orders, a), demo_number(group->deliveries, b),
	       demo_number(group->distinct, c),
	       demo_number(group->deliveries - group->distinct, d), PLAIN);
	for (size_t i = 0; i < group->instance_count; i++) {
		const struct demo_instance *instance = &group->instances[i];

		printf("    %-12s %8s  ", instance->name,
		       demo_number(instance->delivered, a));
		bar(instance->delivered, group->orders);
		putchar('\n');
	}
}

void demo_verdict(bool right, const char *fmt, ...)
{
	va_list args;

	printf("  %s%-6s%s", right ? GREEN : RED, right ? "right" : "WRONG",
	       PLAIN);
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}
