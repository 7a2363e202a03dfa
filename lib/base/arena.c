/* Blocks of memory under an arena. The fast path, taking a piece of the current
   block, is inline in arena.h; what is here runs once a block or once a
   batch. */

#include "config.h"

#include "lib/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define ARENA_BLOCK_BYTES (32 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t bytes;
	alignas(max_align_t) unsigned char data[];
};

struct arena *arena_open(size_t keep_bytes)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena != NULL)
		arena->keep_bytes = keep_bytes;
	return arena;
}

static void blocks_free(struct arena_block *block)
{
	while (block != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_close(struct arena **_arena)
{
	struct arena *arena = *_arena;

	*_arena = NULL;
	if (arena == NULL)
		return;
	blocks_free(arena->first);
	free(arena);
}

/* The next block with room for bytes: one that was kept, or a new one behind
   the current block. */
static struct arena_block *block_next(struct arena *arena, size_t bytes)
{
	struct arena_block **link =
		arena->current == NULL ? &arena->first : &arena->current->next;
	struct arena_block *block = *link;

	if (block != NULL && block->bytes >= bytes)
		return block;

	size_t block_bytes =
		bytes > ARENA_BLOCK_BYTES ? bytes : ARENA_BLOCK_BYTES;
	block = malloc(sizeof(*block) + block_bytes);
	if (block == NULL)
		return NULL;
	block->bytes = block_bytes;
	block->next = *link;
	*link = block;
	return block;
}

int arena_grow(struct arena *arena, size_t bytes)
{
	struct arena_block *block = block_next(arena, bytes);

	if (block == NULL)
		return -1;
	arena->current = block;
	arena->free = block->data;
	arena->free_bytes = block->bytes;
	return 0;
}

void arena_reset(struct arena *arena)
{
	size_t kept = 0;

	for (struct arena_block **link = &arena->first; *link != NULL;) {
		struct arena_block *block = *link;

		if (kept + block->bytes > arena->keep_bytes) {
			*link = block->next;
			free(block);
			continue;
		}
		kept += block->bytes;
		link = &block->next;
	}
	arena->current = NULL;
	arena->free_bytes = 0;
}

size_t arena_used(const struct arena *arena)
{
	size_t used = 0;

	if (arena->current == NULL)
		return 0;
	for (const struct arena_block *block = arena->first;
	     block != arena->current; block = block->next)
		used += block->bytes;
	return used + arena->current->bytes - arena->free_bytes;
}
