#include "config.h"

#include "supervisor/daemon.h"

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/err.h"
#include "lib/log.h"
#include "supervisor/control.h"
#include "supervisor/fleet.h"
#include "supervisor/loop.h"
#include "supervisor/notify.h"
#include "supervisor/reload.h"
#include "supervisor/roster.h"
#include "supervisor/runtime.h"
#include "supervisor/signals.h"
#include "supervisor/status.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sysexits.h>
#include <unistd.h>

#define DAEMON_IDENT "ordermqd"

struct daemon {
	const struct daemon_options *options;
	int64_t started_msecs;
	struct runtime runtime;
	struct loop *loop;
	struct loop_watch signals;
	struct fleet *fleet;
	struct control *control;
	struct notify notify;
	struct reload reload;
	bool reload_again; /* asked for while one was under way */
	char reload_error[sizeof(((struct err *)NULL)->text)];
	bool is_stopping;
};

static void command_status(void *owner, struct control_client *client);
static void command_reload(void *owner, struct control_client *client);
static void command_stop(void *owner, struct control_client *client);

enum { COMMAND_STATUS, COMMAND_RELOAD, COMMAND_STOP, COMMAND_END };

static const struct control_command commands[] = {
	[COMMAND_STATUS] = { "status", false, false, command_status },
	[COMMAND_RELOAD] = { "reload", true, false, command_reload },
	[COMMAND_STOP] = { "stop", true, false, command_stop },
	[COMMAND_END] = { NULL, false, false, NULL },
};

/* ---- reload ---- */

static void log_by(const struct settings *settings)
{
	log_open(DAEMON_IDENT, NULL, (enum log_target)settings->log.to,
		 (int)settings->log.facility, (int)settings->log.level);
}

/* Put the new settings in force, or say why not; then they are not owned. */
static int reload_apply(struct daemon *daemon, const struct settings *settings,
			int settings_fd, char *summary, size_t bytes,
			struct err *err)
{
	struct roster roster;

	if (roster_compare(&daemon->fleet->settings, settings, &roster, err) <
	    0)
		return err_wrap(err, "%s", daemon->options->config);
	if (fleet_apply(daemon->fleet, settings, settings_fd, &roster, err) < 0)
		return -1;
	log_by(settings);
	(void)roster_summary(&roster, summary, bytes);
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

static void reload_end(struct daemon *daemon, const struct err *err,
		       const char *summary)
{
	const char *text = err == NULL ? summary : err->text;
	int code = err == NULL ? 0 : err_exit_status(err);

	memset(daemon->reload_error, 0, sizeof(daemon->reload_error));
	if (err == NULL) {
		log_line(LOG_NOTICE, "reload: %s", summary);
	} else {
		memcpy(daemon->reload_error, err->text, strlen(err->text));
		log_complaint(err->text);
	}
	notify_reloaded(&daemon->notify);
	control_finish(daemon->control, &commands[COMMAND_RELOAD], code, text);
}

static void reload_begin(struct daemon *daemon)
{
	struct err err;

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
		reload_begin(daemon);
	}
}

/* ---- stop ---- */

/* The first time everything drains; from the second on it is killed. */
static void stop(struct daemon *daemon)
{
	if (daemon->is_stopping) {
		log_line(LOG_NOTICE, "asked again: stop without waiting");
		fleet_hurry(daemon->fleet);
		return;
	}
	log_line(LOG_NOTICE, "stopping");
	daemon->is_stopping = true;
	daemon->reload_again = false;
	notify_stopping(&daemon->notify);
	if (reload_is_under_way(&daemon->reload)) {
		reload_close(&daemon->reload);
		control_finish(daemon->control, &commands[COMMAND_RELOAD],
			       EX_TEMPFAIL, "ordermqd is stopping");
	}
	fleet_stop(daemon->fleet);
}

/* ---- what may come ---- */

static void command_status(void *owner, struct control_client *client)
{
	const struct daemon *daemon = owner;
	const struct status_head head = {
		.config = daemon->options->config,
		.started_msecs = daemon->started_msecs,
		.is_stopping = daemon->is_stopping,
		.reload_error = daemon->reload_error,
	};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL) {
		control_result(client, EX_TEMPFAIL, "out of memory");
		return;
	}
	status_write(out, &head, daemon->fleet);
	(void)fclose(out);
	control_answer(client, text, length);
}

static void command_reload(void *owner, struct control_client *client)
{
	struct daemon *daemon = owner;

	if (daemon->is_stopping) {
		control_result(client, EX_TEMPFAIL, "ordermqd is stopping");
	} else if (reload_is_under_way(&daemon->reload)) {
		control_result(client, EX_TEMPFAIL,
			       "another reload is under way, try again");
	} else {
		control_park(client, &commands[COMMAND_RELOAD]);
		reload_begin(daemon);
	}
}

static void command_stop(void *owner, struct control_client *client)
{
	struct daemon *daemon = owner;

	control_park(client, &commands[COMMAND_STOP]);
	if (!daemon->is_stopping)
		stop(daemon);
}

static void hangup(struct daemon *daemon)
{
	if (daemon->is_stopping)
		return;
	/* What is being read may be older than the signal. */
	if (reload_is_under_way(&daemon->reload))
		daemon->reload_again = true;
	else
		reload_begin(daemon);
}

static void signals_ready(void *owner, uint32_t events)
{
	struct daemon *daemon = owner;
	int signal = signals_next(daemon->signals.fd);

	(void)events;
	if (signal == SIGHUP)
		hangup(daemon);
	else if (signal != 0)
		stop(daemon);
}

static int watch_signals(struct daemon *daemon, struct err *err)
{
	daemon->signals =
		(struct loop_watch){ signals_open(err), signals_ready, daemon };
	if (daemon->signals.fd < 0)
		return -1;
	return loop_add(daemon->loop, &daemon->signals, EPOLLIN, err);
}

/* ---- from start to end ---- */

static int open_parts(struct daemon *daemon, const struct settings *settings,
		      struct err *err)
{
	if (loop_open(&daemon->loop, err) < 0 || watch_signals(daemon, err) < 0)
		return -1;
	daemon->fleet = fleet_open(daemon->loop, daemon->runtime.node_id);
	if (daemon->fleet == NULL)
		return err_errno(err, ERR_RETRY, "fleet");
	daemon->reload = (struct reload){
		.loop = daemon->loop,
		.path = daemon->options->config,
		.node = daemon->options->node,
		.done = reload_done,
		.owner = daemon,
	};
	reload_open(&daemon->reload);
	notify_open(&daemon->notify);
	return control_open(daemon->loop, settings->supervisor.control,
			    commands, daemon, &daemon->control, err);
}

static void close_parts(struct daemon *daemon)
{
	control_close(&daemon->control);
	fleet_close(&daemon->fleet);
	if (daemon->loop != NULL)
		loop_drop(daemon->loop, &daemon->signals);
	loop_close(&daemon->loop);
}

static int64_t next_deadline(const struct daemon *daemon)
{
	return clock_earlier(notify_deadline(&daemon->notify),
			     clock_earlier(fleet_deadline(daemon->fleet),
					   control_deadline(daemon->control)));
}

static int turn_until_stopped(struct daemon *daemon, struct err *err)
{
	char status[512];

	while (!daemon->is_stopping || !fleet_is_empty(daemon->fleet)) {
		if (loop_turn(daemon->loop, next_deadline(daemon), err) < 0)
			return -1;
		control_tick(daemon->control, clock_msecs());
		fleet_tick(daemon->fleet, clock_msecs());
		notify_tick(
			&daemon->notify, clock_msecs(),
			fleet_has_tried(daemon->fleet),
			fleet_summary(daemon->fleet, status, sizeof(status)));
	}
	control_finish(daemon->control, &commands[COMMAND_STOP], 0, "stopped");
	return 0;
}

static int run(struct daemon *daemon, const struct settings *settings,
	       int settings_fd, struct err *err)
{
	if (open_parts(daemon, settings, err) < 0 ||
	    fleet_apply(daemon->fleet, settings, settings_fd, NULL, err) < 0) {
		(void)close(settings_fd);
		return -1;
	}
	log_line(LOG_NOTICE, "%s runs as node %s, id %s",
		 daemon->options->config, settings->node,
		 daemon->runtime.node_id);
	if (turn_until_stopped(daemon, err) < 0)
		return -1;
	log_line(LOG_NOTICE, "stopped");
	return 0;
}

static int run_locked(struct daemon *daemon, const struct settings *settings,
		      int settings_fd, struct err *err)
{
	char dir[SETTINGS_TEXT_BYTES];
	int ret;

	if (runtime_open(settings_runtime_dir(settings, dir), &daemon->runtime,
			 err) < 0) {
		(void)close(settings_fd);
		return -1;
	}
	ret = run(daemon, settings, settings_fd, err);
	close_parts(daemon);
	runtime_close(&daemon->runtime);
	return ret;
}

int daemon_load(const struct daemon_options *options,
		struct settings *settings_r, struct err *err)
{
	struct conf_reader reader;

	if (conf_start(options->config, options->node, &reader, err) < 0)
		return -1;
	return conf_finish_groups(&reader, settings_r, err);
}

static int daemon_start(const struct daemon_options *options,
			struct settings *settings)
{
	struct daemon daemon = {
		.options = options,
		.started_msecs = clock_msecs(),
		.signals.fd = -1,
	};
	struct err err;
	int settings_fd = daemon_load(options, settings, &err);

	if (settings_fd < 0) {
		fprintf(stderr, "%s\n", err.text);
		return err_exit_status(&err);
	}
	log_by(settings);
	if (run_locked(&daemon, settings, settings_fd, &err) == 0)
		return EX_OK;
	log_line(LOG_CRIT, "%s", err.text);
	return err_exit_status(&err);
}

int daemon_run(const struct daemon_options *options)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	int status;

	if (settings == NULL)
		return EX_OSERR;
	status = daemon_start(options, settings);
	free(settings);
	return status;
}
