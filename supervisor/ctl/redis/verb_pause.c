/* ordermqctl pause, resume: lets a group rest, and go on, on every host. ctl.c
   calls it; pause.lua writes, keeper/pause.c reads, and the instances obey with
   their next beat. */

#include "config.h"

#include "supervisor/ctl/verbs.h"

#include "lib/base/arena.h"
#include "lib/stream/keys.h"
#include "lib/redis/redis.h"
#include "lib/settings/settings.h"
#include "lib/base/when.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/common/numbers_json.h"
#include "supervisor/keeper/pause.h"
#include "supervisor/common/json_line.h"
#include "supervisor/ctl/redis/view.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char pause_lua[] =
#include "supervisor/ctl/redis/pause.inc"
	;

struct change {
	struct view view;
	const char *group;
	char key[KEYS_BYTES];
};

/* The user and the host, such as "anna@web1"; behind sudo the user who typed
   it. */
static const char *who(char *buf)
{
	const char *name = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());
	char host[64] = "?";

	if (name == NULL || name[0] == '\0')
		name = user == NULL ? "?" : user->pw_name;
	if (gethostname(host, sizeof(host) - 1) < 0)
		(void)strcpy(host, "?");
	(void)snprintf(buf, PAUSE_WHO_BYTES, "%.60s@%.30s", name, host);
	return buf;
}

/* The group must be configured, or be on the stream for another host. */
static int pause_group_check(struct change *change)
{
	const struct settings_group *group =
		settings_group(change->view.settings, change->group);

	if (group == NULL)
		return view_check_group(&change->view, change->group);
	if (!settings_is_groupless(group))
		return EX_OK;
	ctl_say("%s: it reads without a group, and cannot be paused",
		change->group);
	return EX_DATAERR;
}

static int pause_begin(struct change *change, struct ctl *ctl)
{
	int status;

	change->group = ctl->operands[0];
	status = view_open(&change->view, ctl, -1);
	if (status == EX_OK)
		status = pause_group_check(change);
	(void)keys_of_group(change->view.settings->stream_key, change->group,
			    "paused", change->key);
	return status;
}

static int current_read(struct change *change, struct pause *pause)
{
	arena_reset(change->view.arena);
	return pause_read(change->view.redis, change->view.arena,
			  change->view.settings->stream_key, change->group,
			  pause, &change->view.err);
}

static void pause_say(const struct change *change, bool changed,
		      const struct pause *pause)
{
	char when[WHEN_TEXT_BYTES] = "";

	if (change->view.as_json) {
		json_line_write(stdout, json_pack("{s:s,s:o,s:b,s:o}", "kind",
						  "pause", "group",
						  json_line_text(change->group),
						  "changed", changed, "paused",
						  numbers_pause(pause)));
		return;
	}
	if (pause->msecs > 0 && pause->msecs <= WHEN_MSECS_MAX)
		(void)when_format(pause->msecs, when);
	if (pause->msecs == 0)
		printf("%s: %s\n", change->group,
		       changed ? "resumed" : "is not paused");
	else
		printf("%s: %s since %s by %s: %s\n", change->group,
		       changed ? "paused" : "is paused already", when,
		       pause->who, pause->why);
}

/* Run the command, which answers whether it changed something, and print the
   state after it. */
static int pause_change(struct change *change, const struct text *words,
			size_t count)
{
	const struct reply *reply = view_call(&change->view, words, count);
	struct pause pause;
	bool changed;

	if (reply == NULL)
		return view_failed(&change->view);
	changed = reply_integer(reply, 0) > 0;
	if (current_read(change, &pause) < 0)
		return view_failed(&change->view);
	pause_say(change, changed, &pause);
	return EX_OK;
}

static int pause_group(struct change *change, const char *reason)
{
	char by[PAUSE_WHO_BYTES];
	const struct text words[] = {
		text_of("EVAL"),      text_of(pause_lua), text_of("1"),
		text_of(change->key), text_of(who(by)),   text_of(reason),
	};

	return pause_change(change, words, sizeof(words) / sizeof(words[0]));
}

static int resume_group(struct change *change)
{
	const struct text words[] = { text_of("DEL"), text_of(change->key) };

	return pause_change(change, words, sizeof(words) / sizeof(words[0]));
}

int verb_pause(struct ctl *ctl)
{
	static struct change change;
	const char *reason = NULL;
	const struct ctl_option options[] = {
		{ "reason", 'r', &reason, NULL },
		{ NULL, '\0', NULL, NULL },
	};
	int status;

	if (ctl_take(ctl, options, 1, 1) < 0)
		return ctl->status;
	if (reason == NULL || reason[0] == '\0' ||
	    strlen(reason) >= PAUSE_WHY_BYTES) {
		ctl_say("--reason: say why, in less than %d bytes",
			PAUSE_WHY_BYTES);
		return EX_USAGE;
	}
	status = pause_begin(&change, ctl);
	if (status == EX_OK)
		status = pause_group(&change, reason);
	view_close(&change.view);
	return status;
}

int verb_resume(struct ctl *ctl)
{
	static struct change change;
	int status;

	if (ctl_take(ctl, NULL, 1, 1) < 0)
		return ctl->status;
	status = pause_begin(&change, ctl);
	if (status == EX_OK)
		status = resume_group(&change);
	view_close(&change.view);
	return status;
}
