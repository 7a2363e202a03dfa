/* A reload from the signal or the command to its answer. reload.c reads the
   configuration, roster.c compares, fleet.c puts it in force; daemon.c is
   the rest of the daemon. */

#include "config.h"

#include "supervisor/ordermqd/daemon_state.h"

#include "lib/base/log.h"
#include "lib/settings/settings.h"
#include "supervisor/ordermqd/events.h"
#include "supervisor/ordermqd/fleet.h"
#include "supervisor/ordermqd/roster.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define DAEMON_IDENT "ordermqd"

void daemon_log_by(const struct settings *settings)
{
	log_open(DAEMON_IDENT, NULL, (enum log_target)settings->log.to,
		 (int)settings->log.facility, (int)settings->log.level);
}

/* Put the new settings in force. On failure settings_fd still belongs to the
   caller. */
static int reload_apply(struct daemon *daemon, const struct settings *settings,
			int settings_fd, char *summary, size_t bytes,
			struct err *err)
{
	struct roster roster;

	if (roster_compare(&daemon->fleet->settings, settings, &roster, err) <
	    0)
		return err_wrap(err, "%s", daemon->config);
	fleet_note_scaled(daemon->fleet, settings, &roster);
	(void)roster_summary(&roster, summary, bytes);
	if (daemon->reload_is_dry) {
		(void)close(settings_fd);
		return 0;
	}
	steer_restart_abort(&daemon->steer.restarts,
			    "a reload came in between");
	if (fleet_apply(daemon->fleet, settings, settings_fd, &roster, err) < 0)
		return -1;
	daemon_log_by(settings);
	return 0;
}

/* One log line for each line of a complaint. */
static void log_complaint(const char *text)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		log_line(LOG_ERR, "reload: nothing changes: %.*s", (int)length,
			 text);
		text += length + (text[length] == '\n');
	}
}

static void reload_end_dry(struct daemon *daemon, const struct err *err,
			   const char *summary)
{
	char text[560];

	daemon->reload_is_dry = false;
	(void)snprintf(text, sizeof(text), "a reload would change: %s",
		       err == NULL ? summary : "");
	control_finish(daemon->control, &daemon->reload,
		       err == NULL ? 0 : err_exit_status(err),
		       err == NULL ? text : err->text);
}

static void reload_end(struct daemon *daemon, const struct err *err,
		       const char *summary)
{
	const char *text = err == NULL ? summary : err->text;
	int code = err == NULL ? 0 : err_exit_status(err);

	if (daemon->reload_is_dry) {
		reload_end_dry(daemon, err, summary);
		return;
	}
	memset(daemon->reload_error, 0, sizeof(daemon->reload_error));
	if (err == NULL) {
		log_line(LOG_NOTICE, "reload: %s", summary);
		events_add(daemon->fleet->events, "ordermqd", "reload: %s",
			   summary);
	} else {
		memcpy(daemon->reload_error, err->text, strlen(err->text));
		log_complaint(err->text);
		events_add(daemon->fleet->events, "ordermqd",
			   "reload: nothing changes: %s", err->text);
	}
	notify_reloaded(&daemon->notify);
	control_finish(daemon->control, &daemon->reload, code, text);
}

static void reload_begin(struct daemon *daemon, bool is_dry)
{
	struct err err;

	daemon->reload_is_dry = is_dry;
	if (!is_dry)
		notify_reloading();
	if (reload_start(&daemon->reload, &err) < 0)
		reload_end(daemon, &err, NULL);
}

static void reload_done(void *owner, const struct settings *settings,
			int settings_fd, const struct err *reader_err)
{
	struct daemon *daemon = owner;
	char summary[512];
	struct err err;

	if (settings_fd < 0) {
		reload_end(daemon, reader_err, NULL);
	} else if (reload_apply(daemon, settings, settings_fd, summary,
				sizeof(summary), &err) < 0) {
		(void)close(settings_fd);
		reload_end(daemon, &err, NULL);
	} else {
		reload_end(daemon, NULL, summary);
	}
	if (daemon->reload_again) {
		daemon->reload_again = false;
		reload_begin(daemon, false);
	}
}

void daemon_reload_open(struct daemon *daemon)
{
	daemon->reload = (struct reload){
		.loop = daemon->loop,
		.path = daemon->config,
		.node = daemon->node,
		.done = reload_done,
		.owner = daemon,
	};
	reload_open(&daemon->reload);
}

void daemon_reload_stop(struct daemon *daemon)
{
	daemon->reload_again = false;
	if (!reload_is_under_way(&daemon->reload))
		return;
	reload_close(&daemon->reload);
	control_finish(daemon->control, &daemon->reload, EX_TEMPFAIL,
		       "ordermqd is stopping");
}

void daemon_hangup(struct daemon *daemon)
{
	if (daemon->is_stopping)
		return;
	/* The read that is under way may have begun before the file was
	   changed: read once more after it. */
	if (reload_is_under_way(&daemon->reload))
		daemon->reload_again = true;
	else
		reload_begin(daemon, false);
}

void daemon_command_reload(void *owner, struct control_client *client)
{
	struct daemon *daemon = owner;
	bool is_dry = strcmp(control_args(client), "--dry-run") == 0;

	if (control_args(client)[0] != '\0' && !is_dry) {
		control_result(client, EX_USAGE, "reload [--dry-run]");
	} else if (daemon->is_stopping) {
		control_result(client, EX_TEMPFAIL, "ordermqd is stopping");
	} else if (reload_is_under_way(&daemon->reload)) {
		control_result(client, EX_TEMPFAIL,
			       "another reload is under way, try again");
	} else {
		control_park(client, &daemon->reload);
		reload_begin(daemon, is_dry);
	}
}
