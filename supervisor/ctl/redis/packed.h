#ifndef OMQ_PACKED_H
#define OMQ_PACKED_H

#include "lib/redis/reply.h"

struct arena;

/* Read a MessagePack array of strings into an array that lives in arena.
   lib/scripts/dead_letter.lua packs the fields of an entry that has too many of
   them so. Returns 0; or -1 when packed is no such array, or memory is out. */
int packed_read(struct text packed, struct arena *arena, struct reply *array_r);

#endif
