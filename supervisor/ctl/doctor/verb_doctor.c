/* ordermqctl doctor and check: is all as it should be? Their exit statuses are
   those that monitors know, not those of the other verbs. ctl.c calls it;
   doctor.c and ../check.c look. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/num.h"
#include "supervisor/ctl/check.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/doctor/doctor.h"

#include <stdio.h>
#include <sysexits.h>

#define WARN_LAG_MSECS 30000
#define CRIT_LAG_MSECS 300000

int verb_doctor(struct ctl *ctl)
{
	if (ctl_take(ctl, NULL, 0, 0) < 0)
		return ctl->status;
	return ctl_load(ctl) < 0 ? DOCTOR_EXIT_SILENT
				 : doctor_run(&ctl->settings, ctl->as_json);
}

static int lag_take(const char *option, const char *text, int64_t *msecs_r)
{
	if (text == NULL || num_parse_duration(text, msecs_r) == 0)
		return 0;
	ctl_say("%s %s: expected a time such as 30s", option, text);
	return -1;
}

int verb_check(struct ctl *ctl)
{
	struct check_limits limits = { .warn_msecs = WARN_LAG_MSECS,
				       .crit_msecs = CRIT_LAG_MSECS };
	char path[CTL_STATUS_PATH_BYTES];
	const char *warn = NULL, *crit = NULL;
	const struct ctl_option options[] = {
		{ "warn-lag", '\0', &warn, NULL },
		{ "crit-lag", '\0', &crit, NULL },
		{ NULL, '\0', NULL, NULL },
	};

	if (ctl_take(ctl, options, 0, 0) < 0)
		return ctl->status;
	if (lag_take("--warn-lag", warn, &limits.warn_msecs) < 0 ||
	    lag_take("--crit-lag", crit, &limits.crit_msecs) < 0)
		return ctl_usage(ctl);
	if (ctl_load(ctl) < 0) {
		puts("ORDERMQ UNKNOWN: the configuration cannot be read");
		return DOCTOR_EXIT_SILENT;
	}
	ctl_status_path(ctl, path);
	return check_run(&ctl->settings, path, &limits);
}
