/* ordermqctl doctor and check: is all as it should be? Their exit statuses are
   those that monitors know, not those of the other verbs. ctl.c calls it;
   doctor.c and ../check.c look. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/num.h"
#include "supervisor/common/finding_kind.h"
#include "supervisor/ctl/check.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/doctor/doctor.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define WARN_LAG_MSECS 30000
#define CRIT_LAG_MSECS 300000

int verb_doctor(struct ctl *ctl)
{
	char path[CTL_STATUS_PATH_BYTES];

	if (ctl_take(ctl, NULL, 0, 0) < 0)
		return ctl->status;
	if (ctl_load(ctl) < 0)
		return DOCTOR_EXIT_SILENT;
	ctl_status_path(ctl, path);
	return doctor_run(&ctl->settings, path, ctl->as_json);
}

static int lag_take(const char *option, const char *text, int64_t *msecs_r)
{
	if (text == NULL || num_parse_duration(text, msecs_r) == 0)
		return 0;
	ctl_say("%s %s: expected a time such as 30s", option, text);
	return -1;
}

static int count_take(const char *option, const char *text, int64_t *count_r)
{
	if (text == NULL || num_parse(text, strlen(text), count_r) == 0)
		return 0;
	ctl_say("%s %s: expected a number of entries", option, text);
	return -1;
}

/* "paused,redis-not-durable" */
static int ignored_take(const char *text, uint64_t *ignored_r)
{
	char word[64];

	while (text != NULL && *text != '\0') {
		size_t length = strcspn(text, ",");
		int id;

		(void)snprintf(word, sizeof(word), "%.*s", (int)length, text);
		id = finding_id_of(word);
		if (id < 0) {
			ctl_say("--ignore %s: no such finding", word);
			return -1;
		}
		*ignored_r |= UINT64_C(1) << id;
		text += length + (text[length] == ',');
	}
	return 0;
}

static int limits_take(struct ctl *ctl, struct check_limits *limits)
{
	const char *warn = NULL, *crit = NULL, *ignore = NULL;
	const char *warn_dead = NULL, *crit_dead = NULL;
	const struct ctl_option options[] = {
		{ "warn-lag", '\0', &warn, NULL },
		{ "crit-lag", '\0', &crit, NULL },
		{ "warn-dead", '\0', &warn_dead, NULL },
		{ "crit-dead", '\0', &crit_dead, NULL },
		{ "ignore", '\0', &ignore, NULL },
		{ NULL, '\0', NULL, NULL },
	};

	if (ctl_take(ctl, options, 0, 0) < 0)
		return -1;
	if (lag_take("--warn-lag", warn, &limits->warn_msecs) == 0 &&
	    lag_take("--crit-lag", crit, &limits->crit_msecs) == 0 &&
	    count_take("--warn-dead", warn_dead, &limits->warn_dead) == 0 &&
	    count_take("--crit-dead", crit_dead, &limits->crit_dead) == 0 &&
	    ignored_take(ignore, &limits->ignored) == 0)
		return 0;
	ctl->status = ctl_usage(ctl);
	return -1;
}

int verb_check(struct ctl *ctl)
{
	struct check_limits limits = {
		.warn_msecs = WARN_LAG_MSECS,
		.crit_msecs = CRIT_LAG_MSECS,
		.warn_dead = -1,
		.crit_dead = -1,
	};
	char path[CTL_STATUS_PATH_BYTES];

	if (limits_take(ctl, &limits) < 0)
		return ctl->status;
	if (ctl_load(ctl) < 0) {
		puts("ORDERMQ UNKNOWN: the configuration cannot be read");
		return DOCTOR_EXIT_SILENT;
	}
	ctl_status_path(ctl, path);
	return check_run(&ctl->settings, path, &limits);
}
