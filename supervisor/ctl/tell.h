#ifndef OMQ_TELL_H
#define OMQ_TELL_H

#include <stdint.h>

struct ctl;

/* Let ordermqd obey a line, and print what it says. Returns its exit status, or
   EX_UNAVAILABLE when it does not answer within timeout_msecs. */
int tell(struct ctl *ctl, const char *line, int64_t timeout_msecs);

#endif
