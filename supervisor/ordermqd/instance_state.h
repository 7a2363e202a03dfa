#ifndef OMQ_INSTANCE_STATE_H
#define OMQ_INSTANCE_STATE_H

#include "lib/settings/settings.h"
#include "supervisor/ordermqd/instance_table.h"
#include "supervisor/ordermqd/loop.h"
#include "supervisor/ordermqd/restart.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The types of an instance, for instance_process.c, which handles its process,
   and instance.c, which decides. */

#define INSTANCE_NAME_BYTES (SETTINGS_NAME_BYTES + 8)
#define INSTANCE_BOARD_DIR "board" /* in the runtime directory */

struct events;

/* Shared by all instances, and owned by their fleet. */
struct instance_home {
	struct loop *loop;
	int settings_fd; /* the settings in force, as a sealed memfd */
	int64_t drain_msecs;
	int64_t hang_msecs;
	const char *programs;    /* folder of ordermq-<program> */
	const char *runtime_dir; /* where the boards are */
	const char *node_id;
	int log_level;         /* of the settings in force */
	struct events *events; /* where events are noted */
};

/* Shared by the instances of one group, and owned by their service. */
struct instance_group {
	const struct instance_home *home;
	/* Not from the configuration, such as the keeper: its one instance is
	   number 0 and has the name of the group. */
	bool is_single;
	struct settings_group settings;
	struct restart_group restart;
	unsigned int version; /* of the settings: counts their changes */
	int log_level;        /* asked for at run time; -1: none */
};

struct instance {
	struct instance_group *group;
	int number; /* from 1; 0: the only one */
	char name[INSTANCE_NAME_BYTES];
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

	struct restart_instance restart;
	uint64_t restart_count;
	char last_exit[128]; /* "" = never ended */
	char status[256];    /* its STATUS=, printable; "" = none */
};

#endif
