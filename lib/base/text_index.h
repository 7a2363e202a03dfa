#ifndef OMQ_TEXT_INDEX_H
#define OMQ_TEXT_INDEX_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which of some texts are the same: numbers for the different ones, counted
   from 0. For a batch at a time; nothing is allocated. */

#define TEXT_INDEX_MAX 1024

struct text_index {
	size_t count;                       /* different texts */
	struct text texts[TEXT_INDEX_MAX];  /* by their number */
	uint16_t slots[2 * TEXT_INDEX_MAX]; /* number + 1; 0: free */
};

/* Forget all texts. An index that was zeroed is empty, too. */
void text_index_clear(struct text_index *index);

/* The number of this text: that of the same one put before, or, when there is
   none, the next. Returns whether it is the first one. The text is borrowed
   until text_index_clear(). At most TEXT_INDEX_MAX different texts. */
bool text_index_put(struct text_index *index, struct text text,
		    size_t *number_r);

#endif
