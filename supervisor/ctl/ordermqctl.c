/* ordermqctl's main(), and the table of its verbs, which is their help too.
   ctl.c finds the verb and runs it. */

#include "config.h"

#include "lib/settings/settings.h"
#include "supervisor/ctl/ctl.h"
#include "supervisor/ctl/verbs.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define CTL_CONFIG SYSCONFDIR "/ordermq/ordermq.conf"
/* A reload takes milliseconds; the reader of the configuration gives up after
   10 s. A stop takes as long as the drain, and STOP_EXTRA_MSECS at most. */
#define RELOAD_MSECS 20000
#define STOP_EXTRA_MSECS 20000

static int verb_reload(struct ctl *ctl)
{
	bool is_dry = false;
	const struct ctl_option options[] = {
		{ "dry-run", 'n', NULL, &is_dry },
		{ NULL, '\0', NULL, NULL },
	};

	if (ctl_take(ctl, options, 0, 0) < 0)
		return ctl->status;
	/* A configuration that is not acceptable is refused here already, as
	   ordermqd would. With --socket ordermqd alone judges, since its file
	   may be another one. */
	if (ctl->socket == NULL && ctl_load(ctl) < 0)
		return ctl->status;
	return ctl_tell(ctl, is_dry ? "reload --dry-run\n" : "reload\n",
			RELOAD_MSECS);
}

static int verb_stop(struct ctl *ctl)
{
	if (ctl_take(ctl, NULL, 0, 0) < 0)
		return ctl->status;
	(void)ctl_load(ctl);
	return ctl_tell(ctl, "stop\n",
			ctl->settings.supervisor.drain_msecs +
				STOP_EXTRA_MSECS);
}

static int verb_defaults(struct ctl *ctl)
{
	if (ctl_take(ctl, NULL, 0, 0) < 0)
		return ctl->status;
	settings_print_defaults(stdout);
	return EX_OK;
}

static int verb_complete(struct ctl *ctl);

static const struct ctl_verb verbs[] = {
	/* Look: these change nothing. */
	{ "status", "[--json] [GROUP]", "what runs, and how far behind it is",
	  verb_status },
	{ "top", "[--interval 1s] [--count N] [--json] [GROUP]",
	  "the status, over and over, until q is typed", verb_top },
	{ "events", "[-f] [--json]", "what has happened, to what, when and why",
	  verb_events },
	{ "order", "ORDERNO [--json]", "where an order is, in every group",
	  verb_order },
	{ "entries",
	  "[--from TIME|AGE|ID] [--to TIME|AGE|ID] [--field K=V] [-f] [--json]",
	  "what is in the stream; -f follows it", verb_entries },
	{ "pending", "GROUP [--idle 30s] [--consumer NAME] [--json]",
	  "entries delivered to a group and not settled", verb_pending },
	{ "points", "ACCOUNT [--group NAME] [--json]",
	  "an account's balance, and its ledger lines", verb_points },
	{ "wait", "ready|idle [--timeout 60s]",
	  "wait until all is ready, or all is done", verb_wait },
	{ "verify",
	  "[GROUP]... [--push-log FILE]... [--correct [--execute]] [--json]",
	  "hold the books against the stream", verb_verify },
	{ "doctor", "[--json]", "what endangers the promises, and the remedy",
	  verb_doctor },
	{ "check",
	  "[--warn-lag 30s] [--crit-lag 300s] [--warn-dead N] [--crit-dead N] "
	  "[--ignore ID,...]",
	  "one line for a monitor, in the manner of Nagios", verb_check },
	/* Steer: what is to run. */
	{ "reload", "[--dry-run]", "put the configuration file in force",
	  verb_reload },
	{ "scale", "GROUP=N|+N|-N...", "run N instances until the next reload",
	  verb_scale },
	{ "restart", "[--rolling] [--timeout 10m] GROUP|INSTANCE",
	  "replace instances", verb_restart },
	{ "hold", "GROUP|INSTANCE", "stop instances, and keep them down",
	  verb_hold },
	{ "unhold", "GROUP|INSTANCE", "let held instances run again",
	  verb_unhold },
	{ "reset-failed", "[GROUP|INSTANCE]",
	  "start failed and waiting instances now", verb_reset_failed },
	{ "log-level", "LEVEL [GROUP|INSTANCE]", "log more or less",
	  verb_log_level },
	{ "pause", "GROUP --reason TEXT [--json]",
	  "let a group rest, on every host", verb_pause },
	{ "resume", "GROUP [--json]", "let a paused group go on", verb_resume },
	{ "stop", "", "let everything drain, and end ordermqd", verb_stop },
	/* Repair: entries come back, or go for good. */
	{ "dead", "VERB", "the dead letters: list, show, replay, drop, export",
	  verb_dead },
	{ "replay",
	  "GROUP --from TIME|AGE|ID [--to TIME|AGE|ID] [--field K=V] "
	  "[--rate N] [--notify-again] [--execute] [--json]",
	  "let history come back to one group; a dry run without --execute",
	  verb_replay },
	{ "trim", "[--dry-run] [--json]",
	  "remove now what retention does not keep", verb_trim },
	/* Learn: these need no running ordermq. */
	{ "defaults", "", "print the commented default configuration",
	  verb_defaults },
	{ "demo", "", "show the whole job on a private redis-server",
	  verb_demo },
	{ "compare", "[--orders N] [--workers K] [--json]",
	  "hold a list, Pub/Sub, XREAD and a group against each other",
	  verb_compare },
	{ "complete", "[--] WORD...",
	  "for the shell: what the last word can become", verb_complete },
	{ NULL, NULL, NULL, NULL },
};

/* The words behind complete are those of the command that is being typed. */
static int verb_complete(struct ctl *ctl)
{
	return ctl->typed == NULL ? ctl_complete(ctl, verbs) : EX_OK;
}

/* The output may be the only copy of what a verb removes (dead export): a
   failed write is a failure. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	ctl_say("cannot write the output");
	return EX_IOERR;
}

int main(int argc, char **argv)
{
	static struct ctl ctl = { .config = CTL_CONFIG, .name = "ordermqctl" };

	ctl.argc = argc;
	ctl.argv = argv;
	return finish(ctl_run(&ctl, verbs));
}
