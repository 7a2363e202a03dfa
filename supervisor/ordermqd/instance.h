#ifndef OMQ_SLOT_H
#define OMQ_SLOT_H

#include "lib/process/board.h"
#include "lib/settings/settings.h"
#include "supervisor/ordermqd/instance_table.h"
#include "supervisor/ordermqd/loop.h"
#include "supervisor/ordermqd/restart.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One instance with its process: does what the table in instance.h says, and
   writes a log line for every transition. */

#define SLOT_NAME_BYTES (SETTINGS_NAME_BYTES + 8)
#define SLOT_BOARD_DIR "board" /* in the runtime directory */

struct events;

/* What all slots share and their fleet owns. */
struct slot_home {
	struct loop *loop;
	int settings_fd; /* the settings in force, as a sealed memfd */
	int64_t drain_msecs;
	int64_t hang_msecs;
	const char *programs;    /* folder of ordermq-<program> */
	const char *runtime_dir; /* where the boards are */
	const char *node_id;
	int log_level;         /* of the settings in force */
	struct events *events; /* what happens to them */
};

/* What the slots of one group share and their service owns. */
struct slot_group {
	const struct slot_home *home;
	/* Not of the configuration: it has one slot, number 0, named as it. */
	bool is_single;
	struct settings_group settings;
	struct restart_group restart;
	unsigned int version; /* of the settings: counts their changes */
	int log_level;        /* asked for at run time; -1: none */
};

struct slot {
	struct slot_group *group;
	int number; /* from 1; 0: the only one */
	char name[SLOT_NAME_BYTES];
	enum instance_state state;
	bool is_worn;   /* to be replaced, once its turn has come */
	bool is_held;   /* stopped by an operator, until he lets it go */
	bool has_tried; /* was ready, or has died, at least once */
	bool is_over;   /* it ended, and its group's restart wants no other */
	unsigned int version; /* of the settings it was started with */

	pid_t pid;               /* 0: no process */
	struct loop_watch death; /* its pidfd */
	struct loop_watch words; /* our end of its lifeline */
	int board_fd;            /* -1: none yet */
	int64_t timer_msecs;     /* -1: none */
	int64_t started_msecs;
	int64_t ready_msecs;  /* -1: not yet ready in this life */
	int64_t frozen_msecs; /* since when a signal keeps it stopped; 0: none
			       */
	uint64_t handled_before;
	bool is_later;  /* its last exit status was 75: no crash */
	int log_level;  /* asked for at run time; -1: none */
	int exec_errno; /* why its program could not be run; 0: it could */

	struct restart_slot restart;
	uint64_t restart_count;
	char last_exit[128]; /* "" = never ended */
	char status[256];    /* its STATUS=, printable; "" = none */
};

/* Make slot number of group, stopped. group is borrowed; the slot must stay
   where it is until slot_close(). */
void slot_open(struct slot *slot, struct slot_group *group, int number);

/* Forget a slot that has no process, and remove its board. */
void slot_close(struct slot *slot);

/* Let event happen to it. INSTANCE_START also forgets former deaths when it
   is not running. */
void slot_event(struct slot *slot, enum instance_event event);

/* When slot_tick() has something to do; -1: never. */
int64_t slot_deadline(const struct slot *slot);

/* Do what is due at now_msecs. */
void slot_tick(struct slot *slot, int64_t now_msecs);

/* Let it write log lines of this level (of <syslog.h>) and above from now on,
   also after it was started again; -1: as its group does, or the settings. */
void slot_log_level(struct slot *slot, int level);

/* Do not wait for the drain to end. */
void slot_hurry(struct slot *slot);

/* Is it down for good, as its group's restart says: finished, or failed? One
   that failed by exit status 78 is not. */
bool slot_is_over(const struct slot *slot);

/* Has it a process? */
bool slot_is_running(const struct slot *slot);

/* Entries it has settled in this life, 0 when that is unknown. */
int64_t slot_settled(const struct slot *slot);

/* Its board as it is now. Returns 0, or -1: there is none to read. */
int slot_board(const struct slot *slot, struct board *board_r);

#endif
