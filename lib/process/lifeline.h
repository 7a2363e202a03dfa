#ifndef OMQ_LIFELINE_H
#define OMQ_LIFELINE_H

#include <stdbool.h>
#include <stdint.h>

/* How a process tells whoever started it that it is ready, in the words of
   sd_notify(3): over the lifeline it inherited from ordermqd, or over
   $NOTIFY_SOCKET when systemd started it.

   The lifeline is a SOCK_SEQPACKET pair. Its other end closes when ordermqd is
   gone, whatever the cause; the instance then ends too. */

/* The descriptors an instance inherits from ordermqd, and no others: 0, 1, 2
   and these. It finds them when it is started with --supervised. */
enum {
	LIFELINE_FD = 3,
	LIFELINE_SETTINGS_FD = 4, /* sealed memfd, see lib/settings/conf.h */
	LIFELINE_BOARD_FD = 5,    /* see lib/process/board.h */
	LIFELINE_FD_END = 6,
};

/* A Redis that is away must not hold up the start of the machine: after so long
   systemd is told that we are ready, though we still try. */
#define LIFELINE_READY_MSECS 5000

/* The one thing that comes down it: the level to log at from now on, a number
   of <syslog.h> behind this. */
#define LIFELINE_LOG_LEVEL "LOG_LEVEL="

/* Send lines such as "READY=1\nSTATUS=...": to the lifeline when supervised,
   else to $NOTIFY_SOCKET; where there is neither, does nothing. Never blocks,
   never fails: a supervisor that does not read has other troubles. */
void lifeline_notify(bool supervised, const char *lines);

/* Send lines to systemd over $NOTIFY_SOCKET, if it is set. For ordermqd. */
void lifeline_notify_systemd(const char *lines);

/* How often systemd wants WATCHDOG=1 from us, in milliseconds: half the time
   that it waits (WatchdogSec=), as sd_watchdog_enabled(3) advises; 0 when it
   waits for nobody, or for another process. */
int64_t lifeline_watchdog_msecs(void);

#endif
