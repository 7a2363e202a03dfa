#ifndef OMQ_FINDING_PROCESS_H
#define OMQ_FINDING_PROCESS_H

#include "supervisor/common/finding.h"

struct fleet;

/* Append the findings about our own processes: instances that cannot work, that
   are held, a keeper that tells nothing. */
void finding_process_make(const struct fleet *fleet, struct findings *findings);

#endif
