#ifndef OMQ_OVERVIEW_H
#define OMQ_OVERVIEW_H

#include "lib/base/err.h"

#include <jansson.h>
#include <stdbool.h>

struct settings;

/* The state of everything, as ordermqd tells it and, where its keeper does not
   run, as Redis tells it. Either may be down; facts that only that one knows
   are then null. */
struct overview {
	json_t *objects; /* an array: see status.h */
	bool has_supervisor;
	bool has_redis; /* it answered us, or the keeper a moment ago */
	struct err supervisor_err; /* why not */
	struct err redis_err;
};

/* Ask ordermqd over the socket at path and, unless settings is NULL, Redis.
   Takes a few seconds at most. group: only this group with its instances; NULL:
   all. */
void overview_open(struct overview *overview, const char *path,
		   const struct settings *settings, const char *group);
void overview_close(struct overview *overview);

#endif
