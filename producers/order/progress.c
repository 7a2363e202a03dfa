/* The line that shows the progress. order_job.c calls it after each window,
   order_report.c wipes the line before it writes others. */

#include "config.h"

#include "producers/order/progress.h"

#include "lib/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_EVERY_MSECS 200
#define PROGRESS_BAR_COLUMNS 24
#define PROGRESS_WIPE "\r\033[K"

void progress_start(struct progress *progress, enum progress_mode mode)
{
	*progress = (struct progress){
		.is_on = mode == PROGRESS_ALWAYS ||
			 (mode == PROGRESS_AUTO && isatty(STDERR_FILENO)),
		.begun_msecs = clock_msecs(),
		.next_msecs = clock_msecs() + PROGRESS_EVERY_MSECS,
	};
}

static void bar_print(double part)
{
	char bar[PROGRESS_BAR_COLUMNS + 1] = { 0 };

	memset(bar, '.', PROGRESS_BAR_COLUMNS);
	memset(bar, '=', (size_t)(part * PROGRESS_BAR_COLUMNS));
	(void)fprintf(stderr, "[%s] %3.0f %%  ", bar, part * 100);
}

static void eta_print(double part, int64_t msecs)
{
	uint64_t secs;

	if (part <= 0)
		return;
	secs = (uint64_t)((double)msecs * (1 - part) / part / 1000 + 0.5);
	(void)fprintf(stderr, "  ETA %" PRIu64 ":%02" PRIu64, secs / 60,
		      secs % 60);
}

void progress_show(struct progress *progress, uint64_t count, uint64_t done,
		   uint64_t total)
{
	double part = total == 0 ? 0 : (double)done / (double)total;
	int64_t msecs = progress_msecs(progress);

	if (!progress->is_on || clock_msecs() < progress->next_msecs)
		return;
	progress->next_msecs = clock_msecs() + PROGRESS_EVERY_MSECS;
	progress->is_shown = true;

	/* A file may grow while it is read. */
	part = part > 1 ? 1 : part;
	(void)fputs(PROGRESS_WIPE, stderr);
	if (total > 0)
		bar_print(part);
	(void)fprintf(stderr, "%" PRIu64 " orders  %.0f/s", count,
		      (double)count * 1000 / (double)(msecs > 0 ? msecs : 1));
	if (total > 0)
		eta_print(part, msecs);
	(void)fflush(stderr);
}

void progress_clear(struct progress *progress)
{
	if (progress->is_shown)
		(void)fputs(PROGRESS_WIPE, stderr);
	progress->is_shown = false;
}

int64_t progress_msecs(const struct progress *progress)
{
	return clock_msecs() - progress->begun_msecs;
}
