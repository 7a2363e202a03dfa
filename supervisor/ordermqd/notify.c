/* Tells systemd how ordermqd is. daemon.c calls it at the end of each turn,
   daemon_reload.c around a reload. */

#include "config.h"

#include "supervisor/ordermqd/notify.h"

#include "lib/base/clock.h"
#include "lib/process/lifeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void notify_open(struct notify *notify)
{
	memset(notify, 0, sizeof(*notify));
	notify->ready_by_msecs = clock_msecs() + LIFELINE_READY_MSECS;
	notify->watchdog_msecs = lifeline_watchdog_msecs();
	notify->watchdog_next_msecs = clock_msecs();
}

void notify_reloading(void)
{
	char lines[80];

	(void)snprintf(lines, sizeof(lines),
		       "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_usecs());
	lifeline_notify_systemd(lines);
}

void notify_reloaded(const struct notify *notify)
{
	if (notify->is_ready)
		lifeline_notify_systemd("READY=1");
}

void notify_stopping(struct notify *notify)
{
	notify->is_ready = true;
	lifeline_notify_systemd("STOPPING=1");
}

static void tell_status(struct notify *notify, const char *status)
{
	char line[sizeof(notify->status) + sizeof("STATUS=")];

	if (strncmp(notify->status, status, sizeof(notify->status) - 1) == 0)
		return;
	(void)snprintf(notify->status, sizeof(notify->status), "%s", status);
	(void)snprintf(line, sizeof(line), "STATUS=%s", notify->status);
	lifeline_notify_systemd(line);
}

void notify_tick(struct notify *notify, int64_t now_msecs, bool have_tried,
		 const char *status)
{
	tell_status(notify, status);
	if (!notify->is_ready &&
	    (have_tried || now_msecs >= notify->ready_by_msecs)) {
		notify->is_ready = true;
		lifeline_notify_systemd("READY=1");
	}
	if (notify->watchdog_msecs > 0 &&
	    now_msecs >= notify->watchdog_next_msecs) {
		notify->watchdog_next_msecs =
			now_msecs + notify->watchdog_msecs;
		lifeline_notify_systemd("WATCHDOG=1");
	}
}

int64_t notify_deadline(const struct notify *notify)
{
	return clock_earlier(
		notify->is_ready ? -1 : notify->ready_by_msecs,
		notify->watchdog_msecs > 0 ? notify->watchdog_next_msecs : -1);
}
