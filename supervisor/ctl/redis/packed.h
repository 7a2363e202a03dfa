#ifndef OMQ_PACKED_H
#define OMQ_PACKED_H

#include "lib/redis/reply.h"

struct arena;

/* Read a MessagePack array of strings, in which lib/scripts/dead_letter.lua
   puts the fields of an entry that has too many, into an array of strings that
   lives in arena. Returns 0; or -1 when it is no such array, or memory is out.
 */
int packed_read(struct text packed, struct arena *arena, struct reply *array_r);

#endif
