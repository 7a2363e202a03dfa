/* Numbers in a few letters, for the cells of a table. table.c prints them. */

#include "config.h"

#include "supervisor/ctl/cell.h"

#include <inttypes.h>
#include <stdio.h>

void cell_size(int64_t bytes, char *cell)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	size_t unit = 0;

	for (; bytes >= 10240 && unit < 3; unit++)
		bytes /= 1024;
	(void)snprintf(cell, CELL_BYTES, "%" PRId64 "%s", bytes, units[unit]);
}

void cell_count(int64_t count, char *cell)
{
	static const char *const units[] = { "", "k", "M", "G", "T" };
	size_t unit = 0;

	for (; count >= (unit == 0 ? 100000 : 10000) && unit < 4; unit++)
		count /= 1000;
	(void)snprintf(cell, CELL_BYTES, "%" PRId64 "%s", count, units[unit]);
}

void cell_rate(double rate, char *cell)
{
	if (rate < 10)
		(void)snprintf(cell, CELL_BYTES, "%.1f", rate);
	else
		cell_count((int64_t)rate, cell);
}

void cell_time(double secs, char *cell)
{
	double shown = secs * 1e6;
	const char *unit = "us";

	if (shown >= 1000) {
		shown /= 1000;
		unit = "ms";
	}
	if (shown >= 1000) {
		shown /= 1000;
		unit = "s";
	}
	(void)snprintf(cell, CELL_BYTES, "%.*f%s",
		       shown < 10 && *unit != 'u' ? 1 : 0, shown, unit);
}
