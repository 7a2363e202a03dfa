#ifndef OMQ_INSTANCE_H
#define OMQ_INSTANCE_H

#include "lib/process/board.h"
#include "supervisor/ordermqd/instance_state.h"

#include <stdbool.h>
#include <stdint.h>

/* One instance: each event goes through the table of instance_table.h, and the
   action that it gives is done and logged. */

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

/* Let the instance log at this level of <syslog.h> from now on, also after a
   restart; -1: at the level of its group, or of the settings. */
void instance_log_level(struct instance *instance, int level);

/* End the drain now: kill the instance if it is stopping. */
void instance_hurry(struct instance *instance);

/* Is it finished, or failed, and not to start again by the restart setting of
   its group? False after exit status 78, which a reload may cure. */
bool instance_is_over(const struct instance *instance);

/* Has it a process? */
bool instance_is_running(const struct instance *instance);

/* Entries that its present process has settled; 0 when that is unknown. */
int64_t instance_settled(const struct instance *instance);

/* Its board as it is now. Returns 0, or -1: there is none to read. */
int instance_board(const struct instance *instance, struct board *board_r);

#endif
