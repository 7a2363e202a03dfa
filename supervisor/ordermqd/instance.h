#ifndef OMQ_INSTANCE_H
#define OMQ_INSTANCE_H

#include "lib/process/board.h"
#include "supervisor/ordermqd/instance_state.h"

#include <stdbool.h>
#include <stdint.h>

/* One instance with its process: does what the table in instance_table.h says,
   and writes a log line for every transition. */

/* Make instance number of group, stopped. group is borrowed; the instance must
   stay where it is until instance_close(). */
void instance_open(struct instance *instance, struct instance_group *group,
		   int number);

/* Forget an instance that has no process, and remove its board. */
void instance_close(struct instance *instance);

/* Let event happen to it. INSTANCE_START also forgets former deaths when it
   is not running. */
void instance_event(struct instance *instance, enum instance_event event);

/* When instance_tick() has something to do; -1: never. */
int64_t instance_deadline(const struct instance *instance);

/* Do what is due at now_msecs. */
void instance_tick(struct instance *instance, int64_t now_msecs);

/* Let it write log lines of this level (of <syslog.h>) and above from now on,
   also after it was started again; -1: as its group does, or the settings. */
void instance_log_level(struct instance *instance, int level);

/* Do not wait for the drain to end. */
void instance_hurry(struct instance *instance);

/* Is it down for good, as its group's restart says: finished, or failed? One
   that failed by exit status 78 is not. */
bool instance_is_over(const struct instance *instance);

/* Has it a process? */
bool instance_is_running(const struct instance *instance);

/* Entries it has settled in this life, 0 when that is unknown. */
int64_t instance_settled(const struct instance *instance);

/* Its board as it is now. Returns 0, or -1: there is none to read. */
int instance_board(const struct instance *instance, struct board *board_r);

#endif
