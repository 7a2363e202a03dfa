/* ordermqctl events: prints what has happened to instances and groups, when and
   why. ctl.c calls it; ordermqd/events.c has the events. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/err.h"
#include "supervisor/common/ask.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/common/json_line.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sysexits.h>

#define ANSWER_MSECS 5000
#define FOLLOW_MSECS 300

static const char *text_of_member(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text == NULL ? "?" : text;
}

static void events_print(const struct ctl *ctl, json_t *event)
{
	char shown[1024];

	if (ctl->as_json) {
		json_line_write(stdout, json_incref(event));
		return;
	}
	printf("%s  %-17s %s\n", text_of_member(event, "time"),
	       text_of_member(event, "name"),
	       text_show(text_of(text_of_member(event, "text")), shown,
			 sizeof(shown)));
}

/* Print the events from number *next on, and move it on. When ordermqd was
   started anew, all its events are new. */
static int events_show(const struct ctl *ctl, const char *path, int64_t *next)
{
	char line[64];
	struct err err;
	json_t *answer, *event;
	int64_t after;
	size_t i;

	(void)snprintf(line, sizeof(line), "events %" PRId64 "\n", *next);
	answer = ask(path, line, ANSWER_MSECS, &err);
	if (answer == NULL) {
		ctl_say("%s", err.text);
		return EX_UNAVAILABLE;
	}
	after = json_integer_value(
		json_object_get(json_array_get(answer, 0), "next"));
	if (after < *next) {
		json_decref(answer);
		*next = 0;
		return events_show(ctl, path, next);
	}
	json_array_foreach(answer, i, event)
	{
		if (i > 0)
			events_print(ctl, event);
	}
	json_decref(answer);
	(void)fflush(stdout);
	*next = after;
	return EX_OK;
}

int verb_events(struct ctl *ctl)
{
	bool follow = false;
	const struct ctl_option options[] = {
		{ "follow", 'f', NULL, &follow },
		{ NULL, '\0', NULL, NULL },
	};
	char path[CTL_STATUS_PATH_BYTES];
	int64_t next = 0;
	int status;

	if (ctl_take(ctl, options, 0, 0) < 0)
		return ctl->status;
	(void)ctl_load(ctl);
	ctl_status_path(ctl, path);
	status = events_show(ctl, path, &next);
	/* Follow until interrupted, the output is closed, or ordermqd is
	   gone. */
	while (follow && status == EX_OK && !ferror(stdout)) {
		(void)poll(NULL, 0, FOLLOW_MSECS);
		status = events_show(ctl, path, &next);
	}
	return status;
}
