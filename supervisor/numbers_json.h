#ifndef OMQ_NUMBERS_JSON_H
#define OMQ_NUMBERS_JSON_H

#include "supervisor/redis_numbers.h"

#include <jansson.h>

/* The numbers of a group as members of its object in the status: unknown is
   null. */
void numbers_put(json_t *group, const struct redis_numbers *numbers);

/* The same back. What is null or missing is unknown. */
void numbers_get(const json_t *group, struct redis_numbers *numbers_r);

#endif
