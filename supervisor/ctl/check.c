/* One line in the manner of Nagios. doctor/verb_doctor.c takes the options;
   overview.c brings the state. */

#include "config.h"

#include "supervisor/ctl/check.h"

#include "lib/settings/settings.h"
#include "supervisor/ctl/overview.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 4096

enum check_state {
	CHECK_OK,
	CHECK_WARNING,
	CHECK_CRITICAL,
	CHECK_UNKNOWN,
};

static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

struct check {
	const struct check_limits *limits;
	enum check_state state;
	char text[LINE_BYTES];
	char numbers[LINE_BYTES];
};

static void text_add(struct check *check, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void text_add(struct check *check, const char *fmt, ...)
{
	size_t used = strlen(check->text);
	va_list args;

	if (used > 0)
		used += (size_t)snprintf(check->text + used, LINE_BYTES - used,
					 ", ");
	if (used >= LINE_BYTES)
		return;
	va_start(args, fmt);
	(void)vsnprintf(check->text + used, LINE_BYTES - used, fmt, args);
	va_end(args);
}

/* Raise the state. A state that is known to be bad counts more than an unknown
   one. */
static void state_raise(struct check *check, enum check_state state)
{
	static const int ranks[] = { [CHECK_OK] = 0,
				     [CHECK_UNKNOWN] = 1,
				     [CHECK_WARNING] = 2,
				     [CHECK_CRITICAL] = 3 };

	if (ranks[state] > ranks[check->state])
		check->state = state;
}

static int64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

static void behind_add(struct check *check, const char *name, int64_t secs)
{
	size_t used = strlen(check->numbers);

	if (secs >= check->limits->crit_msecs / 1000)
		state_raise(check, CHECK_CRITICAL);
	else if (secs >= check->limits->warn_msecs / 1000)
		state_raise(check, CHECK_WARNING);
	text_add(check, "%s %" PRId64 " s behind", name, secs);
	(void)snprintf(check->numbers + used, LINE_BYTES - used,
		       " %s=%" PRId64 "s;%" PRId64 ";%" PRId64 ";0", name, secs,
		       check->limits->warn_msecs / 1000,
		       check->limits->crit_msecs / 1000);
}

static void keeper_check(struct check *check, const json_t *object)
{
	const char *state = json_string_value(json_object_get(object, "state"));

	if (state != NULL && strcmp(state, "ready") == 0)
		return;
	state_raise(check, CHECK_WARNING);
	text_add(check, "the keeper is not ready");
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
		if (lag < 0) {
			state_raise(check, CHECK_UNKNOWN);
			text_add(check, "%s: unknown how far behind", name);
		} else {
			behind_add(check, name, oldest > lag ? oldest : lag);
		}
	}
	if (finished > 0)
		wanted -= finished;
	if (ready >= 0 && ready < wanted) {
		state_raise(check, CHECK_WARNING);
		text_add(check,
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
		text_add(check, "%s", overview->redis_err.text);
		return;
	}
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
		state_raise(check, CHECK_CRITICAL);
		text_add(check, "%s", overview->supervisor_err.text);
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
	printf("ORDERMQ %s: %s%s%s\n", names[check.state], check.text,
	       check.numbers[0] == '\0' ? "" : " |", check.numbers);
	return (int)check.state;
}
