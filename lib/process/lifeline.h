#ifndef OMQ_LIFELINE_H
#define OMQ_LIFELINE_H

#include <stdbool.h>
#include <stdint.h>

/* How a process tells ordermqd or systemd that it is ready, in the words of
   sd_notify(3): over the lifeline that it inherited from ordermqd, or over
   $NOTIFY_SOCKET when systemd started it.

   The lifeline is a SOCK_SEQPACKET pair. Its other end closes when ordermqd is
   gone, whatever the cause; then the instance ends too. */

/* The descriptors an instance inherits from ordermqd, and no others: 0, 1, 2
   and these. It finds them when it is started with --supervised. */
enum {
	LIFELINE_FD = 3,
	LIFELINE_SETTINGS_FD = 4, /* sealed memfd, see lib/settings/conf.h */
	LIFELINE_BOARD_FD = 5,    /* see lib/process/board.h */
	LIFELINE_FD_END = 6,
};

/* A Redis that is away must not hold up the start of the machine: after that
   long systemd is told that we are ready, though we still try. */
#define LIFELINE_READY_MSECS 5000

/* The only message that comes down the lifeline: this text, and behind it the
   level (a number of <syslog.h>) to log at from now on. */
#define LIFELINE_LOG_LEVEL "LOG_LEVEL="

/* Send lines such as "READY=1\nSTATUS=...": to the lifeline when supervised,
   else to $NOTIFY_SOCKET if that is set. It never waits and never fails: a
   message that does not get through is lost. */
void lifeline_notify(bool supervised, const char *lines);

/* Send lines to systemd over $NOTIFY_SOCKET, if it is set. For ordermqd. */
void lifeline_notify_systemd(const char *lines);

/* How often systemd wants WATCHDOG=1 from us, in milliseconds: half of the time
   that it waits (WatchdogSec=), as sd_watchdog_enabled(3) advises; 0 when it
   does not wait for this process. */
int64_t lifeline_watchdog_msecs(void);

#endif
