#ifndef OMQ_CHECK_H
#define OMQ_CHECK_H

#include "supervisor/ctl/check_state.h"

struct settings;

/* One line for a monitor, as Nagios plugins print it: each finding; how far
   each group is behind, judged by the older of its first undelivered and its
   first pending entry; whether ordermqd answers, and whether its instances are
   ready. */

/* status_path: the socket of ordermqd to look at. Prints the line on stdout and
   returns 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN: Redis does not
   answer). */
int check_run(const struct settings *settings, const char *status_path,
	      const struct check_limits *limits);

#endif
