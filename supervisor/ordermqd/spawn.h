#ifndef OMQ_SPAWN_H
#define OMQ_SPAWN_H

#include <sys/types.h>

struct err;

/* Start a program as a child that cannot outlive ordermqd, with the descriptors
   of lib/process/lifeline.h and no others: fork, then exec at once. */

struct spawn {
	char *const *argv; /* argv[0] is the path of the program */
	int settings_fd;   /* borrowed */
	int board_fd;      /* borrowed */
};

struct spawned {
	pid_t pid;
	int pidfd;    /* readable when the child has ended */
	int lifeline; /* our end, not blocking */
};

/* Returns 0 and a child that the caller must wait for by its pidfd; or -1 with
   ERR_RETRY. That the program cannot be run shows later: the child says
   "ERRNO=<errno>" on the lifeline and ends with SPAWN_EXEC_FAILED. */
#define SPAWN_EXEC_FAILED 127
int spawn(const struct spawn *what, struct spawned *spawned_r, struct err *err);

#endif
