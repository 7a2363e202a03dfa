#ifndef OMQ_FINDING_SHEET_H
#define OMQ_FINDING_SHEET_H

#include "supervisor/common/finding.h"

/* The findings of the keeper, for ordermqd. They lie behind the figures in the
   keeper's board file, and are written and read as these are: see figures.h. */
struct finding_sheet {
	uint64_t check; /* of all that follows */
	int64_t msecs;  /* when, by clock_msecs() */
	struct findings findings;
};

/* Write them to the board file behind fd; findings of which the keeper knows
   nothing now are not written, and the ones before grow old. */
void finding_sheet_write(int fd, const struct findings *findings);

/* Read them. Returns 0; or -1: there are none, or not of now. */
int finding_sheet_read(int fd, int64_t now_msecs, struct findings *findings_r);

#endif
