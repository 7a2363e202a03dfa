#ifndef OMQ_COMPARE_TABLE_H
#define OMQ_COMPARE_TABLE_H

#include "supervisor/show/compare_count.h"

/* Show the results of all ways: to a person, in 80 columns; or as JSON Lines,
   an object of kind "way" for each. */
void compare_table_print(const struct compare_result results[COMPARE_WAYS]);
void compare_table_json(const struct compare_result results[COMPARE_WAYS]);

#endif
