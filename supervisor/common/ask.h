#ifndef OMQ_ASK_H
#define OMQ_ASK_H

#include <jansson.h>
#include <stdint.h>

struct err;

/* The other end of control.h: say one line to ordermqd on the socket at path
   and take its answer, an array of objects that the caller must json_decref().
   Returns NULL with ERR_RETRY when nobody listens, when there is no whole
   answer within timeout_msecs, or when it makes no sense. */
json_t *ask(const char *path, const char *line, int64_t timeout_msecs,
	    struct err *err);

#endif
