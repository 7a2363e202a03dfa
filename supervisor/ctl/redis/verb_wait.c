/* ordermqctl wait: waits until all instances are ready, or nothing is left to
   do. ctl.c calls it; ordermqd tells the first, Redis the second. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/clock.h"
#include "lib/base/num.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "supervisor/common/ask.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/keeper/redis_numbers.h"
#include "supervisor/ctl/redis/view.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define TIMEOUT "60s"
#define LOOK_MSECS 100
#define ANSWER_MSECS 5000

struct waiting {
	struct ctl *ctl;
	struct view view;  /* for idle */
	char missing[256]; /* the facts that are waited for */
};

/* Each of these looks once. Returns 1 when it is so; 0 with what is missing; or
   -1 when it is unknown, and missing says why. */

static int is_ready(struct waiting *waiting)
{
	char path[CTL_STATUS_PATH_BYTES];
	struct err err;
	json_t *answer, *object;
	int ready = 1;
	size_t i;

	ctl_status_path(waiting->ctl, path);
	answer = ask(path, "status\n", ANSWER_MSECS, &err);
	if (answer == NULL) {
		(void)snprintf(waiting->missing, sizeof(waiting->missing),
			       "%.200s", err.text);
		return 0;
	}
	json_array_foreach(answer, i, object)
	{
		const char *kind =
			json_string_value(json_object_get(object, "kind"));
		int64_t has =
			json_integer_value(json_object_get(object, "ready"));
		int64_t wants = json_integer_value(
			json_object_get(object, "instances"));
		/* Instances that have finished are not waited for. */
		int64_t finished =
			json_integer_value(json_object_get(object, "finished"));

		if (kind == NULL || strcmp(kind, "group") != 0 ||
		    has + finished >= wants)
			continue;
		ready = 0;
		(void)snprintf(
			waiting->missing, sizeof(waiting->missing),
			"%.64s: %" PRId64 " of %" PRId64 " ready",
			json_string_value(json_object_get(object, "name")), has,
			wants);
	}
	json_decref(answer);
	return ready;
}

/* Ask Redis itself: the keeper's figures may be older than an order that was
   just published. */
static int is_idle(struct waiting *waiting)
{
	struct view *view = &waiting->view;

	for (int64_t i = 0; i < view->settings->group_count; i++) {
		const struct settings_group *group = &view->settings->groups[i];
		struct redis_numbers numbers;

		if (settings_is_groupless(group))
			continue;
		if (redis_numbers_read(view->redis, view->arena, view->settings,
				       group, &numbers, &view->err) < 0) {
			(void)snprintf(waiting->missing,
				       sizeof(waiting->missing), "%.200s",
				       view->err.text);
			return -1;
		}
		if (numbers.lag == 0 && numbers.pending == 0)
			continue;
		(void)snprintf(waiting->missing, sizeof(waiting->missing),
			       "%s: %" PRId64 " not delivered, %" PRId64
			       " pending (-1: unknown)",
			       group->name, numbers.lag, numbers.pending);
		return 0;
	}
	return 1;
}

static int wait_until(struct waiting *waiting,
		      int (*look)(struct waiting *waiting),
		      int64_t timeout_msecs)
{
	int64_t deadline_msecs = clock_msecs() + timeout_msecs;
	int is_so;

	while ((is_so = look(waiting)) == 0 && clock_msecs() < deadline_msecs)
		(void)poll(NULL, 0, LOOK_MSECS);
	if (is_so == 1)
		return EX_OK;
	ctl_say("%s", waiting->missing);
	return is_so == 0 ? EX_TEMPFAIL : EX_UNAVAILABLE;
}

static int wait_idle(struct waiting *waiting, int64_t timeout_msecs)
{
	int status = view_open(&waiting->view, waiting->ctl, -1);

	if (status == EX_OK)
		status = wait_until(waiting, is_idle, timeout_msecs);
	view_close(&waiting->view);
	return status;
}

int verb_wait(struct ctl *ctl)
{
	static struct waiting waiting;
	const char *timeout = TIMEOUT;
	const struct ctl_option options[] = {
		{ "timeout", 't', &timeout, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	int64_t msecs;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	waiting.ctl = ctl;
	if (num_parse_duration(timeout, &msecs) < 0) {
		ctl_say("--timeout %s: expected a duration such as 30s",
			timeout);
		return EX_USAGE;
	}
	if (strcmp(ctl->operands[0], "idle") == 0)
		return wait_idle(&waiting, msecs);
	if (strcmp(ctl->operands[0], "ready") != 0)
		return ctl_usage(ctl);
	(void)ctl_load(ctl);
	return wait_until(&waiting, is_ready, msecs);
}
