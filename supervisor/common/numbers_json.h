#ifndef OMQ_NUMBERS_JSON_H
#define OMQ_NUMBERS_JSON_H

#include "supervisor/common/figures.h"

#include <jansson.h>

/* The numbers of a group as members of its object in the status: unknown is
   null. */
void numbers_put(json_t *group, const struct redis_numbers *numbers);

/* Read them back from such an object. A member that is null or missing is
   unknown. */
void numbers_get(const json_t *group, struct redis_numbers *numbers_r);

/* The object of the stream with this key, and the object of a group on it that
   is not configured. stream was found age_secs ago; NULL: nothing is known of
   it. */
json_t *numbers_stream(const char *key, const struct figures_stream *stream,
		       int64_t age_secs);
json_t *numbers_other(const struct figures_other *other);

/* {"who", "when", "why"} of a pause, or null. */
json_t *numbers_pause(const struct pause *pause);

#endif
