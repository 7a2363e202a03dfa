#ifndef OMQ_NOTIFY_H
#define OMQ_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* ordermqd's messages to systemd, in the words of sd_notify(3). Without systemd
   nothing is sent, and nothing wakes up for it. */
struct notify {
	bool is_ready;
	int64_t ready_by_msecs; /* of clock_msecs() */
	int64_t watchdog_msecs; /* between two signs of life; 0: none wanted */
	int64_t watchdog_next_msecs;
	char status[512]; /* the last one told */
};

void notify_open(struct notify *notify);

/* A reload begins; a reload has ended, well or not. */
void notify_reloading(void);
void notify_reloaded(const struct notify *notify);

/* From now on we are as ready as we ever will be. */
void notify_stopping(struct notify *notify);

/* Called at the end of each turn of the loop: sends READY=1 once have_tried is
   true or starting took too long, the status when it has changed, and a sign of
   life when one is due. */
void notify_tick(struct notify *notify, int64_t now_msecs, bool have_tried,
		 const char *status);

/* When notify_tick() has something to do; -1: never. */
int64_t notify_deadline(const struct notify *notify);

#endif
