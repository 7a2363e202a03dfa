#ifndef OMQ_PAUSE_H
#define OMQ_PAUSE_H

#include <jansson.h>
#include <stdint.h>

struct arena;
struct err;
struct redis;

/* A group that an operator has paused, in P:<group>:paused: on every host its
   instances read nothing, until it is resumed. They learn of it with their next
   beat, within three seconds. */

#define PAUSE_WHO_BYTES 96
#define PAUSE_WHY_BYTES 256

/* A plain value; zeroed: not paused, or unknown. */
struct pause {
	int64_t msecs; /* since 1970: when; 0: not paused */
	char who[PAUSE_WHO_BYTES];
	char why[PAUSE_WHY_BYTES];
};

/* Read it. Returns 0; or -1 with err: Redis does not tell. */
int pause_read(struct redis *redis, struct arena *arena, const char *stream,
	       const char *group, struct pause *pause_r, struct err *err);

/* {"who", "when", "why"}, or null. */
json_t *pause_json(const struct pause *pause);

#endif
