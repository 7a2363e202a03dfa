#ifndef OMQ_EMBED_OPTIONS_H
#define OMQ_EMBED_OPTIONS_H

#include "lib/settings/settings.h"

#include <stdint.h>

struct err;

/* The options of an embedding program, texts "name=value". */

#define EMBED_TIMEOUT_MSECS (30 * 1000)

struct embed_options {
	struct settings settings; /* those of redis, stream and fields */
	int64_t once_msecs;       /* 0: not once */
	int64_t timeout_msecs;
	char outbox[4096]; /* "": to Redis */
};

/* Read the options up to a NULL; options itself may be NULL. Returns 0, or -1
   with the option and what is wrong with it. */
int embed_options_parse(const char *const *options,
			struct embed_options *options_r, struct err *err);

#endif
