#ifndef OMQ_ARENA_H
#define OMQ_ARENA_H

#include <stddef.h>

/* Memory that is given out piece by piece and taken back all at once: for what
   belongs to one batch. In steady state nothing is allocated: a reset arena
   keeps its memory, up to a limit, so that one giant batch does not stay. */
struct arena;

/* keep_bytes: how much memory a reset arena may hold on to. Returns NULL when
   out of memory; the caller must arena_close(). */
struct arena *arena_open(size_t keep_bytes);
void arena_close(struct arena **arena);

/* bytes of memory, not zeroed, aligned for any object, valid until the next
   arena_reset(). NULL when out of memory. */
void *arena_take(struct arena *arena, size_t bytes);

/* Take everything back. */
void arena_reset(struct arena *arena);

/* Bytes given out since the last reset. */
size_t arena_used(const struct arena *arena);

#endif
