/* Orders gathered to go together. order_job.c and embed.c fill a window;
   publish.c or outbox.c carries it on and notes how each order fared. */

#include "config.h"

#include "producers/publish/window.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES ((size_t)1024 * 1024)
#define WINDOW_KEEP_BYTES (2 * WINDOW_BYTES)

int window_open(struct window *window, size_t size, struct err *err)
{
	*window = (struct window){
		.orders = calloc(size, sizeof(*window->orders)),
		.size = size,
		.arena = arena_open(WINDOW_KEEP_BYTES),
	};
	if (window->orders != NULL && window->arena != NULL)
		return 0;
	window_close(window);
	return err_set(err, ERR_RETRY, "out of memory");
}

void window_close(struct window *window)
{
	free(window->orders);
	arena_close(&window->arena);
	*window = (struct window){ 0 };
}

/* Copy texts to copies, their bytes to *room, and move *room behind them. */
static void texts_copy(const struct text *texts, size_t count,
		       struct text *copies, char **room)
{
	for (size_t i = 0; i < count; i++) {
		if (texts[i].length > 0)
			memcpy(*room, texts[i].data, texts[i].length);
		copies[i] = (struct text){ *room, texts[i].length };
		*room += texts[i].length;
	}
}

int window_add(struct window *window, const struct text *pairs,
	       size_t pair_count, struct text key, uint64_t line,
	       struct err *err)
{
	struct window_order *order = &window->orders[window->count];
	size_t bytes = key.length;
	struct text *copies;
	char *room;

	for (size_t i = 0; i < 2 * pair_count; i++)
		bytes += pairs[i].length;
	copies = arena_take(window->arena, 2 * pair_count * sizeof(*copies));
	room = arena_take(window->arena, bytes + 1);
	if (copies == NULL || room == NULL)
		return err_set(err, ERR_RETRY, "out of memory");
	*order = (struct window_order){
		.line = line,
		.pairs = copies,
		.pair_count = pair_count,
	};
	texts_copy(pairs, 2 * pair_count, copies, &room);
	texts_copy(&key, 1, &order->key, &room);
	window->count++;
	return 0;
}

bool window_is_full(const struct window *window)
{
	return window->count == window->size ||
	       arena_used(window->arena) >= WINDOW_BYTES;
}

void window_clear(struct window *window)
{
	window->count = 0;
	arena_reset(window->arena);
}

bool window_run(const struct window *window, size_t *i,
		struct window_run *run_r)
{
	const struct window_order *orders = window->orders;

	if (*i >= window->count)
		return false;
	*run_r = (struct window_run){
		.state = orders[*i].state,
		.first_line = orders[*i].line,
	};
	while (*i < window->count && orders[*i].state == run_r->state) {
		run_r->last_line = orders[*i].line;
		run_r->count++;
		(*i)++;
	}
	return true;
}
