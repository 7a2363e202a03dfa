#ifndef OMQ_ARENA_H
#define OMQ_ARENA_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that is given out piece by piece and taken back all at once: for what
   belongs to one batch. In steady state nothing is allocated: a reset arena
   keeps its memory, up to a limit, so that one giant batch does not stay. */
struct arena {
	/* Private: they are here so that arena_take() is a few instructions,
	   for each of some dozen values an entry has. */
	unsigned char *free;
	size_t free_bytes; /* from there to the end of the current block */
	struct arena_block *first;
	struct arena_block *current;
	size_t keep_bytes;
};

/* keep_bytes: how much memory a reset arena may hold on to. Returns NULL when
   out of memory; the caller must arena_close(). */
struct arena *arena_open(size_t keep_bytes);
void arena_close(struct arena **arena);

/* bytes of memory, not zeroed, aligned for any object, valid until the next
   arena_reset(). NULL when out of memory. */
static inline void *arena_take(struct arena *arena, size_t bytes);

/* The same for characters, which need no alignment and are packed. */
static inline char *arena_take_chars(struct arena *arena, size_t bytes);

/* Are so many bytes left in the current block? */
static inline bool arena_has(const struct arena *arena, size_t bytes)
{
	return arena->free_bytes >= bytes;
}

/* Take everything back. */
void arena_reset(struct arena *arena);

/* Bytes given out since the last reset, and those left at the end of blocks
   that were too small for what came next. */
size_t arena_used(const struct arena *arena);

/* Make a block current that has room for bytes. Returns 0, or
   -1 when out of memory. For the functions here only. */
int arena_grow(struct arena *arena, size_t bytes);

static inline char *arena_take_chars(struct arena *arena, size_t bytes)
{
	unsigned char *piece;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	if (bytes > arena->free_bytes && arena_grow(arena, bytes) < 0)
		return NULL;
	piece = arena->free;
	arena->free += bytes;
	arena->free_bytes -= bytes;
	return (char *)piece;
}

static inline void *arena_take(struct arena *arena, size_t bytes)
{
	size_t pad = -(uintptr_t)arena->free & (alignof(max_align_t) - 1);

	if (bytes > SIZE_MAX / 2)
		return NULL;
	if (pad + bytes > arena->free_bytes) {
		pad = 0;
		if (arena_grow(arena, bytes) < 0)
			return NULL;
	}
	arena->free += pad;
	arena->free_bytes -= pad;
	return arena_take_chars(arena, bytes);
}

#endif
