#ifndef OMQ_ARENA_H
#define OMQ_ARENA_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory for one batch: given out piece by piece and taken back all at once. A
   reset arena keeps its memory, up to a limit, so that nothing is allocated in
   steady state and one giant batch does not stay. */
struct arena {
	/* Private. They stand here so that arena_take() is a few instructions:
	   an entry takes a dozen pieces or more. */
	unsigned char *free;
	size_t free_bytes; /* from there to the end of the current block */
	struct arena_block *first;
	struct arena_block *current;
	size_t keep_bytes;
};

/* A reset arena keeps at most keep_bytes. Returns NULL when out of memory; the
   caller must arena_close(). */
struct arena *arena_open(size_t keep_bytes);
void arena_close(struct arena **arena);

/* Take bytes of memory: not zeroed, aligned for any object, valid until the
   next arena_reset(). Returns NULL when out of memory. */
static inline void *arena_take(struct arena *arena, size_t bytes);

/* arena_take() for characters, which need no alignment and are packed. */
static inline char *arena_take_chars(struct arena *arena, size_t bytes);

/* Is there room for that many bytes in the current block? */
static inline bool arena_has(const struct arena *arena, size_t bytes)
{
	return arena->free_bytes >= bytes;
}

/* Take everything back. */
void arena_reset(struct arena *arena);

/* The bytes given out since the last reset, with those lost at the end of
   blocks that were too small for the next piece. */
size_t arena_used(const struct arena *arena);

/* Make a block with room for bytes the current one. Returns 0, or -1 when out
   of memory. Only for the functions here. */
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
