/* ordermqctl status: prints what runs and how far behind it is; and top, which
   shows that again and again. ctl.c calls it; overview.c looks, table.c and
   screen.c show. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/overview.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/screen.h"
#include "supervisor/ctl/table.h"
#include "supervisor/ctl/terminal.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define INTERVAL "1s"
#define INTERVAL_LEAST_MSECS 100

struct look {
	struct ctl *ctl;
	const char *group; /* NULL: all */
	char path[CTL_STATUS_PATH_BYTES];
	int64_t interval_msecs;
	int64_t count; /* looks that are left; 0: no limit */
};

static void look_take(const struct look *look, struct overview *overview)
{
	const struct ctl *ctl = look->ctl;

	overview_open(overview, look->path,
		      ctl->has_settings ? &ctl->settings : NULL, look->group);
}

/* Prepare what every look needs. Returns EX_OK, or the exit status after it
   said what is wrong. */
static int look_prepare(struct look *look, struct ctl *ctl)
{
	look->ctl = ctl;
	look->group = ctl->operands[0];
	(void)ctl_load(ctl);
	if (look->group != NULL && ctl->has_settings &&
	    settings_group(&ctl->settings, look->group) == NULL) {
		ctl_say("%s: no such group", look->group);
		return EX_USAGE;
	}
	ctl_status_path(ctl, look->path);
	return EX_OK;
}

static void status_print(const struct ctl *ctl, const struct overview *overview)
{
	json_t *object;
	size_t i;

	if (!ctl->as_json) {
		table_print(stdout, overview->objects);
		return;
	}
	json_array_foreach(overview->objects, i, object)
		json_line_write(stdout, json_incref(object));
}

/* Look once, and print it. */
static int look_print(const struct look *look)
{
	struct overview overview;
	int status = EX_OK;

	look_take(look, &overview);
	status_print(look->ctl, &overview);
	(void)fflush(stdout);
	if (!overview.has_supervisor)
		ctl_say("%s", overview.supervisor_err.text);
	if (!overview.has_redis)
		ctl_say("%s", overview.redis_err.text);
	if (!overview.has_supervisor || !overview.has_redis)
		status = EX_UNAVAILABLE;
	overview_close(&overview);
	return status;
}

int verb_status(struct ctl *ctl)
{
	struct look look = { .ctl = ctl };
	int status;

	if (ctl_take(ctl, NULL, 0, 1) < 0)
		return ctl->status;
	status = look_prepare(&look, ctl);
	return status == EX_OK ? look_print(&look) : status;
}

/* top into a file or a pipe: one look below the other. */
static int top_plain(struct look *look)
{
	int status = EX_OK;

	for (;;) {
		status = look_print(look);
		if (ferror(stdout) || look->count == 1)
			return status;
		if (look->count > 0)
			look->count--;
		if (!look->ctl->as_json)
			putchar('\n');
		(void)poll(NULL, 0, (int)look->interval_msecs);
	}
}

/* Obey keys until it is time to look again. Returns 1 to go on, 0 to end, or -1
   when the terminal is gone. */
static int top_wait(const struct look *look, struct screen *screen,
		    const struct overview *overview)
{
	int64_t deadline_msecs = clock_msecs() + look->interval_msecs;

	do {
		int key;

		if (screen_draw(screen, overview) < 0)
			return -1;
		key = terminal_key(deadline_msecs);
		if (key < 0 || key == 'q' || key == 'Q')
			return 0;
		if (key == ' ')
			return 1;
		screen_key(screen, key);
	} while (clock_msecs() < deadline_msecs);
	return 1;
}

static int top_on_terminal(struct look *look)
{
	struct screen screen = { .order = SCREEN_NAME };
	struct err err;
	int goes_on;

	if (terminal_open(&err) < 0) {
		ctl_say("%s", err.text);
		return EX_UNAVAILABLE;
	}
	do {
		struct overview overview;

		look_take(look, &overview);
		goes_on = top_wait(look, &screen, &overview);
		overview_close(&overview);
	} while (goes_on == 1 && --look->count != 0);
	terminal_close();
	return goes_on < 0 ? EX_IOERR : EX_OK;
}

int verb_top(struct ctl *ctl)
{
	const char *interval = INTERVAL, *count = "0";
	const struct ctl_option options[] = {
		{ "interval", 'i', &interval, NULL },
		{ "count", 'n', &count, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	struct look look = { .ctl = ctl };
	int status;

	if (ctl_take(ctl, options, 0, 1) < 0)
		return ctl->status;
	if (num_parse_duration(interval, &look.interval_msecs) < 0 ||
	    look.interval_msecs < INTERVAL_LEAST_MSECS ||
	    look.interval_msecs > INT32_MAX) {
		ctl_say("--interval %s: expected a duration of at least 100ms",
			interval);
		return EX_USAGE;
	}
	if (num_parse(count, strlen(count), &look.count) < 0 ||
	    look.count < 0) {
		ctl_say("--count %s: expected a number of looks", count);
		return EX_USAGE;
	}
	status = look_prepare(&look, ctl);
	if (status != EX_OK)
		return status;
	return ctl->as_json || !terminal_is_there() ? top_plain(&look)
						    : top_on_terminal(&look);
}
