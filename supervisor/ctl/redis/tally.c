/* A hash table of numbers by name. verify adds up accounts and event keys in
   it, replay_range.c the ids that came back. */

#include "config.h"

#include "supervisor/ctl/redis/tally.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 1024 /* a power of two, as every size */

/* An open hash table, at most half full. */
struct tally {
	struct tally_row *rows;
	size_t size;
	size_t count;
};

/* FNV-1a. */
static size_t hash(struct text name)
{
	uint64_t sum = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < name.length; i++)
		sum = (sum ^ (unsigned char)name.data[i]) *
		      UINT64_C(1099511628211);
	return (size_t)(sum ^ sum >> 32);
}

static struct text row_name(const struct tally_row *row)
{
	return (struct text){ .data = row->name, .length = row->length };
}

/* The row of that name, or the free one where it belongs. */
static struct tally_row *row_of(const struct tally *tally, struct text name)
{
	size_t i = hash(name) & (tally->size - 1);

	while (tally->rows[i].name != NULL &&
	       !text_equal(row_name(&tally->rows[i]), name))
		i = (i + 1) & (tally->size - 1);
	return &tally->rows[i];
}

struct tally *tally_open(void)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally == NULL)
		return NULL;
	tally->size = SIZE_FIRST;
	tally->rows = calloc(tally->size, sizeof(*tally->rows));
	if (tally->rows == NULL)
		tally_close(&tally);
	return tally;
}

void tally_close(struct tally **_tally)
{
	struct tally *tally = *_tally;

	*_tally = NULL;
	if (tally == NULL)
		return;
	for (size_t i = 0; tally->rows != NULL && i < tally->size; i++)
		free(tally->rows[i].name);
	free(tally->rows);
	free(tally);
}

static int tally_grow(struct tally *tally)
{
	struct tally bigger = { .size = tally->size * 2,
				.count = tally->count };

	bigger.rows = calloc(bigger.size, sizeof(*bigger.rows));
	if (bigger.rows == NULL)
		return -1;
	for (size_t i = 0; i < tally->size; i++)
		if (tally->rows[i].name != NULL)
			*row_of(&bigger, row_name(&tally->rows[i])) =
				tally->rows[i];
	free(tally->rows);
	*tally = bigger;
	return 0;
}

struct tally_row *tally_at(struct tally *tally, struct text name)
{
	struct tally_row *row = row_of(tally, name);

	if (row->name != NULL)
		return row;
	if (2 * (tally->count + 1) > tally->size) {
		if (tally_grow(tally) < 0)
			return NULL;
		row = row_of(tally, name);
	}
	row->name = malloc(name.length + 1);
	if (row->name == NULL)
		return NULL;
	if (name.length > 0)
		memcpy(row->name, name.data, name.length);
	row->name[name.length] = '\0';
	row->length = name.length;
	tally->count++;
	return row;
}

struct tally_row *tally_find(const struct tally *tally, struct text name)
{
	struct tally_row *row = row_of(tally, name);

	return row->name == NULL ? NULL : row;
}

struct tally_row *tally_next(const struct tally *tally,
			     const struct tally_row *row)
{
	size_t i = row == NULL ? 0 : (size_t)(row - tally->rows) + 1;

	while (i < tally->size && tally->rows[i].name == NULL)
		i++;
	return i == tally->size ? NULL : &tally->rows[i];
}

size_t tally_count(const struct tally *tally)
{
	return tally->count;
}
