/* One line in the manner of Nagios. doctor/verb_doctor.c takes the options;
   overview.c brings the state; check_findings.c judges the findings in it. */

#include "config.h"

#include "supervisor/ctl/check.h"

#include "lib/settings/settings.h"
#include "supervisor/ctl/check_state.h"
#include "supervisor/ctl/overview.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

static int64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void behind_add(struct check *check, const char *name, int64_t secs)
{
	if (secs >= check->limits->crit_msecs / 1000)
		check_raise(check, CHECK_CRITICAL);
	else if (secs >= check->limits->warn_msecs / 1000)
		check_raise(check, CHECK_WARNING);
	check_say(check, "%s %" PRId64 " s behind", name, secs);
	check_measure(check, "%s=%" PRId64 "s;%" PRId64 ";%" PRId64 ";0", name,
		      secs, check->limits->warn_msecs / 1000,
		      check->limits->crit_msecs / 1000);
}

/* The age is not known; the number of entries may be. */
static void unknown_add(struct check *check, const char *name, int64_t lag)
{
	check_raise(check, CHECK_UNKNOWN);
	if (lag >= 0)
		check_say(check,
			  "%s behind for nobody knows how long, by %" PRId64
			  " entries",
			  name, lag);
	else
		check_say(check, "%s behind by nobody knows how much", name);
}

static void keeper_check(struct check *check, const json_t *object)
{
	const char *state = json_string_value(json_object_get(object, "state"));

	if (state != NULL && strcmp(state, "ready") == 0)
		return;
	check_raise(check, CHECK_WARNING);
	check_say(check, "the keeper is not ready");
}

/* Check the lag of one group; a program without a group has none. */
static void check_group(struct check *check, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *program =
		json_string_value(json_object_get(object, "program"));
	int64_t lag = number(object, "lag_seconds");
	int64_t oldest = number(object, "oldest_pending_seconds");
	int64_t wanted = number(object, "instances");
	int64_t ready = number(object, "ready");
	int64_t finished = number(object, "finished");

	if (name == NULL)
		return;
	if (program == NULL || strcmp(program, "xread") != 0) {
		if (lag < 0 || (oldest < 0 && number(object, "pending") != 0))
			unknown_add(check, name, number(object, "lag"));
		else
			behind_add(check, name, oldest > lag ? oldest : lag);
	}
	if (finished > 0)
		wanted -= finished;
	if (ready >= 0 && ready < wanted) {
		check_raise(check, CHECK_WARNING);
		check_say(check,
			  "%" PRId64 " of %" PRId64 " instances of %s ready",
			  ready, wanted, name);
	}
}

static void overview_check(struct check *check, const struct overview *overview)
{
	const json_t *object;
	size_t i;

	if (!overview->has_redis) {
		check->state = CHECK_UNKNOWN;
		check_say(check, "%s", overview->redis_err.text);
		return;
	}
	check_findings(check, overview->objects);
	json_array_foreach(overview->objects, i, object)
	{
		const char *kind =
			json_string_value(json_object_get(object, "kind"));

		if (kind != NULL && strcmp(kind, "group") == 0)
			check_group(check, object);
		if (kind != NULL && strcmp(kind, "keeper") == 0)
			keeper_check(check, object);
	}
	if (!overview->has_supervisor) {
		check_raise(check, CHECK_CRITICAL);
		check_say(check, "%s", overview->supervisor_err.text);
	}
}

int check_run(const struct settings *settings, const char *status_path,
	      const struct check_limits *limits)
{
	struct check check = { .limits = limits };
	struct overview overview;

	overview_open(&overview, status_path, settings, NULL);
	overview_check(&check, &overview);
	overview_close(&overview);
	/* A bar would begin the performance data. */
	for (char *bar = check.text; (bar = strchr(bar, '|')) != NULL;)
		*bar = '/';
	printf("ORDERMQ %s: %s%s%s\n", names[check.state], check.text,
	       check.numbers[0] == '\0' ? "" : " | ", check.numbers);
	return (int)check.state;
}
