#ifndef OMQ_PAUSE_H
#define OMQ_PAUSE_H

#include "supervisor/common/group_numbers.h"

struct arena;
struct err;
struct redis;

/* A group that an operator has paused, in P:<group>:paused: on every host its
   instances read nothing, until it is resumed. They learn of it with their next
   beat, within three seconds. */

/* Read whether group is paused, by whom and why. Returns 0; or -1 with err:
   Redis does not tell. */
int pause_read(struct redis *redis, struct arena *arena, const char *stream,
	       const char *group, struct pause *pause_r, struct err *err);

#endif
