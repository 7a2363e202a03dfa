#ifndef OMQ_RUNTIME_H
#define OMQ_RUNTIME_H

#include "lib/process/node_id.h"

struct err;

/* The runtime directory of one ordermqd with its instances. Only the ordermqd
   that holds its lock may use what is in it. */

struct runtime {
	int lock_fd;
	char node_id[NODE_ID_BYTES];
};

/* Take the directory dir: make it (0750) if it is missing, where its parent
   must exist; lock it; read the node id, or draw one the first time, so that
   ordermqd keeps its id over restarts; remove the boards of the last run, since
   counters begin at zero. Returns 0 and a runtime that the caller must
   runtime_close(); or -1 with ERR_RETRY when another ordermqd has it ("already
   running, pid N"), or ERR_FATAL when it cannot be used. */
int runtime_open(const char *dir, struct runtime *runtime_r, struct err *err);

/* Release the lock. The directory stays. */
void runtime_close(struct runtime *runtime);

#endif
