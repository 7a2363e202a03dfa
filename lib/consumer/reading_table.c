/* The table of what is read next. consumer_read.c gathers the facts, and sends
   the call. */

#include "config.h"

#include "lib/consumer/reading_table.h"

#include <stddef.h>

/* The first row that fits decides: all facts of is hold, and none of is_not.
   What is due goes first, then our own past, then what came back and what is
   new, by turns. */
static const struct {
	unsigned int is;
	unsigned int is_not;
	enum reading reading;
} rows[] = {
	{ READING_IS_FULL, 0, READING_NOTHING },
	{ READING_IS_CUT_OFF | READING_HAS_HISTORY,
	  READING_IS_PAUSED | READING_IS_STALLED, READING_HISTORY },
	{ READING_IS_STOPPING, 0, READING_NOTHING },
	{ READING_IS_PAUSED, 0, READING_NOTHING },
	{ READING_IS_SETTLING, 0, READING_NOTHING },
	{ READING_IS_GREETING, 0, READING_NOTHING },
	{ READING_RUNS_ALONE, 0, READING_NOTHING },
	{ READING_HAS_DUE, 0, READING_DUE },
	{ READING_IS_STALLED, 0, READING_NOTHING },
	{ READING_HAS_HISTORY, 0, READING_HISTORY },
	{ READING_WANTS_ALONE, READING_HAS_OPEN, READING_ALONE },
	{ READING_WANTS_ALONE, 0, READING_NOTHING },
	{ READING_HAS_REPLAYS, READING_DID_REPLAY, READING_REPLAY },
	{ 0, 0, READING_NEW },
};

enum reading reading_next(unsigned int facts)
{
	size_t i = 0;

	while ((facts & rows[i].is) != rows[i].is ||
	       (facts & rows[i].is_not) != 0)
		i++;
	return rows[i].reading;
}
