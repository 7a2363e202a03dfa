/* How much one read asks for. consumer_answer.c and consumer_handle.c tell it
   what came; consumer_read.c asks it. */

#include "config.h"

#include "lib/consumer/portion.h"

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t at_least_one(size_t count)
{
	return count == 0 ? 1 : count;
}

void portion_open(struct portion *portion, size_t most_count, size_t most_bytes,
		  int64_t most_usecs, unsigned int halvings)
{
	*portion = (struct portion){
		.most_count = most_count,
		.most_bytes = most_bytes,
		.most_usecs = most_usecs,
		.giant_count = most_count,
		.halvings = halvings < PORTION_HALVINGS ? halvings
							: PORTION_HALVINGS,
	};
}

size_t portion_bytes(const struct portion *portion)
{
	return at_least_one(portion->most_bytes >> portion->halvings);
}

/* By the size of entries; a few only, while none is known. */
static size_t count_by_bytes(const struct portion *portion)
{
	size_t largest = portion->largest_bytes > portion->former_largest_bytes
				 ? portion->largest_bytes
				 : portion->former_largest_bytes;

	return largest == 0 ? (size_t)PORTION_FIRST >> portion->halvings
			    : portion_bytes(portion) / largest;
}

/* By the time that the handler takes. */
static size_t count_by_time(const struct portion *portion)
{
	return portion->entry_usecs == 0
		       ? portion->most_count
		       : (size_t)(portion->most_usecs / portion->entry_usecs);
}

size_t portion_count(const struct portion *portion)
{
	size_t count = portion->most_count >> portion->halvings;

	count = least(count, portion->giant_count);
	count = least(count, count_by_bytes(portion));
	return at_least_one(least(count, count_by_time(portion)));
}

void portion_seen(struct portion *portion, size_t count, size_t largest_bytes)
{
	if (largest_bytes > portion->largest_bytes)
		portion->largest_bytes = largest_bytes;
	portion->seen_count += count;
	if (portion->seen_count >= PORTION_SEEN) {
		portion->former_largest_bytes = portion->largest_bytes;
		portion->largest_bytes = 0;
		portion->seen_count = 0;
	}
	portion->giant_count = least(2 * at_least_one(portion->giant_count),
				     portion->most_count);
}

void portion_too_large(struct portion *portion)
{
	size_t count = portion_count(portion);

	portion->giant_count = count == 1 ? 0 : (count + 1) / 2;
}

void portion_step_over(struct portion *portion)
{
	portion->giant_count = 1;
}

/* A quicker portion is believed by and by, a slower one at once. */
void portion_handled(struct portion *portion, size_t count, int64_t usecs)
{
	int64_t former = portion->entry_usecs - portion->entry_usecs / 4;
	int64_t latest = usecs / (int64_t)at_least_one(count);

	portion->entry_usecs = latest > former ? latest : former;
}

void portion_halve(struct portion *portion)
{
	portion->well_count = 0;
	if (portion->halvings < PORTION_HALVINGS)
		portion->halvings++;
}

bool portion_settled(struct portion *portion)
{
	if (portion->halvings == 0 || ++portion->well_count < PORTION_WELL)
		return false;
	portion->well_count = 0;
	portion->halvings--;
	return true;
}
