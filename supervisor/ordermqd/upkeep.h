#ifndef OMQ_UPKEEP_H
#define OMQ_UPKEEP_H

#include <stdint.h>

struct fleet;

/* The work of once a second, where the settings ask for it: find how many
   instances each group needs by the keeper's figures, and which instances have
   grown too large or have settled enough. Without such a setting it causes no
   wake-up. */

#define UPKEEP_MSECS 1000

struct upkeep {
	struct fleet *fleet;
	int64_t next_msecs; /* not before; 0 at the start */
};

/* When upkeep_tick() has something to do; -1: never. */
int64_t upkeep_deadline(const struct upkeep *upkeep);

/* Do what is due at now_msecs; after fleet_tick(). */
void upkeep_tick(struct upkeep *upkeep, int64_t now_msecs);

#endif
