#ifndef OMQ_TEXT_INDEX_H
#define OMQ_TEXT_INDEX_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Equal texts found in a batch: every different text has a number, counted from
   0. Nothing is allocated. */

#define TEXT_INDEX_MAX 1024

struct text_index {
	size_t count;                       /* different texts */
	struct text texts[TEXT_INDEX_MAX];  /* by their number */
	uint16_t slots[2 * TEXT_INDEX_MAX]; /* number + 1; 0: free */
};

/* Forget all texts. A zeroed index is empty too. */
void text_index_clear(struct text_index *index);

/* Give the text's number: that of an equal text put before, or the next free
   one. Returns true when there was no equal text. The text is borrowed until
   text_index_clear(). At most TEXT_INDEX_MAX different texts may be put. */
bool text_index_put(struct text_index *index, struct text text,
		    size_t *number_r);

#endif
