/* ordermqd from its first settings to its end: opens its parts, turns the
   loop, answers commands, stops. ordermqd.c comes before; fleet.c starts and
   stops the instances. */

#include "config.h"

#include "supervisor/ordermqd/daemon.h"

#include "lib/base/clock.h"
#include "lib/settings/conf.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "supervisor/ordermqd/daemon_state.h"
#include "supervisor/ordermqd/fleet.h"
#include "supervisor/ordermqd/loop.h"
#include "supervisor/common/signals.h"
#include "supervisor/ordermqd/status.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sysexits.h>
#include <unistd.h>

static void command_status(void *owner, struct control_client *client);
static void command_stop(void *owner, struct control_client *client);
static void command_steer(void *owner, struct control_client *client);

enum { COMMAND_STATUS, COMMAND_RELOAD, COMMAND_STOP };

static const struct control_command commands[] = {
	[COMMAND_STATUS] = { "status", false, false, command_status },
	[COMMAND_RELOAD] = { "reload", true, true, daemon_command_reload },
	[COMMAND_STOP] = { "stop", true, false, command_stop },
	{ "scale", true, true, command_steer },
	{ "restart", true, true, command_steer },
	{ "hold", true, true, command_steer },
	{ "unhold", true, true, command_steer },
	{ "reset-failed", true, true, command_steer },
	{ "log-level", true, true, command_steer },
	{ "events", false, true, command_steer },
	{ NULL, false, false, NULL },
};

/* ---- stop ---- */

/* The first request lets all instances drain; a second one kills those that
   still drain. */
static void daemon_stop(struct daemon *daemon)
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
	daemon_reload_stop(daemon);
	steer_restart_abort(&daemon->steer.restarts, "ordermqd is stopping");
	fleet_stop(daemon->fleet);
}

/* ---- what may come ---- */

static void command_status(void *owner, struct control_client *client)
{
	const struct daemon *daemon = owner;
	const struct status_head head = {
		.config = daemon->config,
		.started_msecs = daemon->started_msecs,
		.is_stopping = daemon->is_stopping,
		.reload_error = daemon->reload_error,
		.findings = alarms_findings(daemon->alarms),
	};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL) {
		control_result(client, EX_TEMPFAIL, "out of memory");
		return;
	}
	if (!daemon->is_stopping)
		alarms_look(daemon->alarms, clock_msecs());
	status_write(out, &head, daemon->fleet);
	(void)fclose(out);
	control_answer(client, text, length);
}

static void command_stop(void *owner, struct control_client *client)
{
	struct daemon *daemon = owner;

	control_park(client, &commands[COMMAND_STOP]);
	if (!daemon->is_stopping)
		daemon_stop(daemon);
}

static void command_steer(void *owner, struct control_client *client)
{
	struct daemon *daemon = owner;

	if (daemon->is_stopping && strcmp(control_word(client), "events") != 0)
		control_result(client, EX_TEMPFAIL, "ordermqd is stopping");
	else
		steer_obey(&daemon->steer, client);
}

static void signals_ready(void *owner, uint32_t events)
{
	struct daemon *daemon = owner;
	int signal = signals_next(daemon->signals.fd);

	(void)events;
	if (signal == SIGHUP)
		daemon_hangup(daemon);
	else if (signal != 0)
		daemon_stop(daemon);
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
	daemon->alarms = alarms_open(daemon->fleet);
	if (daemon->alarms == NULL)
		return err_errno(err, ERR_RETRY, "alarms");
	daemon_reload_open(daemon);
	notify_open(&daemon->notify);
	if (control_open(daemon->loop, settings->supervisor.control, commands,
			 daemon, &daemon->control, err) < 0)
		return -1;
	daemon->upkeep = (struct upkeep){ .fleet = daemon->fleet };
	daemon->steer = (struct steer){
		.fleet = daemon->fleet,
		.restarts = { .fleet = daemon->fleet,
			      .control = daemon->control },
	};
	return 0;
}

static void close_parts(struct daemon *daemon)
{
	control_close(&daemon->control);
	alarms_close(&daemon->alarms);
	fleet_close(&daemon->fleet);
	if (daemon->loop != NULL)
		loop_drop(daemon->loop, &daemon->signals);
	loop_close(&daemon->loop);
}

static int64_t next_deadline(const struct daemon *daemon)
{
	int64_t deadline = clock_earlier(fleet_deadline(daemon->fleet),
					 upkeep_deadline(&daemon->upkeep));

	deadline = clock_earlier(deadline, control_deadline(daemon->control));
	if (!daemon->is_stopping)
		deadline = clock_earlier(deadline,
					 alarms_deadline(daemon->alarms));
	return clock_earlier(deadline, notify_deadline(&daemon->notify));
}

static int turn_until_stopped(struct daemon *daemon, struct err *err)
{
	while (!daemon->is_stopping || !fleet_is_empty(daemon->fleet)) {
		if (loop_turn(daemon->loop, next_deadline(daemon), err) < 0)
			return -1;
		control_tick(daemon->control, clock_msecs());
		steer_restart_tick(&daemon->steer.restarts);
		fleet_tick(daemon->fleet, clock_msecs());
		upkeep_tick(&daemon->upkeep, clock_msecs());
		if (!daemon->is_stopping)
			alarms_tick(daemon->alarms, clock_msecs());
		notify_tick(&daemon->notify, clock_msecs(),
			    fleet_has_tried(daemon->fleet),
			    alarms_summary(daemon->alarms));
	}
	control_finish(daemon->control, &commands[COMMAND_STOP], 0, "stopped");
	return 0;
}

static int daemon_work(struct daemon *daemon, const struct settings *settings,
		       int settings_fd, struct err *err)
{
	if (open_parts(daemon, settings, err) < 0 ||
	    fleet_apply(daemon->fleet, settings, settings_fd, NULL, err) < 0) {
		(void)close(settings_fd);
		return -1;
	}
	log_line(LOG_NOTICE, "%s runs as node %s, id %s", daemon->config,
		 settings->node, daemon->runtime.node_id);
	if (turn_until_stopped(daemon, err) < 0)
		return -1;
	log_line(LOG_NOTICE, "stopped");
	return 0;
}

static int daemon_work_locked(struct daemon *daemon,
			      const struct settings *settings, int settings_fd,
			      struct err *err)
{
	char dir[SETTINGS_TEXT_BYTES];
	int ret;

	if (runtime_open(settings_runtime_dir(settings, dir), &daemon->runtime,
			 err) < 0) {
		(void)close(settings_fd);
		return -1;
	}
	ret = daemon_work(daemon, settings, settings_fd, err);
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
		.config = options->config,
		.node = options->node,
		.started_msecs = clock_msecs(),
		.signals.fd = -1,
	};
	struct err err;
	int settings_fd = daemon_load(options, settings, &err);

	if (settings_fd < 0) {
		fprintf(stderr, "%s\n", err.text);
		return err_exit_status(&err);
	}
	daemon_log_by(settings);
	if (daemon_work_locked(&daemon, settings, settings_fd, &err) == 0)
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
