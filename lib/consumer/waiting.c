/* Entries that wait for their retry, by id alone. in_flight.c puts them in,
   consumer_read.c takes them out. */

#include "config.h"

#include "lib/consumer/waiting.h"

#include "lib/base/clock.h"

#include <assert.h>
#include <stdlib.h>

int waiting_open(struct waiting *waiting, size_t size)
{
	*waiting = (struct waiting){
		.entries = calloc(size, sizeof(*waiting->entries)),
		.size = size,
		.next_due_msecs = -1,
	};
	return waiting->entries == NULL ? -1 : 0;
}

void waiting_close(struct waiting *waiting)
{
	free(waiting->entries);
	waiting->entries = NULL;
}

void waiting_put(struct waiting *waiting, const struct waiting_entry *entry)
{
	assert(waiting->count < waiting->size);
	waiting->entries[waiting->count++] = *entry;
	waiting->alone_count += entry->due_msecs < 0;
	waiting->next_due_msecs =
		clock_earlier(waiting->next_due_msecs, entry->due_msecs);
}

bool waiting_has(const struct waiting *waiting, int64_t id_msecs,
		 uint64_t id_seq, bool replays)
{
	for (size_t i = 0; i < waiting->count; i++) {
		if (waiting->entries[i].id_msecs == id_msecs &&
		    waiting->entries[i].id_seq == id_seq &&
		    waiting->entries[i].replays == replays)
			return true;
	}
	return false;
}

size_t waiting_take(struct waiting *waiting, int64_t now_msecs,
		    struct waiting_entry *list, size_t size)
{
	size_t taken = 0;
	size_t left = 0;
	int64_t next_due = -1;

	if (waiting->next_due_msecs < 0 || waiting->next_due_msecs > now_msecs)
		return 0;
	for (size_t i = 0; i < waiting->count; i++) {
		const struct waiting_entry entry = waiting->entries[i];

		if (entry.due_msecs >= 0 && entry.due_msecs <= now_msecs &&
		    taken < size &&
		    (taken == 0 || entry.replays == list[0].replays)) {
			list[taken++] = entry;
			continue;
		}
		waiting->entries[left++] = entry;
		next_due = clock_earlier(next_due, entry.due_msecs);
	}
	waiting->count = left;
	waiting->next_due_msecs = next_due;
	return taken;
}

size_t waiting_take_alone(struct waiting *waiting,
			  struct waiting_entry *entry_r)
{
	for (size_t i = 0; i < waiting->count; i++) {
		if (waiting->entries[i].due_msecs >= 0)
			continue;
		*entry_r = waiting->entries[i];
		waiting->entries[i] = waiting->entries[--waiting->count];
		waiting->alone_count--;
		return 1;
	}
	return 0;
}

void waiting_clear(struct waiting *waiting)
{
	waiting->count = 0;
	waiting->alone_count = 0;
	waiting->next_due_msecs = -1;
}
