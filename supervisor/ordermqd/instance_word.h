#ifndef OMQ_INSTANCE_WORD_H
#define OMQ_INSTANCE_WORD_H

#include <stdbool.h>

struct board;
struct instance;

/* How an instance is, as status says it: the table knows a living process from
   a dead one, its board whether a living one gets on. board: NULL where there
   is none. */
const char *instance_word(const struct instance *instance,
			  const struct board *board);

/* Would it work, if there is something to do, and it may? By its word, and by
   its board as it is now. */
bool instance_word_is_well(const char *word);
bool instance_is_well(const struct instance *instance);

#endif
