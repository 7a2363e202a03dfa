#ifndef OMQ_PROCESS_H
#define OMQ_PROCESS_H

#include "lib/process/board.h"
#include "lib/process/node_id.h"
#include "lib/process/process_options.h"
#include "lib/settings/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

#define PROCESS_NAME_BYTES (SETTINGS_NAME_BYTES + 16)

/* The entry on which the process before this one died, if it died on one. */
struct process_suspect {
	bool is_there;
	uint64_t id_msecs;
	uint64_t id_seq;
	int signal; /* of its own fault; 0: it was killed from elsewhere */
};

/* One process: its name, its settings, its board, and what may wake it. Started
   by ordermqd it inherits them; started by hand or by systemd it makes them
   itself. */
struct process {
	struct settings settings;
	const struct settings_group *group; /* NULL: it is of no group */
	char name[PROCESS_NAME_BYTES];      /* "points-2" */
	char consumer[PROCESS_NAME_BYTES + SETTINGS_NAME_BYTES];
	char node_id[NODE_ID_BYTES];
	bool supervised;
	struct board *board;
	int board_fd; /* the file behind it */
	struct process_suspect suspect;
	/* Readable when a signal came or ordermqd is gone: process_woken(). An
	   epoll descriptor, so that one is enough for every wait. */
	int wake_fd;
	int signal_fd;
	int lock_fd; /* of an instance that runs alone */
	bool stop;   /* told to end */
	/* For systemd, when the instance runs alone. */
	bool was_ready;              /* READY=1 has been said */
	int64_t ready_by_msecs;      /* by clock_msecs() */
	int64_t watchdog_msecs;      /* between two signs of life; 0: none */
	int64_t watchdog_next_msecs; /* by clock_msecs() */
};

/* Do everything that comes before the work: options, settings, log, signals,
   board. kind is borrowed. Returns 0; or -1 - the exit status when the process
   shall end at once (--help, wrong options, a bad configuration), and what
   there is to say has been said. */
int process_open(struct process *process, const struct process_kind *kind,
		 int argc, char **argv);
void process_close(struct process *process);

/* The work has begun: say READY=1, once. For an instance alone under systemd
   process_beat() says it as well when that takes too long. */
void process_ready(struct process *process);

/* A sign of life from the work, on the board and for systemd: to be given after
   each wait, and now and then by work that takes long. */
void process_beat(struct process *process);

/* The process is about to wait: silence is no sign of trouble now. */
void process_rest(struct process *process);

/* The moment by which the next process_beat() is due; -1: none. */
int64_t process_beat_deadline(const struct process *process);

/* Find out what woke the process; sets process->stop when it is to end. */
void process_woken(struct process *process);

#endif
