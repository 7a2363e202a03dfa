#ifndef OMQ_INFO_H
#define OMQ_INFO_H

#include "lib/base/text.h"

#include <stdint.h>

/* What INFO answers: lines of "name:value". */

/* The value behind "name:", or the empty text. */
struct text info_text(struct text info, const char *name);

/* A number there, or fallback. */
int64_t info_number(struct text info, const char *name, int64_t fallback);

#endif
