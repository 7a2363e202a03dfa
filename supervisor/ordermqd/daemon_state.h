#ifndef OMQ_DAEMON_STATE_H
#define OMQ_DAEMON_STATE_H

#include "lib/base/err.h"
#include "supervisor/ordermqd/alarms.h"
#include "supervisor/ordermqd/control.h"
#include "supervisor/ordermqd/loop.h"
#include "supervisor/ordermqd/notify.h"
#include "supervisor/ordermqd/reload.h"
#include "supervisor/ordermqd/runtime.h"
#include "supervisor/ordermqd/steer.h"
#include "supervisor/ordermqd/upkeep.h"

#include <stdbool.h>
#include <stdint.h>

struct fleet;
struct settings;

/* All parts of ordermqd. Only daemon.c and daemon_reload.c use it. */
struct daemon {
	const char *config; /* path of the configuration file */
	const char *node;   /* NULL: the one of the file, else the host name */
	int64_t started_msecs;
	struct runtime runtime;
	struct loop *loop;
	struct loop_watch signals;
	struct fleet *fleet;
	struct alarms *alarms;
	struct control *control;
	struct notify notify;
	struct reload reload;
	struct steer steer;
	struct upkeep upkeep;
	bool reload_is_dry; /* the one under way only tells */
	bool reload_again;  /* asked for while one was under way */
	char reload_error[sizeof(((struct err *)NULL)->text)];
	bool is_stopping;
};

/* Write log lines as these settings say. */
void daemon_log_by(const struct settings *settings);

/* Be ready for reloads; and, when ordermqd stops, end a reload that is under
   way. */
void daemon_reload_open(struct daemon *daemon);
void daemon_reload_stop(struct daemon *daemon);

/* SIGHUP has come. */
void daemon_hangup(struct daemon *daemon);

/* Obey the command "reload". */
void daemon_command_reload(void *owner, struct control_client *client);

#endif
