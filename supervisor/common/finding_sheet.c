/* How the keeper's findings get to ordermqd: behind its figures (figures.c).
   The keeper has made them; ordermqd puts its own beside them. */
#include "config.h"

#include "supervisor/common/finding_sheet.h"

#include "lib/base/clock.h"
#include "lib/process/board.h"
#include "supervisor/common/figures.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* At most this number of times a writer may come in between. */
#define LOOKS_MAX 3

#define SHEET_OFFSET ((off_t)(sizeof(struct board) + sizeof(struct figures)))

/* FNV-1a. */
static uint64_t hash_on(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	return hash;
}

/* Places of the list that are not used do not count. The words do: a keeper of
   another release may have other ids. */
static uint64_t check_of(const struct finding_sheet *sheet)
{
	const size_t from = offsetof(struct finding_sheet, msecs);
	const size_t end =
		offsetof(struct finding_sheet, findings.list) +
		(size_t)sheet->findings.count * sizeof(sheet->findings.list[0]);
	uint64_t hash = UINT64_C(14695981039346656037);

	for (int i = 0; i < FINDING_ID_COUNT; i++)
		hash = hash_on(hash, finding_kind(i)->word,
			       strlen(finding_kind(i)->word) + 1);
	return hash_on(hash, (const char *)sheet + from, end - from);
}

void finding_sheet_write(int fd, const struct findings *findings)
{
	struct finding_sheet sheet = {
		.msecs = clock_msecs(),
		.findings = *findings,
	};

	sheet.check = check_of(&sheet);
	/* A failure leaves the old findings there, which grow too old. */
	if (pwrite(fd, &sheet, sizeof(sheet), SHEET_OFFSET) < 0)
		return;
}

static bool is_whole(const struct finding_sheet *sheet)
{
	return sheet->findings.count >= 0 &&
	       sheet->findings.count <= FINDINGS_MAX &&
	       sheet->check == check_of(sheet) &&
	       findings_are_sound(&sheet->findings);
}

int finding_sheet_read(int fd, int64_t now_msecs, struct findings *findings_r)
{
	struct finding_sheet sheet;

	for (int i = 0; i < LOOKS_MAX; i++) {
		if (pread(fd, &sheet, sizeof(sheet), SHEET_OFFSET) !=
		    (ssize_t)sizeof(sheet))
			return -1;
		if (!is_whole(&sheet))
			continue;
		if (sheet.msecs < 0 || sheet.msecs > now_msecs ||
		    now_msecs - sheet.msecs > FIGURES_STALE_MSECS)
			return -1;
		*findings_r = sheet.findings;
		return 0;
	}
	return -1;
}
